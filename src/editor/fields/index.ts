import { CONFIG } from './config.ts';
import type { Field, Fields } from './field.ts';
import { LINUX_FIELDS } from './linux.ts';
import { PROCESS_FIELDS } from './process.ts';
import { RESOURCE_FIELDS } from './resources.ts';
import { SECCOMP_FIELDS } from './seccomp.ts';

export type { Field, Fields, Type } from './field.ts';
export { OPTIONS } from './options.ts';

/** Every field of config.json, by the pattern of its pointer, in which `*` is an item or a free key. */
export const SPEC: Readonly<Fields> = {
  ...CONFIG,
  ...PROCESS_FIELDS,
  ...LINUX_FIELDS,
  ...RESOURCE_FIELDS,
  ...SECCOMP_FIELDS,
};

/** The tree of a table of fields: what an object at a place may have, without a search through all. */
export class Schema {
  private readonly fields: Readonly<Fields>;
  private readonly members = new Map<string, Map<string, Field>>();

  constructor(fields: Readonly<Fields>) {
    this.fields = fields;
    for (const [pattern, field] of Object.entries(fields)) {
      const end = pattern.lastIndexOf('/');
      const parent = pattern.slice(0, end);
      const members = this.members.get(parent) ?? new Map<string, Field>();
      this.members.set(parent, members.set(pattern.slice(end + 1), field));
    }
  }

  /** `/mounts/*` for the steps mounts, 3; undefined where the spec has nothing. */
  patternOf(steps: readonly string[]): string | undefined {
    let pattern = '';
    for (const step of steps) {
      const named = `${pattern}/${step}`;
      const isFree = /[\]}]$/.test(this.fields[pattern]?.type ?? '');
      if (!isFree && !Object.hasOwn(this.fields, named)) return undefined;
      pattern = isFree ? `${pattern}/*` : named;
    }
    return pattern;
  }

  /** That of a place itself; items of arrays and values of free keys have none. */
  at(pattern: string): Field | undefined {
    return Object.hasOwn(this.fields, pattern) ? this.fields[pattern] : undefined;
  }

  /** The fields of an object, in the order in which they are usually written. */
  of(pattern: string): ReadonlyMap<string, Field> {
    return this.members.get(pattern) ?? new Map<string, Field>();
  }
}
