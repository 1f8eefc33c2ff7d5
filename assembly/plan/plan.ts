import { Document } from '../json/document';
import { Writer } from '../json/writer';
import { Report, writeDiagnostics } from '../report';
import { Spec } from '../spec/config';
import { checkAffinity } from './affinity';
import { placeCgroup, planCgroup, planEnterCgroup, planLateLimits } from './cgroup';
import { planFilesystem, planPivot, planProtection } from './filesystem';
import { planEarlyHooks, planPoststart, planPoststop, planStartContainer } from './hooks';
import { planIntelRdt } from './intel-rdt';
import { planCgroupNamespace, planHostname, planNamespaces, planTimeNamespace, readNamespaces } from './namespaces';
import { planNetDevices } from './net-devices';
import { Planner } from './planner';
import { planCwdDirectory, planOomScore, planProcess, planTerminal } from './process';
import { planReaper } from './reaper';
import { Request } from './request';
import { checkMountLabel, planKeyring } from './security';
import { insertSources } from './sources';
import { Actor, actorName, Step, Verb, verbName } from './step';
import { planSysctls } from './sysctl';
import { planAwaitUnit } from './unit';
import { planMapIds, readUserNamespace } from './user-namespace';

/**
 * The whole translation, in the order of execution. It reports everything that is wrong with the spec and never stops
 * at the first; whether the steps may be used is the report's errorCount.
 */
export function translate(spec: Spec, request: Request, report: Report): Planner {
  const planner = new Planner(spec, request, report);
  checkAffinity(planner);
  checkMountLabel(planner);
  planner.namespaces = readNamespaces(planner);
  planner.user = readUserNamespace(planner);
  placeCgroup(planner);

  planCgroup(planner);
  planIntelRdt(planner);
  planner.by(Actor.LAUNCHER, Verb.RESET);
  planAwaitUnit(planner);
  planOomScore(planner);
  planEnterCgroup(planner);
  const outside = planner.steps.length;
  planNamespaces(planner);
  const cloned = planner.steps.length;
  planMapIds(planner);
  const inside = planner.steps.length;
  planTimeNamespace(planner);

  planner.by(Actor.INIT, Verb.SESSION);
  if (planner.namespaces.creates('network')) planner.by(Actor.INIT, Verb.LOOPBACK);
  planNetDevices(planner);
  planHostname(planner);
  planCgroupNamespace(planner);
  planFilesystem(planner);
  // Who joins a user namespace makes before who opens them, the launcher of a new one does it when that is there.
  const sources = !planner.isPrivileged ? inside : planner.user.isNew ? cloned : outside;
  insertSources(planner, outside, planner.user.exists ? sources : planner.root);
  planCwdDirectory(planner);
  planTerminal(planner);
  planEarlyHooks(planner);
  planSysctls(planner);
  planProtection(planner);
  planPivot(planner);
  planKeyring(planner);
  const execute = planProcess(planner);
  if (execute) {
    planLateLimits(planner);
    planStartContainer(planner);
    planReaper(planner);
    planner.addExecute(execute);
  }
  planPoststart(planner);
  planPoststop(planner);
  return planner;
}

/** The plan as a document: src/spec/orlop.v1.schema.json describes it. */
export function writePlan(writer: Writer, document: Document, planner: Planner): void {
  const request = planner.request;
  const spec = planner.spec;
  writer.beginObject();
  writer.fieldInteger('version', 1);
  writer.field('id', request.id);
  writer.field('bundle', request.bundle);
  const ociVersion = spec.ociVersion;
  writer.field('ociVersion', ociVersion ? ociVersion.value : '');
  writer.fieldInteger('preserveFds', request.preserveFds);
  writeAnnotations(writer, spec);
  if (planner.needsHome) writer.fieldInteger('home', planner.uid);
  writer.key('steps');
  writer.beginArray();
  for (let index = 0; index < planner.steps.length; index++) writeStep(writer, document, planner.steps[index]);
  writer.endArray();
  writer.key('diagnostics');
  writeDiagnostics(writer, document, planner.report);
  writer.endObject();
}

export function writeAnnotations(writer: Writer, spec: Spec): void {
  writer.key('annotations');
  writer.beginObject();
  const annotations = spec.annotations;
  if (annotations) {
    for (let index = 0; index < annotations.items.length; index++) {
      writer.field(annotations.items[index].key, annotations.items[index].value);
    }
  }
  writer.endObject();
}

function writeStep(writer: Writer, document: Document, step: Step): void {
  writer.beginObject();
  writer.field('verb', verbName(step.verb));
  writer.field('by', actorName(step.actor));
  writer.field('text', step.describe());
  writePlace(writer, document, step.node);
  step.write(writer);
  step.writeDetail(writer);
  writer.endObject();
}

/** Pointer, line and column of a node; nothing for what every launch does. */
export function writePlace(writer: Writer, document: Document, node: i32): void {
  if (!document.has(node)) return;
  const start = document.start(node);
  writer.field('path', document.pointer(node));
  writer.fieldInteger('line', document.line(start));
  writer.fieldInteger('column', document.column(start));
}
