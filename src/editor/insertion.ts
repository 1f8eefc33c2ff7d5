// Text to be inserted, for editors that have tab stops and for those that do not.

import type { Field, Schema } from './fields/index.ts';
import type { Words } from './words/words.ts';

/** A piece of text, or a stop of the tab key: what stands there first, and what else it may be. */
export type Part = string | { text: string; choices?: readonly string[] };

export interface Insertion {
  text: string;
  /** The same in the syntax of LSP snippets. */
  snippet: string;
}

export function insertionOf(parts: readonly Part[]): Insertion {
  let stop = 0;
  const snippet = parts.map((part) => {
    if (typeof part === 'string') return escaped(part);
    stop++;
    if (part.choices) return `\${${stop}|${part.choices.map((choice) => choice.replace(/[\\,|]/g, '\\$&')).join()}|}`;
    return part.text === '' ? `$${stop}` : `\${${stop}:${escaped(part.text)}}`;
  });
  return {
    text: parts.map((part) => (typeof part === 'string' ? part : part.text)).join(''),
    snippet: snippet.join(''),
  };
}

function escaped(text: string): string {
  return text.replace(/[\\$}]/g, '\\$&');
}

export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A list longer than this is completed, not chosen from. */
const MOST_CHOICES = 12;

/** A value to begin with, of the field's type. */
export function valueParts(schema: Schema, pattern: string, field: Field): Part[] {
  const { type, example, words } = field;
  if (type.endsWith('{}')) return ['{', { text: '' }, '}'];
  if (type === 'object[]') return ['[\n\t', ...itemParts(schema, `${pattern}/*`, '\t'), '\n]'];
  if (type === 'object') return itemParts(schema, pattern);
  if (type === 'string[]') return ['["', { text: '' }, '"]'];
  if (type.endsWith('[]')) return ['[', { text: '' }, ']'];
  if (type === 'boolean') return [choice(example === 'true' ? ['true', 'false'] : ['false', 'true'])];
  if (type === 'string') return ['"', stringStop(example, words), '"'];
  return [{ text: example ?? '0' }];
}

function stringStop(example: string | undefined, words: Words | undefined): Part {
  const first = example === undefined ? '' : (JSON.parse(example) as string);
  const known = Object.keys(words ?? {});
  if (known.length === 0 || known.length > MOST_CHOICES) return { text: first };
  return choice(known.includes(first) ? [first, ...known.filter((word) => word !== first)] : known);
}

function choice(choices: readonly string[]): Part {
  return { text: choices[0] ?? '', choices };
}

/** An object with what it must have. */
export function itemParts(schema: Schema, pattern: string, indent = ''): Part[] {
  const required = [...schema.of(pattern)].filter(([, { isRequired }]) => isRequired);
  if (required.length === 0) return ['{', { text: '' }, '}'];
  const members = required.flatMap(([key, field], index): Part[] => [
    `${index === 0 ? '' : ','}\n${indent}\t${quoted(key)}: `,
    ...valueParts(schema, `${pattern}/${key}`, field),
  ]);
  return ['{', ...members, `\n${indent}}`];
}
