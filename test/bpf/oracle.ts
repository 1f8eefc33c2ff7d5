// What a profile says of a call, worked out from its words: no program, no tree, no order of comparisons.

import { actionOf, NATIVE_TOKEN, nameOf, rulesOf, TOKENS } from './libseccomp.ts';
import type { Call } from './machine.ts';
import type { Argument, Profile } from './profiles.ts';
import { isPermissive, newest } from './runc.ts';

const KILL_THREAD = 0;
const ENOSYS = 0x00050026;
const X32_BIT = 0x40000000;
const X32 = TOKENS.SCMP_ARCH_X32 as number;
const WIDE = ['X86_64', 'AARCH64', 'MIPS64', 'MIPSEL64', 'PARISC64', 'PPC64', 'PPC64LE', 'RISCV64', 'S390X'];
const MULTIPLEXING = ['X86', 'MIPS', 'MIPSEL', 'PPC', 'PPC64', 'PPC64LE', 'S390', 'S390X'];

function tokensOf(names: string[]): Set<number> {
  return new Set(names.map((name) => TOKENS[`SCMP_ARCH_${name}`] as number));
}
const wide = tokensOf(WIDE);
const multiplexing = tokensOf(MULTIPLEXING);
const s390 = tokensOf(['S390', 'S390X']);

/** include/uapi/linux/net.h, ipc.h */
const SOCKETCALL =
  'socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg'.split(
    ' ',
  );
const IPC: Record<string, number> = {
  ...{ semop: 1, semget: 2, semctl: 3, semtimedop: 4, msgsnd: 11, msgrcv: 12, msgget: 13, msgctl: 14 },
  ...{ shmat: 21, shmdt: 22, shmget: 23, shmctl: 24 },
};

/**
 * Every action that may be given. Only where rules contradict each other are there several: which of them decides is a
 * matter of order.
 */
export function justified(profile: Profile, call: Call, withoutNative = false): Set<number> {
  const tokens = new Set((profile.architectures ?? []).map((name) => TOKENS[name] as number));
  if (!withoutNative) tokens.add(NATIVE_TOKEN);
  const { number } = call;
  const defaultAction = actionOf(profile.defaultAction, profile.defaultErrnoRet);
  const hides = (token: number): boolean => {
    const last = newest(profile, token);
    return tokens.has(token) && !isPermissive(profile) && last !== 0 && number > last;
  };
  if (call.audit !== NATIVE_TOKEN) {
    if (!tokens.has(call.audit)) return new Set([KILL_THREAD]);
    const isSetup = number === 0 && s390.has(call.audit) && !isPermissive(profile) && newest(profile, call.audit) !== 0;
    if (isSetup || hides(call.audit)) return new Set([ENOSYS]);
    return byRules(profile, call, call.audit);
  }
  const isX32 = (number & X32_BIT) !== 0;
  if (hides(isX32 ? X32 : NATIVE_TOKEN)) return new Set([ENOSYS]);
  if (number >= X32_BIT && !tokens.has(X32)) return new Set([number === 0xffffffff ? defaultAction : KILL_THREAD]);
  if (number < X32_BIT && !tokens.has(NATIVE_TOKEN)) return new Set([KILL_THREAD]);
  return byRules(profile, call, isX32 ? X32 : NATIVE_TOKEN);
}

/** The first rule without conditions, else all that hold, else the default. */
function byRules(profile: Profile, { number, args }: Call, token: number): Set<number> {
  const isWide = wide.has(token);
  const holding = new Set<number>();
  for (const { action, conditions } of statementsOn(profile, number, token)) {
    if (conditions.length === 0) return new Set([action]);
    if (conditions.every((condition) => holds(condition, args[condition.index] ?? 0n, isWide))) holding.add(action);
  }
  return holding.size > 0 ? holding : new Set([actionOf(profile.defaultAction, profile.defaultErrnoRet)]);
}

interface Statement {
  action: number;
  /** All of them; what always holds is left out. */
  conditions: Argument[];
}

const known = new WeakMap<Profile, Map<string, Statement[]>>();

/** Everything that the profile says of one call, in its order. */
function statementsOn(profile: Profile, number: number, token: number): Statement[] {
  const ofProfile = known.get(profile) ?? new Map<string, Statement[]>();
  known.set(profile, ofProfile);
  const key = `${token} ${number}`;
  const before = ofProfile.get(key);
  if (before) return before;
  const name = nameOf(token, number | 0);
  const defaultAction = actionOf(profile.defaultAction, profile.defaultErrnoRet);
  const statements = profile.syscalls.flatMap(({ names, action: word, errnoRet, args = [] }) => {
    const action = actionOf(word, errnoRet);
    if (name === undefined || action === defaultAction) return [];
    const lists = names.flatMap((said) => rulesOf(args).flatMap((one) => about(said, name, one, token)));
    return lists.map((list) => ({ action, conditions: list.filter((one) => !isAlways(one, wide.has(token))) }));
  });
  ofProfile.set(key, statements);
  return statements;
}

/** What a rule for `said` means for a call of `name`: its conditions, or nothing. */
function about(said: string, name: string, conditions: Argument[], token: number): Argument[][] {
  if (said === name) return [conditions];
  if (!multiplexing.has(token)) return [];
  const value = name === 'socketcall' ? SOCKETCALL.indexOf(said) + 1 : name === 'ipc' ? (IPC[said] ?? 0) : 0;
  if (value === 0) return [];
  const others = conditions.filter(({ index }) => index !== 0);
  return [[{ index: 0, op: 'SCMP_CMP_EQ', value: BigInt(value) }, ...others]];
}

function isAlways({ op, value }: Argument, isWide: boolean): boolean {
  return op === 'SCMP_CMP_MASKED_EQ' && BigInt.asUintN(isWide ? 64 : 32, value) === 0n;
}

function holds({ op, value, valueTwo }: Argument, actual: bigint, isWide: boolean): boolean {
  const bits = isWide ? 64 : 32;
  const left = BigInt.asUintN(bits, actual);
  const right = BigInt.asUintN(bits, value);
  switch (op) {
    case 'SCMP_CMP_NE':
      return left !== right;
    case 'SCMP_CMP_LT':
      return left < right;
    case 'SCMP_CMP_LE':
      return left <= right;
    case 'SCMP_CMP_EQ':
      return left === right;
    case 'SCMP_CMP_GE':
      return left >= right;
    case 'SCMP_CMP_GT':
      return left > right;
    default:
      return (left & right) === (BigInt.asUintN(bits, valueTwo ?? 0n) & right);
  }
}
