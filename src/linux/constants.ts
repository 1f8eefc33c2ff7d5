// Flags that several files here and their callers share.

import { constants } from 'node:os';

// <asm-generic/fcntl.h>; O_DIRECTORY, O_NOFOLLOW, O_DIRECT and O_LARGEFILE differ on aarch64: <asm/fcntl.h>
const isArm64 = process.arch === 'arm64';
export const O_RDONLY = 0o0;
export const O_WRONLY = 0o1;
export const O_RDWR = 0o2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_NOCTTY = 0o400;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_DIRECTORY = isArm64 ? 0o40000 : 0o200000;
export const O_NOFOLLOW = isArm64 ? 0o100000 : 0o400000;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;
export const O_FLAGS = {
  O_WRONLY,
  O_RDWR,
  O_CREAT,
  O_EXCL,
  O_NOCTTY,
  O_TRUNC,
  O_APPEND,
  O_NONBLOCK,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_CLOEXEC,
  O_PATH,
} as const;

export const AT_FDCWD = -100; // <linux/fcntl.h>

/** Numbers of the standard signals on this architecture: <asm-generic/signal.h>. */
export const SIGNALS: Readonly<Record<string, number>> = constants.signals;
