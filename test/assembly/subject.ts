// What the tests of the module work on: the module itself, the configs of fixtures/, and the places of a JSON text.

import { readFileSync } from 'node:fs';
import { specModule } from '../../src/spec/embedded.ts';
import { type Diagnostic, OrlopError, type Plan, type Request, SpecDocument } from '../../src/spec/index.ts';

export const module = specModule();

/** The text of fixtures/configs/NAME.json. */
export function config(name: string): string {
  return readFileSync(new URL(`../../fixtures/configs/${name}.json`, import.meta.url), 'utf8');
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function lint(document: string | Uint8Array): Diagnostic[] {
  return new SpecDocument(module, typeof document === 'string' ? bytesOf(document) : document).lint();
}

export function plan(document: string, request?: Request): Plan {
  return new SpecDocument(module, bytesOf(document)).plan(request);
}

/** The findings of a plan, made or refused. */
export function planFindings(document: string, request?: Request): Diagnostic[] {
  try {
    return plan(document, request).diagnostics;
  } catch (error) {
    if (error instanceof OrlopError && error.diagnostics) return error.diagnostics;
    throw error;
  }
}

/** `OCI004 /process/cwd`: what a finding is and where, in one comparable line. */
export function brief(finding: Diagnostic): string {
  return `${finding.rule} ${finding.path}`;
}

export type Kind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/** A value of a JSON text and where it stands, in UTF-16 code units. */
export interface Place {
  pointer: string;
  kind: Kind;
  start: number;
  end: number;
  /** Where its key starts; -1 outside of objects. */
  keyStart: number;
}

/**
 * Every value of a JSON text that is known to be right. JSON.parse knows no places and loses digits of 64-bit numbers, so
 * tests change texts rather than values.
 */
export function places(text: string): Place[] {
  const found: Place[] = [];
  let at = 0;

  function space(): void {
    while (' \n\r\t'.includes(text[at] ?? '-')) at++;
  }
  function token(pattern: RegExp): string {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) throw new Error(`no JSON at offset ${at}`);
    at = pattern.lastIndex;
    return match[0];
  }
  function value(pointer: string, keyStart: number): void {
    const start = at;
    const place: Place = { pointer, kind: 'null', start, end: start, keyStart };
    found.push(place);
    const first = text[at] ?? '';
    if (first === '{' || first === '[') {
      place.kind = first === '{' ? 'object' : 'array';
      members(pointer, first === '{');
    } else if (first === '"') {
      token(/"(?:[^"\\]|\\.)*"/y);
      place.kind = 'string';
    } else {
      const word = token(/[-+.\w]+/y);
      place.kind = word === 'null' ? 'null' : word === 'true' || word === 'false' ? 'boolean' : 'number';
    }
    place.end = at;
  }
  function members(pointer: string, isObject: boolean): void {
    at++;
    space();
    for (let index = 0; !'}]'.includes(text[at] ?? '}'); index++) {
      const keyStart = isObject ? at : -1;
      let step = String(index);
      if (isObject) {
        step = JSON.parse(token(/"(?:[^"\\]|\\.)*"/y))
          .replaceAll('~', '~0')
          .replaceAll('/', '~1');
        token(/\s*:\s*/y);
      }
      value(`${pointer}/${step}`, keyStart);
      space();
      if (text[at] === ',') at++;
      space();
    }
    at++;
  }

  space();
  value('', -1);
  return found;
}

/** The text with other characters between two places. */
export function replaced(text: string, start: number, end: number, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}

/** Line and column from 1, columns in UTF-16 code units. */
export function lineAndColumn(text: string, offset: number): [number, number] {
  const before = text.slice(0, offset);
  return [before.split('\n').length, offset - (before.lastIndexOf('\n') + 1) + 1];
}

/** The text without one member: its key, its value and one comma. */
export function without(text: string, place: Place): string {
  const after = /\s*,\s*/y;
  after.lastIndex = place.end;
  if (after.test(text)) return replaced(text, place.keyStart, after.lastIndex, '');
  const before = text.slice(0, place.keyStart).replace(/\s*,\s*$/, '');
  return before + text.slice(place.end);
}

/** The value at a pointer of a config replaced by another one. A last step that does not exist is added; '-' appends. */
export function changed(text: string, changes: Record<string, unknown>): string {
  let result = text;
  for (const [pointer, value] of Object.entries(changes)) {
    const source = value instanceof Source ? value.text : JSON.stringify(value);
    const known = places(result);
    const place = known.find((candidate) => candidate.pointer === pointer);
    if (place) {
      result = source === undefined ? without(result, place) : replaced(result, place.start, place.end, source);
      continue;
    }
    if (source === undefined) throw new Error(`nothing to remove at ${pointer}`);
    const cut = pointer.lastIndexOf('/');
    const parent = known.find((candidate) => candidate.pointer === pointer.slice(0, cut));
    if (!parent) throw new Error(`nothing is at ${pointer.slice(0, cut)}`);
    const isEmpty = /^[[{]\s*[\]}]$/.test(result.slice(parent.start, parent.end));
    const key = parent.kind === 'object' ? `${JSON.stringify(pointer.slice(cut + 1).replaceAll('~1', '/'))}: ` : '';
    result = replaced(result, parent.end - 1, parent.end - 1, `${isEmpty ? '' : ', '}${key}${source}`);
  }
  return result;
}

/** JSON as it stands, for numbers that JSON.stringify cannot write. */
export class Source {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
