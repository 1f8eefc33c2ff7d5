/**
 * Which devices a cgroup may use, as the program of version 2 that decides it: BPF_PROG_TYPE_CGROUP_DEVICE of
 * <linux/bpf.h>. The kernel runs it at each mknod and open with
 *
 *   struct bpf_cgroup_dev_ctx { u32 access_type; u32 major; u32 minor; }     access_type is access << 16 | type
 *
 * and takes 1 for yes, 0 for no.
 */

/** BPF_DEVCG_DEV_* */
export const BLOCK: i32 = 1;
export const CHARACTER: i32 = 2;

/** BPF_DEVCG_ACC_* */
export const MKNOD: i32 = 1;
export const READ: i32 = 2;
export const WRITE: i32 = 4;

export const ANY: i64 = -1;

/** What a list that is closed otherwise allows, or one that is open otherwise forbids. */
export class DeviceException {
  constructor(
    public type: i32,
    public major: i64,
    public minor: i64,
    public access: i32,
    public node: i32,
  ) {}
}

// Opcodes: class, operation and source of an instruction, <linux/bpf_common.h> and <linux/bpf.h>
const LOAD_WORD: u8 = 0x61; // BPF_LDX | BPF_MEM | BPF_W
const MOVE_IMMEDIATE: u8 = 0xb4; // BPF_ALU | BPF_MOV | BPF_K
const MOVE: u8 = 0xbc; // BPF_ALU | BPF_MOV | BPF_X
const AND: u8 = 0x54; // BPF_ALU | BPF_AND | BPF_K
const SHIFT_RIGHT: u8 = 0x74; // BPF_ALU | BPF_RSH | BPF_K
const JUMP_IF_EQUAL: u8 = 0x16; // BPF_JMP32 | BPF_JEQ | BPF_K
const JUMP_UNLESS_EQUAL: u8 = 0x56; // BPF_JMP32 | BPF_JNE | BPF_K
const EXIT: u8 = 0x95; // BPF_JMP | BPF_EXIT

// R0 is the answer, R1 the context, and once that is read whatever is needed for a moment.
const ANSWER: u8 = 0;
const CONTEXT: u8 = 1;
const SCRATCH: u8 = 1;
const TYPE: u8 = 2;
const ACCESS: u8 = 3;
const MAJOR: u8 = 4;
const MINOR: u8 = 5;

/** struct bpf_insn, 8 bytes: code, destination | source << 4, offset of a jump or field, immediate. */
export class DeviceFilter {
  code: i64[] = [];
  /** Jumps of the exception at hand to the next one. */
  private pending: i32[] = [];

  /** Decides as the list of version 1 does, security/device_cgroup.c: devcgroup_legacy_check_permission. */
  constructor(isOpen: bool, exceptions: DeviceException[]) {
    this.put(LOAD_WORD, TYPE, CONTEXT, 0, 0);
    this.put(LOAD_WORD, MAJOR, CONTEXT, 4, 0);
    this.put(LOAD_WORD, MINOR, CONTEXT, 8, 0);
    this.put(MOVE, ACCESS, TYPE, 0, 0);
    this.put(SHIFT_RIGHT, ACCESS, 0, 0, 16);
    this.put(AND, TYPE, 0, 0, 0xffff);
    for (let index = 0; index < exceptions.length; index++) this.except(isOpen, exceptions[index]);
    this.answer(isOpen);
  }

  private except(isOpen: bool, exception: DeviceException): void {
    this.nextUnless(TYPE, exception.type);
    if (exception.major != ANY) this.nextUnless(MAJOR, <i32>exception.major);
    if (exception.minor != ANY) this.nextUnless(MINOR, <i32>exception.minor);
    this.put(MOVE, SCRATCH, ACCESS, 0, 0);
    if (isOpen) {
      // Nothing of what is asked for may be forbidden.
      this.put(AND, SCRATCH, 0, 0, exception.access);
      this.next(JUMP_IF_EQUAL, SCRATCH, 0);
    } else {
      // All of it has to be allowed, and by this one exception.
      this.put(AND, SCRATCH, 0, 0, ~exception.access);
      this.next(JUMP_UNLESS_EQUAL, SCRATCH, 0);
    }
    this.answer(!isOpen);
    for (let index = 0; index < this.pending.length; index++) {
      const jump = this.pending[index];
      this.code[jump] |= (<i64>(this.code.length - jump - 1)) << 16;
    }
    this.pending = [];
  }

  private answer(isAllowed: bool): void {
    this.put(MOVE_IMMEDIATE, ANSWER, 0, 0, isAllowed ? 1 : 0);
    this.put(EXIT, 0, 0, 0, 0);
  }

  private nextUnless(register: u8, value: i32): void {
    this.next(JUMP_UNLESS_EQUAL, register, value);
  }

  private next(jump: u8, register: u8, value: i32): void {
    this.pending.push(this.code.length);
    this.put(jump, register, 0, 0, value);
  }

  private put(operation: u8, destination: u8, source: u8, offset: i16, immediate: i32): void {
    const registers = destination | (source << 4);
    this.code.push(
      <i64>operation | ((<i64>registers) << 8) | ((<i64>offset & 0xffff) << 16) | ((<i64>immediate) << 32),
    );
  }
}
