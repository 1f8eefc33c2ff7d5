// Profiles as engines write them, and others at random.

import { readFileSync } from 'node:fs';

export interface Argument {
  index: number;
  value: bigint;
  valueTwo?: bigint;
  op: string;
}

export interface Rule {
  names: string[];
  action: string;
  errnoRet?: number;
  args?: Argument[];
}

/** runtime-spec config-linux.md#seccomp */
export interface Profile {
  defaultAction: string;
  defaultErrnoRet?: number;
  architectures?: string[];
  syscalls: Rule[];
}

export const NATIVE = 'SCMP_ARCH_X86_64';
export const ALL_X86 = [NATIVE, 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'];

interface JsonArgument {
  index: number;
  value: number;
  valueTwo?: number;
  op: string;
}

function withBigints(args: JsonArgument[] | null | undefined): Argument[] {
  return (args ?? []).map((arg) => ({
    index: arg.index,
    value: BigInt(arg.value),
    ...(arg.valueTwo === undefined ? {} : { valueTwo: BigInt(arg.valueTwo) }),
    op: arg.op,
  }));
}

/** Docker's default, as it is in the config of a container (fixtures/configs/docker.json). */
export function dockerProfile(): Profile {
  const config = JSON.parse(readFileSync(new URL('../../fixtures/configs/docker.json', import.meta.url), 'utf8'));
  const { defaultAction, defaultErrnoRet, architectures, syscalls } = config.linux.seccomp;
  const rules = (syscalls as (Rule & { args?: JsonArgument[] })[]).map((rule) => ({
    ...rule,
    args: withBigints(rule.args),
  }));
  return { defaultAction, defaultErrnoRet, architectures, syscalls: rules };
}

interface PodmanRule {
  names: string[];
  action: string;
  args: JsonArgument[] | null;
  errnoRet?: number;
  includes: { arches?: string[]; caps?: string[] };
  excludes: { arches?: string[]; caps?: string[] };
}

/**
 * Podman's default, /usr/share/containers/seccomp.json of golang-github-containers-common 0.50.1 (Apache-2.0), as Podman
 * makes it one for x86_64 and a container with these capabilities.
 */
export function podmanProfile(capabilities: string[]): Profile {
  const { defaultAction, defaultErrnoRet, syscalls } = JSON.parse(
    readFileSync(new URL('../../fixtures/seccomp/podman.json', import.meta.url), 'utf8'),
  ) as { defaultAction: string; defaultErrnoRet: number; syscalls: PodmanRule[] };
  const isMeant = ({ includes, excludes }: PodmanRule): boolean =>
    (includes.arches?.includes('amd64') ?? true) &&
    !(excludes.arches?.includes('amd64') ?? false) &&
    (includes.caps?.every((name) => capabilities.includes(name)) ?? true) &&
    !(excludes.caps?.some((name) => capabilities.includes(name)) ?? false);
  const rules = syscalls.filter(isMeant).map(({ names, action, errnoRet, args }) => ({
    names,
    action,
    ...(errnoRet === undefined ? {} : { errnoRet }),
    args: withBigints(args),
  }));
  return { defaultAction, defaultErrnoRet, architectures: ALL_X86, syscalls: rules };
}

// ------------------------------------------------------------------------------------------------------------ random

const LITTLE_ENDIAN = [
  'SCMP_ARCH_X86',
  'SCMP_ARCH_X32',
  'SCMP_ARCH_ARM',
  'SCMP_ARCH_AARCH64',
  'SCMP_ARCH_MIPSEL',
  'SCMP_ARCH_MIPSEL64',
  'SCMP_ARCH_MIPSEL64N32',
  'SCMP_ARCH_PPC64LE',
  'SCMP_ARCH_RISCV64',
];
const DEFAULTS = ['KILL', 'KILL_PROCESS', 'KILL_THREAD', 'TRAP', 'ERRNO', 'TRACE', 'ALLOW', 'LOG'];
export const OPERATORS = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'];
const VALUES = [
  0n,
  1n,
  2n,
  7n,
  16n,
  40n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0x100000001n,
  0x500000007n,
];
const MASKS = [1n, 3n, 0xffn, 0x7e020000n, 0xffffffffn, 0xffffffff00000000n, 0x100000001n, 0xffffffffffffffffn, 0n];
/** Calls that share numbers, have a multiplexer, or are only there on some architectures. */
const SPECIAL = ['socket', 'socketcall', 'ipc', 'semop', 'shmat', 'accept4', 'mmap2', 'fcntl64', 'cacheflush', 'clone'];

/** What socketcall(2) and ipc(2) do on some architectures, and they themselves. */
export const MULTIPLEXED =
  /^(socket(call|pair)?|ipc|bind|connect|listen|accept4?|get(sock|peer)name|(send|recv)(|to|from|m?msg)|shutdown|[gs]etsockopt|sem(op|get|ctl|timedop)|msg(snd|rcv|get|ctl)|shm(at|dt|get|ctl))$/;

type Random = () => number;

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

function randomArgument(random: Random, index: number, operators: readonly string[]): Argument {
  const op = `SCMP_CMP_${pick(random, operators)}`;
  if (op === 'SCMP_CMP_MASKED_EQ') return { index, op, value: pick(random, MASKS), valueTwo: pick(random, VALUES) };
  return { index, op, value: pick(random, VALUES) };
}

export interface Shape {
  /** How many conditions a rule may have. */
  conditions: number;
  /** How many calls the rules are about: the fewer, the more say something of the same one. */
  calls: number;
  operators: readonly string[];
  /** Rules of one call may have different actions. */
  isContradictory: boolean;
}

/** Of names that both sides know. Each allows what a launch needs. */
export function randomProfile(random: Random, names: readonly string[], shape: Shape): Profile {
  const own = [...SPECIAL, ...Array.from({ length: shape.calls }, () => pick(random, names))];
  const kinds = [pick(random, DEFAULTS), pick(random, DEFAULTS), 'ALLOW', 'ERRNO', 'NOTIFY'];
  const verdicts = new Map<string, Verdict>();
  const verdictOf = (name: string): Verdict => {
    const key = MULTIPLEXED.test(name) ? 'multiplexed' : name;
    const verdict = (!shape.isContradictory && verdicts.get(key)) || randomVerdict(random, pick(random, kinds));
    verdicts.set(key, verdict);
    return verdict;
  };
  const syscalls: Rule[] = [{ names: ['execve', 'read', 'write'], action: 'SCMP_ACT_ALLOW' }];
  for (let count = Math.floor(random() * 40); count > 0; count--) {
    const few = shape.isContradictory ? 1 + Math.floor(random() * 4) : 1;
    const chosen = Array.from({ length: few }, () => pick(random, own));
    const most = Math.floor(random() * (shape.conditions + 1));
    const indexes = [0, 1, 2, 3, 4, 5].filter(() => random() < 0.4).slice(0, most);
    if (indexes.length > 0 && random() < 0.1) indexes.push(indexes[0] as number);
    const args = indexes.map((index) => randomArgument(random, index, shape.operators));
    syscalls.push({ names: chosen, ...verdictOf(chosen[0] as string), args });
  }
  const { action, errnoRet } = randomVerdict(random, pick(random, DEFAULTS));
  const architectures = [NATIVE, ...LITTLE_ENDIAN].filter(() => random() < 0.3);
  const defaultErrnoRet = errnoRet === undefined ? {} : { defaultErrnoRet: errnoRet };
  return { defaultAction: action, ...defaultErrnoRet, architectures, syscalls };
}

interface Verdict {
  action: string;
  errnoRet?: number;
}

function randomVerdict(random: Random, kind: string): Verdict {
  const hasErrno = (kind === 'ERRNO' || kind === 'TRACE') && random() < 0.5;
  return { action: `SCMP_ACT_${kind}`, ...(hasErrno ? { errnoRet: Math.floor(random() * 4096) } : {}) };
}
