// Writes assembly/bpf/syscall-tables.ts: `npm run build:syscalls -- LINUX`, where LINUX is the source tree of a kernel.
// The one that is checked in was made from Debian's linux-source-6.12.
//
// The kernel's tables have a line for each call, "NUMBER ABI NAME …"; an architecture takes the lines of some ABIs. What is
// newer than that tree stands below: since Linux 5.1 a new call has the same number everywhere.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** include/uapi/asm-generic/unistd.h of Linux 6.13 (xattrat), 6.15 (open_tree_attr), 6.17 (file_…attr), 6.19 (listns) */
const NEWER: Record<string, number> = {
  setxattrat: 463,
  getxattrat: 464,
  listxattrat: 465,
  removexattrat: 466,
  open_tree_attr: 467,
  file_getattr: 468,
  file_setattr: 469,
  listns: 470,
};

/** What arch/arm/include/uapi/asm/unistd.h has beside the table: calls of its own above __ARM_NR_BASE. */
const ARM: Record<string, number> = {
  breakpoint: 0xf0001,
  cacheflush: 0xf0002,
  usr26: 0xf0003,
  usr32: 0xf0004,
  set_tls: 0xf0005,
  get_tls: 0xf0006,
};

interface Source {
  file: string;
  /** The ABIs that each variant of the table takes: arch/ARCH/kernel/Makefile.syscalls, or the Makefile beside the table. */
  variants: string[][];
  added?: Record<string, number>;
}

/** By the names of the enum Table in assembly/bpf/architectures.ts, in its order. */
const SOURCES: Record<string, Source> = {
  X86: { file: 'arch/x86/entry/syscalls/syscall_32.tbl', variants: [['i386']] },
  X86_64: {
    file: 'arch/x86/entry/syscalls/syscall_64.tbl',
    variants: [
      ['common', '64'],
      ['common', 'x32'],
    ],
  },
  ARM: { file: 'arch/arm/tools/syscall.tbl', variants: [['common', 'eabi']], added: ARM },
  GENERIC: {
    file: 'scripts/syscall.tbl',
    variants: [
      ['common', '64', 'renameat', 'rlimit', 'memfd_secret'], // arm64
      ['common', '64', 'riscv', 'rlimit', 'memfd_secret'], // riscv
      ['common', '64'], // loongarch
    ],
  },
  MIPS_O32: { file: 'arch/mips/kernel/syscalls/syscall_o32.tbl', variants: [['o32']] },
  MIPS_N64: { file: 'arch/mips/kernel/syscalls/syscall_n64.tbl', variants: [['n64', 'common']] },
  MIPS_N32: { file: 'arch/mips/kernel/syscalls/syscall_n32.tbl', variants: [['n32']] },
  PARISC: {
    file: 'arch/parisc/kernel/syscalls/syscall.tbl',
    variants: [
      ['common', '32'],
      ['common', '64'],
    ],
  },
  POWERPC: {
    file: 'arch/powerpc/kernel/syscalls/syscall.tbl',
    variants: [
      ['common', 'nospu', '32'],
      ['common', 'nospu', '64'],
    ],
  },
  S390: {
    file: 'arch/s390/kernel/syscalls/syscall.tbl',
    variants: [
      ['common', '32'],
      ['common', '64'],
    ],
  },
  M68K: { file: 'arch/m68k/kernel/syscalls/syscall.tbl', variants: [['common']] },
  SH: { file: 'arch/sh/kernel/syscalls/syscall.tbl', variants: [['common']] },
};

/** A call of a table, and the variants that have it, a bit each. */
interface Entry {
  number: number;
  name: string;
  variants: number;
}

function readTable(linux: string, { file, variants, added = {} }: Source): Entry[] {
  const entries: Entry[] = [];
  const add = (number: number, name: string, mask: number): void => {
    const same = entries.find((entry) => entry.number === number && entry.name === name);
    if (same) same.variants |= mask;
    else if (mask !== 0) entries.push({ number, name, variants: mask });
  };
  for (const line of readFileSync(join(linux, file), 'utf8').split('\n')) {
    const [number = '', abi = '', name = ''] = line.trim().split(/\s+/);
    if (!/^\d+$/.test(number) || /^(unused|reserved)\d+$/.test(name)) continue;
    add(
      Number(number),
      name,
      maskOf(variants, (abis) => abis.includes(abi)),
    );
  }
  for (const [name, number] of Object.entries({ ...NEWER, ...added }))
    add(
      number,
      name,
      maskOf(variants, () => true),
    );
  return entries.sort((left, right) => left.number - right.number);
}

