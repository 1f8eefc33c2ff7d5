// The calls on which two filters of a profile could differ: every number, and arguments at the edges of what is compared.

import { NATIVE_TOKEN, nameOf, resolve, TOKENS } from './libseccomp.ts';
import type { Call } from './machine.ts';
import { type Argument, MULTIPLEXED, type Profile } from './profiles.ts';

const MAX = 0xffff_ffff_ffff_ffffn;
const MOST_COMBINATIONS = 64;

export type Random = () => number;

/** Of Tommy Ettinger's mulberry32: the same profiles in every run. */
export function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function auditOf(token: number): number {
  return token === TOKENS.SCMP_ARCH_X32 ? NATIVE_TOKEN : token;
}

/** Where the numbers of an architecture begin and end, with some that nobody has around them. */
export function numbersOf(token: number): number[] {
  const base = resolve(token, 'read') as number;
  const start = token === TOKENS.SCMP_ARCH_X32 ? 0x40000000 : base >= 4000 ? Math.floor(base / 1000) * 1000 - 2 : 0;
  return Array.from({ length: 560 }, (_, index) => start + index);
}

const EDGES = [0x3fffffff, 0x7fffffff, 0x80000000, 0xbfffffff, 0xc0000000, 0xfffffffe, 0xffffffff];
const ARM_PRIVATE = [0xf0000, 0xf0001, 0xf0002, 0xf0003, 0xf0004, 0xf0005, 0xf0006, 0xf0007];

/** Values that tell this condition from one that is almost the same: off by one, or right in one half only. */
function valuesAround({ value, valueTwo, op }: Argument): bigint[] {
  if (op === 'SCMP_CMP_MASKED_EQ') {
    const datum = (valueTwo ?? 0n) & value;
    const flips = [0n, 1n, 31n, 32n, 63n].map((bit) => datum ^ (1n << bit));
    const inMask = value === 0n ? [] : [datum ^ (value & -value)];
    return [datum, datum | (~value & MAX), ...inMask, ...flips, valueTwo ?? 0n];
  }
  const half = 1n << 32n;
  return [
    value - 1n,
    value,
    value + 1n,
    value - half,
    value + half,
    value & 0xffffffffn,
    value ^ half,
    (value >> 32n) << 32n,
  ];
}

function argumentsFor(conditions: Argument[], random: Random): bigint[][] {
  const none = [0n, 0n, 0n, 0n, 0n, 0n];
  if (conditions.length === 0) return [none];
  const values = none.map((_, index) => {
    const own = conditions.filter((condition) => condition.index === index);
    if (own.length === 0) return [0n];
    const all = [0n, 1n, MAX, 0xffffffffn, 1n << 32n, ...own.flatMap(valuesAround)];
    return [...new Set(all.map((value) => BigInt.asUintN(64, value)))];
  });
  const count = values.reduce((product, list) => product * list.length, 1);
  const combination = (which: number): bigint[] => {
    let rest = which;
    return values.map((list) => {
      const value = list[rest % list.length] as bigint;
      rest = Math.floor(rest / list.length);
      return value;
    });
  };
  if (count <= MOST_COMBINATIONS) return Array.from({ length: count }, (_, which) => combination(which));
  return Array.from({ length: MOST_COMBINATIONS }, () => combination(Math.floor(random() * count)));
}

export function* casesOf(profile: Profile, tokens: readonly number[], random: Random): Generator<Call> {
  const conditions = new Map<string, Argument[]>();
  for (const { names, args = [] } of profile.syscalls)
    for (const name of names) conditions.set(name, [...(conditions.get(name) ?? []), ...args]);
  const multiplexed = [...conditions].flatMap(([name, args]) => (MULTIPLEXED.test(name) ? args : []));
  for (const token of tokens) {
    const audit = auditOf(token);
    const more = token === TOKENS.SCMP_ARCH_ARM ? ARM_PRIVATE : [];
    for (const number of [...numbersOf(token), ...EDGES, ...more]) {
      const name = nameOf(token, number);
      let own = name === undefined ? [] : (conditions.get(name) ?? []);
      if (name === 'socketcall' || name === 'ipc') own = [...own, ...multiplexed, ...CALL_NUMBERS];
      for (const args of argumentsFor(own, random)) yield { number, audit, args };
    }
  }
  yield { number: 0, audit: 0x1234, args: [] };
}

const CALL_NUMBERS: Argument[] = [1, 4, 11, 14, 20, 24].map((value) => ({
  index: 0,
  value: BigInt(value),
  op: 'SCMP_CMP_EQ',
}));
