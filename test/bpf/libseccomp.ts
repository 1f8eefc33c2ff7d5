// libseccomp as runc uses it: libcontainer/seccomp/seccomp_linux.go. Debian's package is libseccomp2.

import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { decode, type Instruction } from './machine.ts';
import type { Argument, Profile } from './profiles.ts';

/** include/seccomp.h: SCMP_ARCH_… are the AUDIT_ARCH_… but for x32, which has none. */
export const TOKENS: Record<string, number> = {
  SCMP_ARCH_X86: 0x40000003,
  SCMP_ARCH_X86_64: 0xc000003e,
  SCMP_ARCH_X32: 0x4000003e,
  SCMP_ARCH_ARM: 0x40000028,
  SCMP_ARCH_AARCH64: 0xc00000b7,
  SCMP_ARCH_MIPS: 0x00000008,
  SCMP_ARCH_MIPS64: 0x80000008,
  SCMP_ARCH_MIPS64N32: 0xa0000008,
  SCMP_ARCH_MIPSEL: 0x40000008,
  SCMP_ARCH_MIPSEL64: 0xc0000008,
  SCMP_ARCH_MIPSEL64N32: 0xe0000008,
  SCMP_ARCH_PARISC: 0x0000000f,
  SCMP_ARCH_PARISC64: 0x8000000f,
  SCMP_ARCH_PPC: 0x00000014,
  SCMP_ARCH_PPC64: 0x80000015,
  SCMP_ARCH_PPC64LE: 0xc0000015,
  SCMP_ARCH_RISCV64: 0xc00000f3,
  SCMP_ARCH_S390: 0x00000016,
  SCMP_ARCH_S390X: 0x80000016,
};
export const NATIVE_TOKEN = 0xc000003e;

const ACTIONS: Record<string, number> = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
  SCMP_ACT_NOTIFY: 0x7fc00000,
};

export function actionOf(name: string, errno: number | undefined): number {
  const action = ACTIONS[name] as number;
  return name === 'SCMP_ACT_ERRNO' || name === 'SCMP_ACT_TRACE' ? action + (errno ?? 1) : action;
}

/** enum scmp_compare */
const OPERATORS = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'];

function open() {
  try {
    const library = koffi.load('libseccomp.so.2');
    return {
      init: library.func('void *seccomp_init(uint32_t)'),
      release: library.func('void seccomp_release(void *)'),
      addArch: library.func('int seccomp_arch_add(void *, uint32_t)'),
      removeArch: library.func('int seccomp_arch_remove(void *, uint32_t)'),
      set: library.func('int seccomp_attr_set(void *, int, uint32_t)'),
      addRule: library.func('int seccomp_rule_add_array(void *, uint32_t, int, unsigned int, void *)'),
      resolve: library.func('int seccomp_syscall_resolve_name_arch(uint32_t, const char *)'),
      nameOf: library.func('const char *seccomp_syscall_resolve_num_arch(uint32_t, int)'),
      export: library.func('int seccomp_export_bpf(void *, int)'),
    };
  } catch {
    return undefined;
  }
}

export const libseccomp = open();

/** __NR_SCMP_ERROR: a name that libseccomp does not know. Other negative numbers: an architecture does not have it. */
const UNKNOWN = -1;
const resolved = new Map<string, number | undefined>();

export function resolve(token: number, name: string): number | undefined {
  const key = `${token} ${name}`;
  if (!resolved.has(key)) {
    const number = libseccomp?.resolve(token, name) as number;
    resolved.set(key, number === UNKNOWN ? undefined : number);
  }
  return resolved.get(key);
}

const names = new Map<number, Map<number, string | undefined>>();

export function nameOf(token: number, number: number): string | undefined {
  const known = names.get(token) ?? new Map<number, string | undefined>();
  names.set(token, known);
  if (!known.has(number)) known.set(number, (libseccomp?.nameOf(token, number) as string | null) ?? undefined);
  return known.get(number);
}

/** struct scmp_arg_cmp[] */
function pack(args: readonly Argument[]): Buffer {
  const buffer = Buffer.alloc(24 * Math.max(1, args.length));
  for (const [at, { index, op, value, valueTwo }] of args.entries()) {
    buffer.writeUInt32LE(index, 24 * at);
    buffer.writeUInt32LE(OPERATORS.indexOf(op.replace('SCMP_CMP_', '')) + 1, 24 * at + 4);
    buffer.writeBigUInt64LE(value, 24 * at + 8);
    buffer.writeBigUInt64LE(valueTwo ?? 0n, 24 * at + 16);
  }
  return buffer;
}

/** Conditions that share an argument are rules of their own. */
export function rulesOf(args: Argument[]): Argument[][] {
  const isShared = new Set(args.map(({ index }) => index)).size < args.length;
  return isShared ? args.map((arg) => [arg]) : [args];
}

export interface Options {
  /** SCMP_FLTATR_CTL_OPTIMIZE 2: the binary tree. runc asks for it from 33 rules on. */
  hasTree: boolean;
  /** Without the machine's own architecture, which libseccomp then takes others beside that are of another byte order. */
  withoutNative?: boolean;
}

const SCMP_FLTATR_CTL_OPTIMIZE = 8;

/** The filter, without the stub that runc puts before it; a number is the error of a rule, negative. */
export function filterOf(profile: Profile, { hasTree, withoutNative = false }: Options): Instruction[] | number {
  if (!libseccomp) throw new Error('libseccomp2 is not installed');
  const defaultAction = actionOf(profile.defaultAction, profile.defaultErrnoRet);
  const context = libseccomp.init(defaultAction);
  try {
    const tokens = (profile.architectures ?? []).map((name) => TOKENS[name] as number);
    if (withoutNative) libseccomp.removeArch(context, NATIVE_TOKEN);
    for (const token of tokens) {
      const result = libseccomp.addArch(context, token) as number;
      if (result !== 0 && result !== -17) throw new Error(`seccomp_arch_add(${token.toString(16)}): ${result}`);
    }
    if (hasTree) libseccomp.set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (const { names, action: word, errnoRet, args = [] } of profile.syscalls) {
      const action = actionOf(word, errnoRet);
      if (action === defaultAction) continue;
      for (const name of names) {
        const number = resolve(NATIVE_TOKEN, name);
        if (number === undefined) continue;
        for (const list of rulesOf(args)) {
          const result = libseccomp.addRule(context, action, number, list.length, pack(list)) as number;
          if (result !== 0) return result;
        }
      }
    }
    // Without the machine's own, all architectures are of one byte order, and so is the program.
    const isLittle = !withoutNative || tokens.every((token) => (token & 0x40000000) !== 0);
    return decode(exported(context), isLittle);
  } finally {
    libseccomp.release(context);
  }
}

function exported(context: unknown): Buffer {
  const file = join(tmpdir(), `orlop-bpf-${process.pid}`);
  const fd = openSync(file, 'w');
  try {
    const result = libseccomp?.export(context, fd) as number;
    if (result !== 0) throw new Error(`seccomp_export_bpf: ${result}`);
    return readFileSync(file);
  } finally {
    closeSync(fd);
    rmSync(file);
  }
}
