import type { Plan, Row, Step } from '../spec/types.ts';
import { button, make } from './dom.ts';
import type { Range } from './editor.ts';

const ACTORS = {
  host: 'The host prepares',
  launcher: 'The launch image, outside of the container',
  init: 'The container’s first process',
};

type GoTo = (range: Range) => void;

/** The plan, actor by actor; with `rows` each step has the system calls below it that carry it out. */
export function planView(plan: Plan, rows: readonly Row[] | undefined, goTo: GoTo): HTMLElement[] {
  const calls = rows && byStep(rows);
  const sections: HTMLElement[] = [];
  let list: HTMLOListElement | undefined;
  for (const [index, step] of plan.steps.entries()) {
    if (step.by !== plan.steps[index - 1]?.by || !list) {
      list = make('ol', { className: 'steps' });
      sections.push(make('section', {}, make('h2', {}, ACTORS[step.by]), list));
    }
    list.append(item(step, calls?.get(index), goTo));
  }
  const failing = calls?.get(undefined);
  if (failing) sections.push(make('section', {}, make('h2', {}, 'When a call fails'), listing(failing)));
  return sections;
}

/** `undefined` has those that run after a failure, whichever the step. */
function byStep(rows: readonly Row[]): Map<number | undefined, Row[]> {
  const groups = new Map<number | undefined, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.step);
    if (group) group.push(row);
    else groups.set(row.step, [row]);
  }
  return groups;
}

function item(step: Step, rows: Row[] | undefined, goTo: GoTo): HTMLLIElement {
  const { text, path, line, column = 1 } = step;
  const place =
    path !== undefined && line !== undefined && button(`${path}:${line}`, 'link where', () => goTo({ line, column }));
  return make('li', {}, make('div', { className: 'step' }, make('span', {}, text), ' ', place), rows && listing(rows));
}

function listing(rows: readonly Row[]): HTMLElement {
  const lines = rows.flatMap(({ row, text, detail = [] }) => [
    make('span', { className: 'row' }, String(row).padStart(4)),
    ` ${text}\n`,
    ...detail.map((line) => make('span', { className: 'soft' }, `     ${line}\n`)),
  ]);
  return make('pre', { className: 'calls' }, make('code', {}, ...lines));
}
