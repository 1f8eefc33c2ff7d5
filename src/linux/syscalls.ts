// System calls that C libraries of the supported age have no function for, through syscall(2).
//
// syscall(2) is variadic; a fixed-arity prototype per shape is passed in the same registers on x86_64 and aarch64 and
// is cheaper for koffi. From 424 on, numbers are the same on every architecture: <asm-generic/unistd.h>.

import { declare, type Pointer } from './libc.ts';

const SYS_bpf = process.arch === 'arm64' ? 280 : 321;
const SYS_pidfd_send_signal = 424;
const SYS_pidfd_open = 434;
const SYS_close_range = 436;
const SYS_openat2 = 437;
const SYS_pidfd_getfd = 438;

const fromIntInt = declare<(nr: number, a: number, b: number) => number>('int64_t syscall(int64_t, int, unsigned int)');
const fromIntIntInt = declare<(nr: number, a: number, b: number, c: number) => number>(
  'int64_t syscall(int64_t, int, int, unsigned int)',
);
const fromIntIntPointerInt = declare<(nr: number, a: number, b: number, c: Pointer, d: number) => number>(
  'int64_t syscall(int64_t, int, int, void *, unsigned int)',
);
const fromRange = declare<(nr: number, first: number, last: number, flags: number) => number>(
  'int64_t syscall(int64_t, unsigned int, unsigned int, unsigned int)',
);
const fromPath = declare<(nr: number, dirfd: number, path: string, how: Pointer, size: number) => number>(
  'int64_t syscall(int64_t, int, const char *, void *, size_t)',
);
const fromIntPointerInt = declare<(nr: number, a: number, b: Pointer, c: number) => number>(
  'int64_t syscall(int64_t, int, void *, unsigned int)',
);

export const bpf = (command: number, attributes: Pointer, size: number): number =>
  fromIntPointerInt(SYS_bpf, command, attributes, size);
export const pidfd_open = (pid: number, flags: number): number => fromIntInt(SYS_pidfd_open, pid, flags);
export const pidfd_send_signal = (pidfd: number, signal: number, info: Pointer, flags: number): number =>
  fromIntIntPointerInt(SYS_pidfd_send_signal, pidfd, signal, info, flags);
export const pidfd_getfd = (pidfd: number, fd: number, flags: number): number =>
  fromIntIntInt(SYS_pidfd_getfd, pidfd, fd, flags);
export const close_range = (first: number, last: number, flags: number): number =>
  fromRange(SYS_close_range, first, last, flags);
export const openat2 = (dirfd: number, path: string, how: Pointer, size: number): number =>
  fromPath(SYS_openat2, dirfd, path, how, size);
