// What a field of config.json is. Those of the spec are in the files beside this one, and test/editor/fields.test.ts
// compares them with what the module reads.

import type { Words } from '../words/words.ts';

/** `string[]` is an array of strings, `object{}` an object with free keys. */
export type Type = Scalar | 'object' | `${Scalar | 'object'}[]` | `${'string' | 'object'}{}`;

type Scalar = 'string' | 'boolean' | Integer;

type Integer = 'int32' | 'int64' | 'uint16' | 'uint32' | 'uint64';

export interface Field {
  type: Type;
  /** What it is for, as Markdown; ends with a dot. */
  about: string;
  /** Where the spec speaks of it: `config.md#root`. */
  reference: string;
  isRequired: boolean;
  /** The spec knows it, and advises against it. */
  isDeprecated: boolean;
  /** What the value, its items or its free keys may be; undefined: anything. */
  words?: Words;
  keys?: Words;
  /** What to put where nothing better is known, as JSON. */
  example?: string;
}

export type Fields = Record<string, Field>;

type More = Partial<Pick<Field, 'words' | 'keys' | 'example' | 'isRequired' | 'isDeprecated'>>;

export function field(type: Type, reference: string, about: string, more: More = {}): Field {
  return { type, about, reference, isRequired: false, isDeprecated: false, ...more };
}

export function required(type: Type, reference: string, about: string, more: More = {}): Field {
  return field(type, reference, about, { isRequired: true, ...more });
}

/** The fields of an object or of the items of an array, below its place. */
export function below(place: string, fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([key, one]) => [`${place}/${key}`, one]));
}
