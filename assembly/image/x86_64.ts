import { Assembler } from './assembler';
import { Call } from './calls';
import { EAGAIN } from './errno';
import { Label } from './label';
import {
  ANY_ERROR,
  FAILURE_ERRNO,
  FAILURE_ROW,
  KIND_AGAIN,
  KIND_BRANCH,
  ROW_ARGUMENTS,
  ROW_ERRNO,
  ROW_ERRNO_2,
  ROW_KIND,
  ROW_LOADS,
  ROW_SIZE,
  ROW_STORE,
  ROW_TARGET,
  ROWS_ADDRESS,
} from './layout';

/** All that orlop knows of x86_64. Another architecture is another file with the same exports. */
export const MACHINE = 'x86_64';
/** elf.h: EM_X86_64 */
export const ELF_MACHINE: u16 = 62;
export const PAGE_SIZE: u32 = 4096;

/** asm-generic/fcntl.h; other architectures have other numbers for these two */
export const O_DIRECTORY: u64 = 0o200000;
export const O_NOFOLLOW: u64 = 0o400000;

/** arch/x86/include/uapi/asm/stat.h: offsets in struct stat */
export const STAT_INO: u32 = 8;
export const STAT_MODE: u32 = 24;
export const STAT_RDEV: u32 = 40;
export const STAT_SIZE: u32 = 144;

/** arch/x86/include/uapi/asm/statfs.h, asm-generic/statfs.h */
export const STATFS_TYPE: u32 = 0;
export const STATFS_SIZE: u32 = 120;

/** Numbers of arch/x86/entry/syscalls/syscall_64.tbl. */
export function callNumber(call: Call): u16 {
  switch (call) {
    case Call.CAPSET:
      return 126;
    case Call.CHDIR:
      return 80;
    case Call.CHROOT:
      return 161;
    case Call.CLONE:
      return 56;
    case Call.CLONE3:
      return 435;
    case Call.CLOSE:
      return 3;
    case Call.CLOSE_RANGE:
      return 436;
    case Call.DUP:
      return 32;
    case Call.DUP3:
      return 292;
    case Call.EXECVE:
      return 59;
    case Call.EXIT_GROUP:
      return 231;
    case Call.FACCESSAT2:
      return 439;
    case Call.FCHDIR:
      return 81;
    case Call.FCHMODAT:
      return 268;
    case Call.FCHOWNAT:
      return 260;
    case Call.FSCONFIG:
      return 431;
    case Call.FSETXATTR:
      return 190;
    case Call.FSMOUNT:
      return 432;
    case Call.FSOPEN:
      return 430;
    case Call.FSPICK:
      return 433;
    case Call.FSTATFS:
      return 138;
    case Call.IOCTL:
      return 16;
    case Call.IOPRIO_SET:
      return 251;
    case Call.KEYCTL:
      return 250;
    case Call.LSEEK:
      return 8;
    case Call.MEMFD_CREATE:
      return 319;
    case Call.MKDIRAT:
      return 258;
    case Call.MKNODAT:
      return 259;
    case Call.MOUNT:
      return 165;
    case Call.MOUNT_SETATTR:
      return 442;
    case Call.MOVE_MOUNT:
      return 429;
    case Call.NEWFSTATAT:
      return 262;
    case Call.OPENAT2:
      return 437;
    case Call.OPEN_TREE:
      return 428;
    case Call.PERSONALITY:
      return 135;
    case Call.PIDFD_SEND_SIGNAL:
      return 424;
    case Call.PIVOT_ROOT:
      return 155;
    case Call.PPOLL:
      return 271;
    case Call.PRCTL:
      return 157;
    case Call.PRLIMIT64:
      return 302;
    case Call.READ:
      return 0;
    case Call.READLINKAT:
      return 267;
    case Call.RECVMSG:
      return 47;
    case Call.RT_SIGACTION:
      return 13;
    case Call.RT_SIGPROCMASK:
      return 14;
    case Call.SCHED_SETAFFINITY:
      return 203;
    case Call.SCHED_SETATTR:
      return 314;
    case Call.SECCOMP:
      return 317;
    case Call.SENDMSG:
      return 46;
    case Call.SETDOMAINNAME:
      return 171;
    case Call.SETGROUPS:
      return 116;
    case Call.SETHOSTNAME:
      return 170;
    case Call.SETNS:
      return 308;
    case Call.SETRESGID:
      return 119;
    case Call.SETRESUID:
      return 117;
    case Call.SETSID:
      return 112;
    case Call.SET_MEMPOLICY:
      return 238;
    case Call.SOCKET:
      return 41;
    case Call.SOCKETPAIR:
      return 53;
    case Call.SYMLINKAT:
      return 266;
    case Call.UMASK:
      return 95;
    case Call.UMOUNT2:
      return 166;
    case Call.UNLINKAT:
      return 263;
    case Call.UNSHARE:
      return 272;
    case Call.WAIT4:
      return 61;
    case Call.WRITE:
      return 1;
    case Call.WRITEV:
      return 20;
    case Call.RT_SIGTIMEDWAIT:
      return 128;
    case Call.KILL:
      return 62;
    case Call.WAITID:
      return 247;
    case Call.SETPGID:
      return 109;
    case Call.GETPID:
      return 39;
    default:
      assert(false, 'a call without a number');
      return 0;
  }
}

