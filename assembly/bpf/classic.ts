/**
 * Classic BPF as seccomp has it, of include/uapi/linux/filter.h and bpf_common.h; an instruction is
 *
 *    0      16    24    32          64
 *   ┌──────┬─────┬─────┬───────────┐      jt, jf: how many instructions to skip, if it is true, if it is false
 *   │ code │ jt  │ jf  │ k         │
 *   └──────┴─────┴─────┴───────────┘
 *
 * The kernel runs a filter on the numbers alone to remember which calls are always allowed, and knows only these forms
 * then (kernel/seccomp.c, seccomp_is_const_allow).
 */
export const BPF_LD_W_ABS: u16 = 0x20;
export const BPF_ALU_AND_K: u16 = 0x54;
export const BPF_JMP_JA: u16 = 0x05;
export const BPF_JMP_JEQ_K: u16 = 0x15;
export const BPF_JMP_JGT_K: u16 = 0x25;
export const BPF_JMP_JGE_K: u16 = 0x35;
export const BPF_RET_K: u16 = 0x06;

/** include/uapi/linux/bpf_common.h */
export const BPF_MAXINSNS: i32 = 4096;
const LONGEST_JUMP: i32 = 255;

export function codeOf(instruction: u64): u16 {
  return <u16>instruction;
}

export function trueOf(instruction: u64): i32 {
  return <i32>((instruction >> 16) & 0xff);
}

export function falseOf(instruction: u64): i32 {
  return <i32>((instruction >> 24) & 0xff);
}

export function constantOf(instruction: u64): u32 {
  return <u32>(instruction >> 32);
}

/** Where a jump goes: counted from the end, since jumps lead forward and programs are written backward. */
export class Target {
  constructor(
    public position: i32,
    /** A return may be had nearer by; -1 for other code. */
    public action: i64 = -1,
  ) {}
}

/**
 * A program, written from its end to its beginning: what a jump leads to is there before the jump, so that its distance is
 * known, and a jump that is too far gets a stepping stone at once. Each call answers where the code in front begins.
 */
export class Assembler {
  private backward: u64[] = [];
  private returns: Map<u32, Target> = new Map<u32, Target>();

  get length(): i32 {
    return this.backward.length;
  }

  return(action: u32): Target {
    if (this.returns.has(action)) return this.returns.get(action);
    const target = new Target(this.push(BPF_RET_K, 0, 0, action), action);
    this.returns.set(action, target);
    return target;
  }

  /** A = the word at `offset` of struct seccomp_data; goes on with `next`. */
  load(offset: u32, next: Target): Target {
    this.continueWith(next);
    return new Target(this.push(BPF_LD_W_ABS, 0, 0, offset));
  }

  and(mask: u32, next: Target): Target {
    this.continueWith(next);
    return new Target(this.push(BPF_ALU_AND_K, 0, 0, mask));
  }

  jump(code: u16, constant: u32, yes: Target, no: Target): Target {
    const yesPosition = this.within(yes, LONGEST_JUMP - 1); // the other may need a stepping stone
    const noPosition = this.within(no, LONGEST_JUMP);
    const here = this.backward.length;
    return new Target(this.push(code, here - yesPosition - 1, here - noPosition - 1, constant));
  }

  /** From the first instruction to the last. */
  program(): u64[] {
    return this.backward.slice(0).reverse();
  }

  private continueWith(next: Target): void {
    const distance = this.backward.length - next.position - 1;
    if (distance == 0) return;
    if (next.action >= 0) this.push(BPF_RET_K, 0, 0, <u32>next.action);
    else this.push(BPF_JMP_JA, 0, 0, distance);
  }

  /** Where to jump to for a target, which may be a stepping stone. */
  private within(target: Target, longest: i32): i32 {
    const distance = this.backward.length - target.position - 1;
    if (distance <= longest) return target.position;
    if (target.action < 0) return this.push(BPF_JMP_JA, 0, 0, distance);
    target.position = this.push(BPF_RET_K, 0, 0, <u32>target.action);
    return target.position;
  }

  private push(code: u16, jumpTrue: i32, jumpFalse: i32, constant: u32): i32 {
    this.backward.push(<u64>code | ((<u64>jumpTrue) << 16) | ((<u64>jumpFalse) << 24) | ((<u64>constant) << 32));
    return this.backward.length - 1;
  }
}
