import type { Words } from './words.ts';

/** The module has their names: whoever completes gets them from there. */
export const SYSCALLS: Words = {};

/** man 2 seccomp */
export const ACTIONS: Words = {
  SCMP_ACT_KILL: 'Ends the thread: the old name of SCMP_ACT_KILL_THREAD.',
  SCMP_ACT_KILL_PROCESS: 'Ends the process.',
  SCMP_ACT_KILL_THREAD: 'Ends the thread, and leaves a process that may hang.',
  SCMP_ACT_TRAP: 'Sends SIGSYS.',
  SCMP_ACT_ERRNO: 'Fails with an errno.',
  SCMP_ACT_TRACE: 'Asks the tracer; without one, fails with ENOSYS.',
  SCMP_ACT_ALLOW: 'Is carried out.',
  SCMP_ACT_LOG: 'Is carried out, and logged.',
  SCMP_ACT_NOTIFY: 'Waits for what the agent at `listenerPath` says.',
};

export const ARCHITECTURES: Words = {
  SCMP_ARCH_X86: 'Intel and AMD, 32 bits.',
  SCMP_ARCH_X86_64: 'Intel and AMD, 64 bits.',
  SCMP_ARCH_X32: 'Intel and AMD, 64 bits with pointers of 32.',
  SCMP_ARCH_ARM: 'ARM, 32 bits.',
  SCMP_ARCH_AARCH64: 'ARM, 64 bits.',
  SCMP_ARCH_LOONGARCH64: 'LoongArch, 64 bits.',
  SCMP_ARCH_M68K: 'Motorola 68000.',
  SCMP_ARCH_MIPS: 'MIPS, 32 bits, big-endian.',
  SCMP_ARCH_MIPS64: 'MIPS, 64 bits, big-endian.',
  SCMP_ARCH_MIPS64N32: 'MIPS, 64 bits with pointers of 32, big-endian.',
  SCMP_ARCH_MIPSEL: 'MIPS, 32 bits, little-endian.',
  SCMP_ARCH_MIPSEL64: 'MIPS, 64 bits, little-endian.',
  SCMP_ARCH_MIPSEL64N32: 'MIPS, 64 bits with pointers of 32, little-endian.',
  SCMP_ARCH_PARISC: 'PA-RISC, 32 bits.',
  SCMP_ARCH_PARISC64: 'PA-RISC, 64 bits.',
  SCMP_ARCH_PPC: 'PowerPC, 32 bits.',
  SCMP_ARCH_PPC64: 'PowerPC, 64 bits, big-endian.',
  SCMP_ARCH_PPC64LE: 'PowerPC, 64 bits, little-endian.',
  SCMP_ARCH_RISCV64: 'RISC-V, 64 bits.',
  SCMP_ARCH_S390: 'IBM Z, 31 bits.',
  SCMP_ARCH_S390X: 'IBM Z, 64 bits.',
  SCMP_ARCH_SH: 'SuperH, little-endian.',
  SCMP_ARCH_SHEB: 'SuperH, big-endian.',
};

export const FILTER_FLAGS: Words = {
  SECCOMP_FILTER_FLAG_TSYNC: 'For all threads at once.',
  SECCOMP_FILTER_FLAG_LOG: 'What is not allowed is logged.',
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 'Leaves the mitigation of speculative store bypass off.',
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 'While the agent decides, only fatal signals interrupt.',
};

/** man 3 seccomp_rule_add */
export const OPERATORS: Words = {
  SCMP_CMP_NE: 'Is not the value.',
  SCMP_CMP_LT: 'Is less than the value.',
  SCMP_CMP_LE: 'Is not more than the value.',
  SCMP_CMP_EQ: 'Is the value.',
  SCMP_CMP_GE: 'Is not less than the value.',
  SCMP_CMP_GT: 'Is more than the value.',
  SCMP_CMP_MASKED_EQ: 'Masked with `value`, is `valueTwo`.',
};
