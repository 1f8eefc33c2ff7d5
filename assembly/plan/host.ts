import { Document } from '../json/document';
import { Writer } from '../json/writer';
import { Severity, writeDiagnostics } from '../report';
import { Spec } from '../spec/config';
import { HookStep } from './hooks';
import { BindStep, MountStep } from './mounts';
import { writeAnnotations, writePlace } from './plan';
import { Planner } from './planner';
import { SeccompStep } from './seccomp';
import { MountIdsStep } from './sources';
import { Actor, Step, Verb, verbName } from './step';

/**
 * The plan as a host needs it to launch: its own steps, and what it has to know of the others. A `step` is an index into
 * the plan's steps, for place().
 */
export function writeHostPlan(writer: Writer, document: Document, planner: Planner): void {
  const spec = planner.spec;
  writer.beginObject();
  writer.fieldInteger('version', 1);
  writer.field('id', planner.request.id);
  writer.field('bundle', planner.request.bundle);
  const ociVersion = spec.ociVersion;
  writer.field('ociVersion', ociVersion ? ociVersion.value : '');
  writeAnnotations(writer, spec);
  if (planner.needsHome) writer.fieldInteger('home', planner.uid);
  if (planner.user.exists) writer.fieldBoolean('userNamespace', true);
  else if (planner.uid != 0 && !hasTerminal(spec)) writer.fieldInteger('stdioOwner', planner.uid);
  writeSteps(writer, document, planner);
  writer.key('diagnostics');
  // No start tells what is only worth knowing, and to say where it stands every line would have to be counted.
  writeDiagnostics(writer, document, planner.report, Severity.WARNING);
  writer.endObject();
}

function hasTerminal(spec: Spec): bool {
  const process = spec.process;
  const terminal = process ? process.terminal : null;
  return terminal != null && terminal.value;
}

/** The answer of update: the files to write. */
export function writeUpdatePlan(writer: Writer, document: Document, planner: Planner): void {
  writer.beginObject();
  writer.fieldInteger('version', 1);
  writeSteps(writer, document, planner);
  writer.key('diagnostics');
  writeDiagnostics(writer, document, planner.report);
  writer.endObject();
}

function writeSteps(writer: Writer, document: Document, planner: Planner): void {
  writer.key('steps');
  writer.beginArray();
  for (let index = 0; index < planner.steps.length; index++) {
    const step = planner.steps[index];
    if (!isForHost(step)) continue;
    writer.beginObject();
    writer.fieldInteger('step', index);
    writer.field('verb', verbName(step.verb));
    if (step.verb == Verb.HOOK) {
      // Its place too: who starts or deletes the container later has no config.json at hand.
      writePlace(writer, document, step.node);
      (step as HookStep).writeWhole(writer);
    } else step.write(writer);
    writer.endObject();
  }
  writer.endArray();
}

function isForHost(step: Step): bool {
  if (step.verb == Verb.MOUNT) return (step as MountStep).options.copiesUp;
  if (step.verb == Verb.BIND) return (step as BindStep).options.copiesLink;
  if (step.verb == Verb.HOOK) return true;
  if (step.verb == Verb.SECCOMP) return (step as SeccompStep).hasListener;
  if (step.verb == Verb.MOUNT_IDS) return (step as MountIdsStep).path == '';
  return step.actor == Actor.HOST || step.verb == Verb.ROOT || step.verb == Verb.TERMINAL;
}
