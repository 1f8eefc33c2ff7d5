// Which steps carry a field out: those that are others, or not there any more, when the field has another value.

import { type Located, splice } from '../assembly/values.ts';
import { placesOf } from './fields.ts';
import { others } from './others.ts';
import { attempt, type Outcome, SITUATIONS, type Situation, type Step } from './situations.ts';

/** `limit by host`, without repetition and in the order of execution; empty if no value makes a difference. */
export function carriersOf(field: string): string[] {
  const found = new Set<string>();
  for (const situation of SITUATIONS) {
    if (!situation.isFor(field, found)) continue;
    const before = baseOf(situation);
    for (const place of placesOf(field, situation.config)) {
      for (const step of differing(situation, before, place)) found.add(step);
    }
  }
  return [...found];
}

const bases = new Map<Situation, Outcome>();

function baseOf(situation: Situation): Outcome {
  const base = bases.get(situation) ?? situation.compile(situation.config);
  bases.set(situation, base);
  return base;
}

/** Of the first value that is not refused and changes something. */
function differing(situation: Situation, before: Outcome, place: Located): string[] {
  const { config } = situation;
  for (const other of others(place, config.slice(place.start, place.end))) {
    const after = attempt(situation, splice(config, place.start, place.end, other));
    if (Array.isArray(after)) continue;
    const steps = changedSteps(before, after, place.pointer);
    if (steps.length > 0) return steps.map(({ verb, by }) => `${verb} by ${by}`);
    if (after.state !== before.state) return ['state by host'];
  }
  return [];
}

function changedSteps(before: Outcome, after: Outcome, pointer: string): Step[] {
  const changed = [...without(before.steps, after.steps), ...without(after.steps, before.steps)];
  const own = changed.filter(({ path }) => path !== undefined && isRelated(path, pointer));
  if (own.length > 0) return own;
  if (changed.length > 0 || after.image() === before.image()) return changed;
  // The same steps, and another image: it is data of the step that stands for the field.
  return before.steps.filter(({ path }) => path !== undefined && pointer.startsWith(`${path}/`)).slice(-1);
}

/** The steps of one list that the other has not, wherever in config.json they come from. */
function without(list: Step[], other: Step[]): Step[] {
  const shown = ({ line: _line, column: _column, path: _path, ...step }: Step): string => JSON.stringify(step);
  const known = new Set(other.map(shown));
  return list.filter((step) => !known.has(shown(step)));
}

function isRelated(left: string, right: string): boolean {
  return `${left}/`.startsWith(`${right}/`) || `${right}/`.startsWith(`${left}/`);
}
