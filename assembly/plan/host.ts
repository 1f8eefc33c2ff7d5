import { Document } from '../json/document';
import { Writer } from '../json/writer';
import { writeDiagnostics } from '../report';
import { Planner } from './planner';
import { Actor, Verb, verbName } from './step';

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
  writer.key('annotations');
  writer.beginObject();
  const annotations = spec.annotations;
  if (annotations) {
    for (let index = 0; index < annotations.items.length; index++) {
      writer.field(annotations.items[index].key, annotations.items[index].value);
    }
  }
  writer.endObject();
  if (planner.needsHome) writer.fieldInteger('home', planner.uid);
  writeSteps(writer, planner);
  writer.key('diagnostics');
  writeDiagnostics(writer, document, planner.report);
  writer.endObject();
}

/** The answer of update: the files to write. */
export function writeUpdatePlan(writer: Writer, document: Document, planner: Planner): void {
  writer.beginObject();
  writer.fieldInteger('version', 1);
  writeSteps(writer, planner);
  writer.key('diagnostics');
  writeDiagnostics(writer, document, planner.report);
  writer.endObject();
}

function writeSteps(writer: Writer, planner: Planner): void {
  writer.key('steps');
  writer.beginArray();
  for (let index = 0; index < planner.steps.length; index++) {
    const step = planner.steps[index];
    const isForHost = step.actor == Actor.HOST || step.verb == Verb.ROOT || step.verb == Verb.TERMINAL;
    if (!isForHost) continue;
    writer.beginObject();
    writer.fieldInteger('step', index);
    writer.field('verb', verbName(step.verb));
    step.write(writer);
    writer.endObject();
  }
  writer.endArray();
}
