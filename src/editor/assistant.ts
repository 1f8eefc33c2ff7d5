import type { Field, Fields } from './fields/index.ts';
import { Schema } from './fields/index.ts';
import { member, type Node, stepsOf } from './tree.ts';
import { FILESYSTEM_OPTIONS, MOUNT_OPTIONS, type Words } from './words/words.ts';

/** What an assistant knows of documents of one kind: their fields, and words that only the module can list. */
export class Assistant {
  readonly schema: Schema;
  private readonly listed: ReadonlyMap<Words, Words>;

  /** `listed` has what stands in the place of an empty list, SYSCALLS for instance. */
  constructor(fields: Readonly<Fields>, listed: ReadonlyMap<Words, Words> = new Map()) {
    this.schema = new Schema(fields);
    this.listed = listed;
  }

  patternOf(node: Node): string | undefined {
    return this.schema.patternOf(stepsOf(node));
  }

  /** What a value may be: by its own field, or by that of the array or map that it is in. */
  wordsFor(node: Node, pattern: string): Words | undefined {
    return this.wordsOf(this.fieldOf(pattern), node);
  }

  /** The field whose value, item or member stands at this place. */
  fieldOf(pattern: string): Field | undefined {
    return this.schema.at(pattern) ?? (pattern.endsWith('/*') ? this.schema.at(pattern.slice(0, -2)) : undefined);
  }

  /** The free keys that an object usually has. */
  keysOf(pattern: string): Words | undefined {
    const { keys } = this.schema.at(pattern) ?? {};
    return keys && (this.listed.get(keys) ?? keys);
  }

  private wordsOf(field: Field | undefined, node: Node): Words | undefined {
    const words = field?.words && (this.listed.get(field.words) ?? field.words);
    if (words !== MOUNT_OPTIONS) return words;
    // The filesystem's own, by the type beside the options.
    const mount = node.kind === 'array' ? node.parent : node.parent?.parent;
    const type = member(mount, 'type')?.text ?? '';
    return { ...words, ...(Object.hasOwn(FILESYSTEM_OPTIONS, type) ? FILESYSTEM_OPTIONS[type] : {}) };
  }
}
