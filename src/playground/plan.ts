import type { Spec } from '../spec/spec.ts';
import type { Plan, Row, Step } from '../spec/types.ts';
import { type Config, viewOrRefusal } from './config.ts';
import { button, make } from './dom.ts';
import type { Range } from './editor.ts';

const ACTORS = {
  host: 'The host prepares',
  launcher: 'The launch image, outside of the container',
  init: 'The container’s first process',
};

type GoTo = (range: Range) => void;

/** What a launch would do, on request with its system calls. */
export class PlanPanel {
  private readonly answer = make('div');
  private readonly calls = make('input', { type: 'checkbox' });

  constructor(panel: HTMLElement, changed: () => void) {
    const label = make('label', {}, this.calls, ' with all system calls');
    const host = make('span', { className: 'soft' }, 'on a host with cgroup v2, started by root');
    panel.append(make('div', { className: 'tools' }, label, host), this.answer);
    this.calls.addEventListener('change', changed);
  }

  show(spec: Spec, config: Config): void {
    const plan = () =>
      this.calls.checked ? spec.image(config.text) : { plan: spec.plan(config.text), rows: undefined };
    this.answer.replaceChildren(...viewOrRefusal(config, plan, ({ plan, rows }) => planView(plan, rows, config.goTo)));
  }
}

/** The plan, actor by actor; with `rows` each step has the system calls below it that carry it out. */
function planView(plan: Plan, rows: readonly Row[] | undefined, goTo: GoTo): HTMLElement[] {
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

/** Every row is a line, which goes on indented where it is longer than the window. */
function listing(rows: readonly Row[]): HTMLElement {
  const line = (className: string, ...words: (Node | string)[]) =>
    make('span', { className: `line ${className}` }, ...words);
  const lines = rows.flatMap(({ row, text, detail = [] }) => [
    // Spaces that do not break: the number stays with the call.
    line('', make('span', { className: 'soft' }, String(row).padStart(4, '\u00a0')), `\u00a0${text}\n`),
    ...detail.map((words) => line('soft', `     ${words}\n`)),
  ]);
  return make('pre', { className: 'calls' }, make('code', {}, ...lines));
}
