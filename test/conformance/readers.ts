// Which fields the compiler reads: the classes of assembly/spec have the names of the JSON, so they are the list.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DIRECTORY = join(import.meta.dirname, '../../assembly/spec');

export interface Reader {
  /** `linux.devices[].fileMode`, `linux.sysctl{}` */
  field: string;
  /** `Device`, the class that has it, and its file below assembly/. */
  of: string;
  file: string;
}

interface Class {
  file: string;
  members: [name: string, type: string][];
}

/** Every field that a reader of the compiler asks for, in the order of the classes. */
export function readers(): Reader[] {
  const classes = readClasses();
  const found: Reader[] = [];
  const walk = (name: string, prefix: string): void => {
    const { file, members } = classes.get(name) as Class;
    for (const [member, type] of members) {
      // The key of a map is no field; `class` is a word of the language.
      if (member === 'key') continue;
      const isList = type.startsWith('List<');
      const inner = isList ? type.slice('List<'.length, -1) : type;
      const isMap = inner === 'Pair' || classes.get(inner)?.members[0]?.[0] === 'key';
      const field = `${prefix}${member.replace(/_$/, '')}${isMap ? '{}' : isList ? '[]' : ''}`;
      found.push({ field, of: name, file: `spec/${file}` });
      if (classes.has(inner)) walk(inner, `${field}.`);
    }
  };
  walk('Spec', '');
  return found;
}

function readClasses(): Map<string, Class> {
  const classes = new Map<string, Class>();
  for (const file of readdirSync(DIRECTORY).filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(join(DIRECTORY, file), 'utf8');
    for (const [, name = '', body = ''] of text.matchAll(/^export class (\w+) extends Located \{\n(.*?)^\}/gms)) {
      const members = [...body.matchAll(/^ {2}(\w+): ([\w<>]+)(?: \| null)? = /gm)];
      classes.set(name, { file, members: members.map(([, member = '', type = '']) => [member, type]) });
    }
  }
  return classes;
}