/** Register numbers as the instruction set encodes them. */
enum Register {
  RAX = 0,
  RCX = 1,
  RDX = 2,
  RBX = 3,
  RSI = 6,
  RDI = 7,
  R8 = 8,
  R9 = 9,
  R10 = 10,
}

const NAMES: string[] = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di', 'r8', 'r9', 'r10'];

function name(register: i32, isWide: bool): string {
  if (register >= 8) return isWide ? NAMES[register] : `${NAMES[register]}d`;
  return (isWide ? 'r' : 'e') + NAMES[register];
}

/** The dozen instruction forms that the interpreter needs, encoded as in the Intel manual, volume 2. */
class X86Assembler extends Assembler {
  /** mov r32, imm32 */
  moveImmediate(register: i32, value: u32): void {
    this.instruction(`mov ${name(register, false)}, 0x${value.toString(16)}`);
    this.byte(0xb8 + register);
    this.word(value);
  }

  /** mov r64, [base + offset] (REX.W 8B /r, disp8); with isWide false: mov r32, … */
  load(register: i32, base: i32, offset: i32, isWide: bool = true): void {
    this.instruction(`mov ${name(register, isWide)}, [${name(base, true)}${offset == 0 ? '' : `+${offset}`}]`);
    this.prefix(register, base, isWide);
    this.byte(0x8b);
    this.modrm(1, register, base);
    this.byte(offset);
  }

  /** movzx r32, word [base + offset] (0F B7 /r, disp8) */
  loadWord(register: i32, base: i32, offset: i32): void {
    this.instruction(`movzx ${name(register, false)}, word [${name(base, true)}+${offset}]`);
    this.byte(0x0f);
    this.byte(0xb7);
    this.modrm(1, register, base);
    this.byte(offset);
  }

  /** test byte [base + offset], imm8 (F6 /0, disp8) */
  testByte(base: i32, offset: i32, mask: i32): void {
    this.instruction(`test byte [${name(base, true)}+${offset}], ${mask}`);
    this.byte(0xf6);
    this.modrm(1, 0, base);
    this.byte(offset);
    this.byte(mask);
  }

  /** mov [base], r64 (REX.W 89 /r) */
  store(base: i32, register: i32): void {
    this.instruction(`mov [${name(base, true)}], ${name(register, true)}`);
    this.prefix(register, base, true);
    this.byte(0x89);
    this.modrm(0, register, base);
  }

  /** mov [imm32], r64 (REX.W 89 /r with a SIB byte that names no register) */
  storeAt(address: u32, register: i32): void {
    this.instruction(`mov [0x${address.toString(16)}], ${name(register, true)}`);
    this.prefix(register, 0, true);
    this.byte(0x89);
    this.modrm(0, register, 4);
    this.byte(0x25);
    this.word(address);
  }

  /** op r64, [base + offset] for and (23) and cmp (3B) */
  withMemory(operation: string, opcode: i32, register: i32, base: i32, offset: i32): void {
    this.instruction(`${operation} ${name(register, true)}, [${name(base, true)}+${offset}]`);
    this.prefix(register, base, true);
    this.byte(opcode);
    this.modrm(1, register, base);
    this.byte(offset);
  }

  /** cmp rax, imm32, sign-extended (REX.W 3D) */
  compareResult(value: i32): void {
    this.instruction(`cmp rax, ${value}`);
    this.byte(0x48);
    this.byte(0x3d);
    this.word(<u32>value);
  }

  /** cmp ecx, imm32 (81 /7) */
  compareErrno(value: u32): void {
    this.instruction(`cmp ecx, 0x${value.toString(16)}`);
    this.byte(0x81);
    this.modrm(3, 7, Register.RCX);
    this.word(value);
  }

  /** cmp eax, imm8 (83 /7) */
  compareResultErrno(value: i32): void {
    this.instruction(`cmp eax, ${value}`);
    this.byte(0x83);
    this.modrm(3, 7, Register.RAX);
    this.byte(value);
  }

  /** add rbx, imm8 (REX.W 83 /0) */
  advance(count: i32): void {
    this.instruction(`add rbx, ${count}`);
    this.byte(0x48);
    this.byte(0x83);
    this.modrm(3, 0, Register.RBX);
    this.byte(count);
  }

