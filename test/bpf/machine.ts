// Classic BPF as the kernel runs it for seccomp: include/uapi/linux/filter.h, and kernel/seccomp.c for what it checks.

export interface Instruction {
  code: number;
  jt: number;
  jf: number;
  k: number;
}

/** struct seccomp_data, include/uapi/linux/seccomp.h */
export interface Call {
  number: number;
  /** AUDIT_ARCH_…, which says how words lie in memory too. */
  audit: number;
  args: readonly bigint[];
}

export interface Outcome {
  /** SECCOMP_RET_… */
  action: number;
  /** Instructions executed. */
  steps: number;
}

/** include/uapi/linux/audit.h */
const AUDIT_ARCH_LE = 0x40000000;

/** From the bytes of struct sock_filter[]; throws for what the kernel would refuse to load. */
export function decode(bytes: Uint8Array, isLittle = true): Instruction[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const program = Array.from({ length: bytes.length / 8 }, (_, index) => ({
    code: view.getUint16(8 * index, isLittle),
    jt: view.getUint8(8 * index + 2),
    jf: view.getUint8(8 * index + 3),
    k: view.getUint32(8 * index + 4, isLittle),
  }));
  if (program.length === 0 || program.length > 4096) throw new Error(`${program.length} instructions`);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    const furthest = code === 0x05 ? k : Math.max(jt, jf);
    if ((code & 0x07) === 0x05 && index + 1 + furthest >= program.length) throw new Error(`${index} jumps out`);
    if (code === 0x20 && (k % 4 !== 0 || k >= 64)) throw new Error(`${index} loads from ${k}`);
    if (![0x20, 0x54, 0x05, 0x15, 0x25, 0x35, 0x45, 0x06].includes(code)) throw new Error(`${index} has code ${code}`);
  }
  if (program.at(-1)?.code !== 0x06) throw new Error('the last instruction does not return');
  return program;
}

function wordsOf({ number, audit, args }: Call): number[] {
  const words = [number >>> 0, audit >>> 0, 0, 0];
  const isLittle = (audit & AUDIT_ARCH_LE) !== 0;
  for (let index = 0; index < 6; index++) {
    const value = BigInt.asUintN(64, args[index] ?? 0n);
    const low = Number(value & 0xffffffffn);
    const high = Number(value >> 32n);
    words.push(...(isLittle ? [low, high] : [high, low]));
  }
  return words;
}

export function run(program: readonly Instruction[], call: Call): Outcome {
  const words = wordsOf(call);
  let a = 0;
  let at = 0;
  for (let steps = 1; ; steps++) {
    const { code, jt, jf, k } = program[at] as Instruction;
    at++;
    if (code === 0x06) return { action: k, steps };
    if (code === 0x20) a = words[k / 4] as number;
    else if (code === 0x54) a = (a & k) >>> 0;
    else if (code === 0x05) at += k;
    else if (code === 0x15) at += a === k ? jt : jf;
    else if (code === 0x25) at += a > k ? jt : jf;
    else if (code === 0x35) at += a >= k ? jt : jf;
    else at += (a & k) !== 0 ? jt : jf;
  }
}
