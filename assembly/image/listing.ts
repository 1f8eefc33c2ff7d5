import { join } from '../json/text';
import { Writer } from '../json/writer';
import { Planner } from '../plan/planner';
import { SeccompStep } from '../plan/seccomp';
import { writeTexts } from '../plan/step';
import { Call, callName } from './calls';
import { errnoName } from './errno';
import { ANY_ERROR } from './layout';
import { Program, Row } from './program';

/**
 * The program as people read it, a line a row, in words that are the row and nothing else:
 *
 *   41  openat2(root, "proc", {flags=O_PATH|O_CLOEXEC, resolve=RESOLVE_IN_ROOT}, 24) = target      ENOENT → 44
 *
 * A row that loads a filter has it beside.
 */
export function writeListing(writer: Writer, planner: Planner, program: Program): void {
  writer.beginArray();
  for (let index = 0; index < program.rows.length; index++) {
    const row = program.rows[index];
    writer.beginObject();
    writer.fieldInteger('row', index);
    writer.field('text', renderRow(row));
    if (row.step >= 0) writer.fieldInteger('step', row.step);
    if (row.call == Call.SECCOMP) writeTexts(writer, 'detail', (planner.steps[row.step] as SeccompStep).disassemble());
    writer.endObject();
  }
  writer.endArray();
}

/** A call with its arguments, as it stands in errors: `fsopen("mqueue", FSOPEN_CLOEXEC)`. */
export function renderCall(row: Row): string {
  const operands = row.operands;
  const texts: string[] = [];
  for (let index = 0; index < operands.length; index++) texts.push(operands[index].render());
  return `${callName(row.call)}(${join(texts, ', ')})`;
}

export function renderRow(row: Row): string {
  const target = row.target;
  if (row.call == Call.BRANCH) {
    const operands = row.operands;
    const mask = operands[1].value;
    if (mask == 0) return `→ ${target!.position}`;
    const cell = operands[0].render();
    const left = mask == u64.MAX_VALUE ? cell : `(${cell} & ${operands[1].render()})`;
    return `if ${left} == ${operands[2].render()} → ${target!.position}`;
  }
  const store = row.store;
  let text = renderCall(row);
  if (store) text += ` = ${store.name}`;
  if (row.errno1) {
    text += `      ${row.errno1 == ANY_ERROR ? 'any error' : errnoName(row.errno1)}`;
    if (row.errno2) text += `, ${errnoName(row.errno2)}`;
    text += target ? ` → ${target.position}` : ' → next';
  }
  return text;
}