  /** one-byte and two-byte forms without operands of ours */
  plain(text: string, first: i32, second: i32): void {
    this.instruction(text);
    this.byte(first);
    this.byte(second);
  }

  jump(label: Label): void {
    this.instruction(`jmp ${label.name}`);
    this.byte(0xe9);
    this.distance(label);
  }

  /** je (84), jz (84), jne (85), jnz (85), ja (87) with a 32-bit distance */
  jumpIf(condition: string, opcode: i32, label: Label): void {
    this.instruction(`${condition} ${label.name}`);
    this.byte(0x0f);
    this.byte(opcode);
    this.distance(label);
  }

  /** REX: W for 64 bits, R and B for the registers from r8 */
  private prefix(register: i32, base: i32, isWide: bool): void {
    const rex = 0x40 | (isWide ? 8 : 0) | (register >= 8 ? 4 : 0) | (base >= 8 ? 1 : 0);
    if (rex != 0x40) this.byte(rex);
  }

  private modrm(mode: i32, register: i32, base: i32): void {
    this.byte((mode << 6) | ((register & 7) << 3) | (base & 7));
  }
}

const JE = 0x84;
const JNE = 0x85;
const JA = 0x87;

/** The interpreter: rbx walks the rows (layout.ts). Kernel calls keep every register but rax, rcx and r11. */
export function interpreter(): Assembler {
  const code = new X86Assembler();
  const next = new Label('next');
  const advance = new Label('advance');
  const branch = new Label('branch');
  const failed = new Label('failed');
  const final = new Label('final');
  const go = new Label('go');

  // rbx = the first row
  code.moveImmediate(Register.RBX, ROWS_ADDRESS);
  code.place(next);
  code.testByte(Register.RBX, ROW_KIND, KIND_BRANCH);
  code.jumpIf('jnz', JNE, branch);

  const registers: i32[] = [Register.RDI, Register.RSI, Register.RDX, Register.R10, Register.R8, Register.R9];
  for (let index = 0; index < registers.length; index++) {
    const immediate = new Label(`argument_${index}`);
    code.load(registers[index], Register.RBX, ROW_ARGUMENTS + 8 * index);
    code.testByte(Register.RBX, ROW_LOADS, 1 << index);
    code.jumpIf('jz', JE, immediate);
    code.load(registers[index], registers[index], 0);
    code.place(immediate);
  }
  code.loadWord(Register.RAX, Register.RBX, 0);
  code.plain('syscall', 0x0f, 0x05);

  const unstored = new Label('unstored');
  code.load(Register.RCX, Register.RBX, ROW_STORE, false);
  code.plain('test ecx, ecx', 0x85, 0xc9);
  code.jumpIf('jz', JE, unstored);
  code.store(Register.RCX, Register.RAX);
  code.place(unstored);
  code.compareResult(-4096);
  code.jumpIf('ja', JA, failed);
  code.place(advance);
  code.advance(ROW_SIZE);
  code.jump(next);

  // errno = -rax: asked for again, tolerated, or on with the failure rows, which the target of row 0 names
  code.place(failed);
  code.plain('neg eax', 0xf7, 0xd8);
  code.compareResultErrno(EAGAIN);
  code.jumpIf('jne', JNE, final);
  code.testByte(Register.RBX, ROW_KIND, KIND_AGAIN);
  code.jumpIf('jnz', JNE, next);
  code.place(final);
  code.loadWord(Register.RCX, Register.RBX, ROW_ERRNO);
  code.plain('cmp ecx, eax', 0x39, 0xc1);
  code.jumpIf('je', JE, go);
  code.compareErrno(ANY_ERROR);
  code.jumpIf('je', JE, go);
  code.loadWord(Register.RCX, Register.RBX, ROW_ERRNO_2);
  code.plain('cmp ecx, eax', 0x39, 0xc1);
  code.jumpIf('je', JE, go);
  code.storeAt(FAILURE_ROW, Register.RBX);
  code.storeAt(FAILURE_ERRNO, Register.RAX);
  code.moveImmediate(Register.RBX, ROWS_ADDRESS);
  code.place(go);
  code.load(Register.RBX, Register.RBX, ROW_TARGET, false);
  code.jump(next);

  // (cell & mask) == value
  code.place(branch);
  code.load(Register.RDI, Register.RBX, ROW_ARGUMENTS);
  code.load(Register.RDI, Register.RDI, 0);
  code.withMemory('and', 0x23, Register.RDI, Register.RBX, ROW_ARGUMENTS + 8);
  code.withMemory('cmp', 0x3b, Register.RDI, Register.RBX, ROW_ARGUMENTS + 16);
  code.jumpIf('je', JE, go);
  code.jump(advance);

  code.resolve();
  return code;
}
