import type { Place } from '../types.ts';

/** What a change is about. */
export type Area =
  | 'privilege'
  | 'namespace'
  | 'mount'
  | 'device'
  | 'seccomp'
  | 'hook'
  | 'kernel'
  | 'network'
  | 'limit'
  | 'process';

/** Seen from the container: it may do more, less, or the same in another way. */
export type Effect = 'gains' | 'loses' | 'changes';

export interface Change {
  area: Area;
  effect: Effect;
  /** In the words of a review: `/etc becomes writable`. */
  text: string;
  /** JSON pointer, in the config that has it: the new one, else the old one. */
  path?: string;
  /** Where the old and the new config ask for it; absent in the one that does not. */
  before?: Place;
  after?: Place;
  /** The system calls that it is about. */
  calls?: string[];
  /** Greater is graver. Changes come in this order, what a container gains first. */
  weight: number;
}

/** Collects changes, and puts them into their order. */
export class Changes {
  private readonly list: Change[] = [];

  add(
    area: Area,
    effect: Effect,
    weight: number,
    text: string,
    places: { before?: Place | undefined; after?: Place | undefined },
    calls?: string[],
  ): void {
    const before = places.before?.path === undefined ? undefined : places.before;
    const after = places.after?.path === undefined ? undefined : places.after;
    const path = after?.path ?? before?.path;
    this.list.push({
      area,
      effect,
      text,
      ...(path === undefined ? {} : { path }),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(calls === undefined ? {} : { calls }),
      weight,
    });
  }

  get sorted(): Change[] {
    const rank = { gains: 0, changes: 1, loses: 2 };
    return this.list.toSorted((left, right) => rank[left.effect] - rank[right.effect] || right.weight - left.weight);
  }
}

/** Two lists by name, of which either may lack one. */
export function* pairs<T>(
  before: readonly T[],
  after: readonly T[],
  nameOf: (one: T) => string,
): Generator<[string, T | undefined, T | undefined]> {
  const old = new Map(before.map((one) => [nameOf(one), one]));
  const now = new Map(after.map((one) => [nameOf(one), one]));
  for (const name of new Set([...old.keys(), ...now.keys()])) yield [name, old.get(name), now.get(name)];
}
