// Values to put in place of another: some that a field may take, and some that it may not.

import type { Located } from '../assembly/values.ts';

type Kind = Located['kind'];

/** JSON texts of which one should make a difference; null, an absent field, is the first. */
export function others({ kind }: Located, source: string): string[] {
  return ['null', ...OTHERS[kind](source), ...WRONG[kind](source)].filter((other) => other !== source);
}

/** JSON texts that a check may be about. */
export function wrong({ kind }: Located, source: string): string[] {
  return ['null', ...WRONG[kind](source)].filter((other) => other !== source);
}

const texts = (words: string[]): string[] => words.map((word) => JSON.stringify(word));
const lists = (...items: unknown[][]): string[] => items.map((list) => JSON.stringify(list));

const OTHERS: Record<Kind, (source: string) => string[]> = {
  null: () => [],
  boolean: (source) => [source === 'true' ? 'false' : 'true'],
  number: (source) => [String(BigInt(source) + 1n), String(BigInt(source) - 1n), '7', '1000', '2000', '134217728'],
  string: (source) => texts([`${JSON.parse(source)}x`, ...WORDS]),
  array: (source) => {
    const items = JSON.parse(source) as unknown[];
    return lists([], items.slice(0, -1), [...items, 'CAP_CHOWN'], [...items, 'other']);
  },
  object: () => ['{}'],
};

const WRONG: Record<Kind, (source: string) => string[]> = {
  null: () => [],
  boolean: (source) => [source === 'true' ? 'false' : 'true', '1'],
  number: () => ['0', '1', '-1', '2', '9999', '134217728', '4294967296', '99999999999999999999', '"1"'],
  string: () => [...texts(BROKEN), '42'],
  array: (source) => {
    const items = JSON.parse(source) as unknown[];
    return [...lists([], [...items, ...items], [...items, 'CAP_CHOWN', 'other']), '{}'];
  },
  object: () => ['{}', '[]'],
};

const WORDS = [
  '/other',
  'cgroup',
  'c',
  'b',
  'tmpfs',
  'RLIMIT_CPU',
  'IOPRIO_CLASS_IDLE',
  'SCHED_OTHER',
  'SCHED_RR',
  'MPOL_INTERLEAVE',
  'LINUX32',
  'private',
  '1GB',
  'L3:0=1',
  'MB:0=50',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_TRACE',
  'SCMP_CMP_EQ',
  'a.slice:b:d',
];

const BROKEN = [
  'other',
  '',
  '/',
  '..',
  'a\0b',
  'a/b',
  'a\nb',
  'a:b',
  '/proc/x',
  '0',
  '9-1',
  '99999',
  '3MB',
  'bind',
  '9.0.0',
  'SCHED_ISO',
  'MPOL_LOCAL',
  'SCMP_ACT_NOTIFY',
];
