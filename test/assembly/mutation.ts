import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fixture } from './module.ts';

const encoder = new TextEncoder();

/** Real configs to break; one with a seccomp profile, one with every field. */
export const configs = ['runc', 'crun', 'docker', 'everything'].map((name) => encoder.encode(fixture(name)));

/** Configs with a fault each, so that there is something to fix. */
const RULES = new URL('../../fixtures/rules/', import.meta.url);
const faulty = readdirSync(RULES)
  .filter((name) => existsSync(new URL(`${name}/fixed.json`, RULES)))
  .map((name) => readFileSync(new URL(`${name}/bad.json`, RULES)));

const seeds: Uint8Array[] = [...configs, ...configs, ...configs, ...faulty];

/** What is put in the place of other tokens, or between them. */
const TOKENS = [
  '{}',
  '[]',
  '[[',
  '{"',
  '":',
  'null',
  'true',
  '-1',
  '0',
  '1e999',
  '18446744073709551616',
  '-9223372036854775809',
  '""',
  '"\\u0000"',
  '"\\ud83d"',
  '"\\ud83d\\udea2"',
  '"../../.."',
  '"/"',
  '"SCMP_ACT_KILL"',
  '"bind"',
  '"user"',
  '\ufeff',
  '\u{1f6a2}',
].map((token) => encoder.encode(token));

/** mulberry32: the same seed gives the same documents on every machine. */
export function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export type Random = ReturnType<typeof random>;

/** One of the seeds with one to four things done to it. Of every two one is likely to be JSON still. */
export function mutant(pick: Random): Uint8Array {
  let document = seeds[pick(seeds.length)] as Uint8Array;
  const change = pick(2) === 0 ? mutate : exchange;
  for (let rounds = 1 + pick(4); rounds > 0; rounds--) document = change(document, pick);
  return document;
}

function mutate(document: Uint8Array, pick: Random): Uint8Array {
  const at = pick(document.length + 1);
  const token = TOKENS[pick(TOKENS.length)] as Uint8Array;
  switch (pick(7)) {
    case 0: {
      const flipped = document.slice();
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << pick(8));
      return flipped;
    }
    case 1:
      return splice(document, at, at, Uint8Array.of(pick(256)));
    case 2:
      return splice(document, at, at + 1 + pick(20), Uint8Array.of());
    case 3: {
      const from = pick(document.length + 1);
      return splice(document, at, at, document.subarray(from, from + pick(200)));
    }
    case 4:
      return splice(document, at, at, token);
    case 5: {
      const [start, end] = tokenAt(document, at);
      return splice(document, start, end, token);
    }
    default: {
      const [start, end] = tokenAt(document, at);
      const [otherStart, otherEnd] = tokenAt(document, pick(document.length + 1));
      return splice(document, start, end, document.slice(otherStart, otherEnd));
    }
  }
}

/** A token in the place of another of its kind, so that what was JSON still is; of two other kinds nothing is done. */
function exchange(document: Uint8Array, pick: Random): Uint8Array {
  const [start, end] = tokenAt(document, pick(document.length + 1));
  for (let tries = 0; tries < 8; tries++) {
    const [otherStart, otherEnd] = tokenAt(document, pick(document.length + 1));
    if (kindOf(document[start]) !== kindOf(document[otherStart])) continue;
    return splice(document, start, end, document.slice(otherStart, otherEnd));
  }
  return document;
}

/** Of a token by its first byte: a string, a number, or a word. */
function kindOf(byte: number | undefined): string {
  if (byte === 0x22) return 'string';
  return byte === 0x2d || (byte !== undefined && byte >= 0x30 && byte <= 0x39) ? 'number' : 'word';
}

function splice(document: Uint8Array, start: number, end: number, middle: Uint8Array): Uint8Array {
  const after = document.subarray(Math.min(end, document.length));
  const result = new Uint8Array(start + middle.length + after.length);
  result.set(document.subarray(0, start));
  result.set(middle, start);
  result.set(after, start + middle.length);
  return result;
}

/** The string, word or number at or after a place; good enough for documents that are broken already. */
function tokenAt(document: Uint8Array, at: number): [number, number] {
  const isPart = (byte: number | undefined) =>
    byte !== undefined && byte > 0x20 && !',:[]{}'.includes(String.fromCharCode(byte));
  let start = at;
  while (start < document.length && !isPart(document[start])) start++;
  while (start > 0 && isPart(document[start - 1])) start--;
  let end = start;
  while (isPart(document[end])) end++;
  return [start, end];
}