function maskOf(variants: string[][], has: (abis: string[]) => boolean): number {
  return variants.reduce((mask, abis, index) => mask | (has(abis) ? 1 << index : 0), 0);
}

const GAP = 0x8000;
const ALL = 0;

/** The words of a table; assembly/bpf/syscalls.ts draws them. */
function encode(entries: Entry[], names: string[], variants: number): number[] {
  const words: number[] = [];
  let next = 0;
  for (const entry of entries) {
    while (next !== entry.number) {
      const gap = Math.min(entry.number - next, GAP - 2);
      words.push(GAP | (gap + 1));
      next += gap;
    }
    const mask = entry.variants === 2 ** variants - 1 ? ALL : entry.variants;
    words.push(names.indexOf(entry.name) | (mask << 10));
    next++;
  }
  return words;
}

/** A power of two, about twice the names: most are found at the first or second look. */
const SLOTS = 1024;

/** Where each name's search begins; assembly/bpf/syscalls.ts computes the same. */
function slotOf(name: string): number {
  let hash = name.length;
  for (const letter of Buffer.from(name, 'latin1')) hash = (Math.imul(hash, 31) + letter) | 0;
  return (hash ^ (hash >>> 11)) & (SLOTS - 1);
}

/** Id + 1 in each slot, 0 for an empty one. A name whose slot is taken is in the next that is not. */
function slotsOf(names: string[]): number[] {
  const slots = new Array<number>(SLOTS).fill(0);
  for (const [id, name] of names.entries()) {
    let slot = slotOf(name);
    while (slots[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
    slots[slot] = id + 1;
  }
  return slots;
}

function lines(numbers: number[]): string {
  const rows = [];
  for (let at = 0; at < numbers.length; at += 24) rows.push(`  ${numbers.slice(at, at + 24).join(', ')},`);
  return rows.join('\n');
}

function main(): void {
  const linux = process.argv[2];
  if (linux === undefined) throw new Error('usage: npm run build:syscalls -- LINUX');
  const [version, patchlevel, sublevel] = ['VERSION', 'PATCHLEVEL', 'SUBLEVEL'].map(
    (key) => new RegExp(`^${key} = (\\d+)`, 'm').exec(readFileSync(join(linux, 'Makefile'), 'utf8'))?.[1],
  );
  const tables = Object.entries(SOURCES).map(([key, source]) => ({ key, source, entries: readTable(linux, source) }));
  const names = [...new Set(tables.flatMap(({ entries }) => entries.map(({ name }) => name)))].sort();
  if (names.length > 1024) throw new Error(`${names.length} names do not fit 10 bits`);
  const offsets: number[] = [];
  const bytes: number[] = [];
  for (const name of names) {
    offsets.push(bytes.length);
    bytes.push(name.length, ...Buffer.from(name, 'latin1'));
  }
  const parts = [
    '// Written by src/build-syscalls.ts from the syscall tables of',
    `// Linux ${version}.${patchlevel}.${sublevel} and the newer calls that it lists. Do not edit.`,
    '',
    `export const NAME_COUNT: i32 = ${names.length};`,
    '',
    '/** Sorted; the length of each before its letters. */',
    `export const NAMES: StaticArray<u8> = [\n${lines(bytes)}\n];`,
    '',
    '/** Where each begins. */',
    `export const OFFSETS: StaticArray<u16> = [\n${lines(offsets)}\n];`,
    '',
    '/** A hash table of them: id + 1, or 0. */',
    `export const SLOTS: StaticArray<u16> = [\n${lines(slotsOf(names))}\n];`,
    ...tables.map(
      ({ key, source, entries }) =>
        `\n/** ${source.file} */\nexport const ${key}: StaticArray<u16> = [\n${lines(encode(entries, names, source.variants.length))}\n];`,
    ),
  ];
  writeFileSync(join(import.meta.dirname, '../assembly/bpf/syscall-tables.ts'), `${parts.join('\n')}\n`);
}

main();
