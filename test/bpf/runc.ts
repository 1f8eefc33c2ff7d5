// What runc puts before libseccomp's filter: libcontainer/seccomp/patchbpf. What is newer than all that a profile speaks of
// is not there, and so ENOSYS, unless the default action lets it pass.

import { NATIVE_TOKEN, resolve, TOKENS } from './libseccomp.ts';
import type { Instruction } from './machine.ts';
import type { Profile } from './profiles.ts';

const ENOSYS = 0x00050026;
const X32_BIT = 0x40000000;
const LOAD = 0x20;
const JA = 0x05;
const JEQ = 0x15;
const JGT = 0x25;
const JSET = 0x45;
const RET = 0x06;

/** The greatest number that the profile speaks of, 0 for none. */
export function newest(profile: Profile, token: number): number {
  const known = greatest.get(profile) ?? new Map<number, number>();
  greatest.set(profile, known);
  if (!known.has(token)) {
    const numbers = profile.syscalls.flatMap(({ names }) => names.map((name) => resolve(token, name) ?? 0));
    known.set(token, Math.max(0, ...numbers));
  }
  return known.get(token) as number;
}

const greatest = new WeakMap<Profile, Map<number, number>>();

/** A tracer is expected to know what to do with newer calls. */
export function isPermissive({ defaultAction }: Profile): boolean {
  return ['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE'].includes(defaultAction);
}

function auditOf(token: number): number {
  return token === TOKENS.SCMP_ARCH_X32 ? NATIVE_TOKEN : token;
}

/** The stub, instruction for instruction as long as runc's where no jump is too far; [] where there is none. */
export function stubOf(profile: Profile, withoutNative = false): Instruction[] {
  if (isPermissive(profile)) return [];
  const tokens = new Set((profile.architectures ?? []).map((name) => TOKENS[name] as number));
  if (!withoutNative) tokens.add(NATIVE_TOKEN);
  const byAudit = new Map<number, Map<number, number>>();
  for (const token of tokens) {
    const last = newest(profile, token);
    if (last === 0) continue;
    const audit = auditOf(token);
    byAudit.set(audit, (byAudit.get(audit) ?? new Map()).set(token, last));
  }
  const sections = [...byAudit].map(([audit, lasts]) => ({ audit, code: sectionOf(audit, lasts) }));
  const head: Instruction[] = [{ code: LOAD, jt: 0, jf: 0, k: 4 }];
  const body = sections.flatMap(({ code }) => code);
  // ja filter; ret ENOSYS
  const tail = 2;
  let before = 0;
  for (const [index, { audit, code }] of sections.entries()) {
    head.push({ code: JEQ, jt: sections.length - index - 1 + 1 + before, jf: 0, k: audit });
    before += code.length;
  }
  // No architecture of the profile: straight to the filter.
  head.push({ code: JA, jt: 0, jf: 0, k: body.length + tail });
  const program = [...head, ...body];
  const end = program.length;
  for (const [index, instruction] of program.entries()) {
    if (instruction.k === TO_FILTER) instruction.k = end + tail - 1 - index;
    if (instruction.jt === TO_ENOSYS) instruction.jt = end + 1 - index - 1;
  }
  return [...program, { code: JA, jt: 0, jf: 0, k: 1 }, { code: RET, jt: 0, jf: 0, k: ENOSYS }];
}

const TO_FILTER = -1;
const TO_ENOSYS = -2;

function sectionOf(audit: number, lasts: Map<number, number>): Instruction[] {
  const code: Instruction[] = [{ code: LOAD, jt: 0, jf: 0, k: 0 }];
  const toFilter = { code: JA, jt: 0, jf: 0, k: TO_FILTER };
  const newer = (last: number): Instruction => ({ code: JGT, jt: TO_ENOSYS, jf: 0, k: last });
  const isX86 = audit === NATIVE_TOKEN;
  const native = lasts.get(NATIVE_TOKEN);
  const x32 = lasts.get(TOKENS.SCMP_ARCH_X32 as number);
  if (isX86 && native !== undefined && x32 !== undefined) {
    code.push({ code: JSET, jt: 1, jf: 0, k: X32_BIT }, { ...newer(native), jf: 1 }, newer(x32));
  } else if (isX86 && native !== undefined) {
    code.push({ code: JSET, jt: 1, jf: 0, k: X32_BIT }, newer(native));
  } else if (isX86 && x32 !== undefined) {
    code.push({ code: JSET, jt: 0, jf: 1, k: X32_BIT }, newer(x32));
  } else {
    const isS390 = audit === TOKENS.SCMP_ARCH_S390 || audit === TOKENS.SCMP_ARCH_S390X;
    // setup(2), which all calls that the kernel does not know become
    if (isS390) code.push({ code: JEQ, jt: 0, jf: 1, k: 0 }, { code: RET, jt: 0, jf: 0, k: ENOSYS });
    code.push(newer([...lasts.values()][0] as number));
  }
  return [...code, toFilter];
}
