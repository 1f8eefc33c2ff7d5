// File descriptors: what node:fs does not offer. Every descriptor made here is close-on-exec.

import { AT_FDCWD, O_CLOEXEC, O_FLAGS, O_NONBLOCK } from './constants.ts';
import { EINVAL } from './errno.ts';
import {
  type Argument,
  declare,
  flagNames,
  invoke,
  isErrno,
  lastErrno,
  type Pointer,
  syscallError,
  withoutNul,
} from './libc.ts';
import * as syscalls from './syscalls.ts';

type Path = string;

const close_ = declare<(fd: number) => number>('int close(int)');
const fcntl_ = declare<(fd: number, command: number, argument: number) => number>('int fcntl(int, int, int)');
const read_ = declare<(fd: number, bytes: Pointer, length: number) => number>('int64_t read(int, void *, size_t)');
const write_ = declare<(fd: number, bytes: Pointer, length: number) => number>('int64_t write(int, void *, size_t)');
const pipe2_ = declare<(fds: Pointer, flags: number) => number>('int pipe2(void *, int)');
const memfd_create_ = declare<(name: string, flags: number) => number>('int memfd_create(const char *, unsigned int)');
const mkdirat_ = declare<(dirfd: number, path: Path, mode: number) => number>(
  'int mkdirat(int, const char *, unsigned int)',
);
const unlinkat_ = declare<(dirfd: number, path: Path, flags: number) => number>('int unlinkat(int, const char *, int)');
const readlinkat_ = declare<(dirfd: number, path: Path, target: Pointer, size: number) => number>(
  'int64_t readlinkat(int, const char *, void *, size_t)',
);
const mkfifo_ = declare<(path: Path, mode: number) => number>('int mkfifo(const char *, unsigned int)');
const mknodat_ = declare<(dirfd: number, path: Pointer, mode: number, device: bigint) => number>(
  'int mknodat(int, void *, unsigned int, uint64_t)',
);
const utimensat_ = declare<(dirfd: number, path: Pointer, times: Pointer, flags: number) => number>(
  'int utimensat(int, void *, void *, int)',
);
const flock_ = declare<(fd: number, operation: number) => number>('int flock(int, int)');

/** After EINTR the descriptor is closed already, so close(2) is never repeated. */
export function close(fd: number): void {
  if (close_(fd) === -1) throw syscallError('close', [fd], lastErrno());
}

export function read(fd: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  const count = invoke('read', [fd, { text: '…' }, length], () => read_(fd, bytes, length));
  return bytes.subarray(0, count);
}

/** Writes all of it. */
export function write(fd: number, data: Uint8Array | string): void {
  let rest: Uint8Array = typeof data === 'string' ? Buffer.from(data) : data;
  while (rest.length > 0) {
    const count = invoke('write', [fd, { text: '…' }, rest.length], () => write_(fd, rest, rest.length));
    rest = rest.subarray(count);
  }
}

/** Of a descriptor that does not wait: how much of it was taken, 0 if nothing can be now. */
export function writeSome(fd: number, data: Uint8Array): number {
  try {
    return invoke('write', [fd, { text: '…' }, data.length], () => write_(fd, data, data.length));
  } catch (error) {
    if (isErrno(error, 'EAGAIN')) return 0;
    throw error;
  }
}

/** Of a descriptor that does not wait: undefined if there is nothing now, empty if nothing will come any more. */
export function readSome(fd: number, length: number): Buffer | undefined {
  try {
    return read(fd, length);
  } catch (error) {
    if (isErrno(error, 'EAGAIN')) return undefined;
    throw error;
  }
}

/** [reader, writer]; neither waits. */
export function pipe(): [number, number] {
  const fds = Buffer.alloc(8);
  const flags = O_CLOEXEC | O_NONBLOCK;
  invoke('pipe2', [{ text: '&fds' }, flagNames(flags, O_FLAGS)], () => pipe2_(fds, flags));
  return [fds.readInt32LE(0), fds.readInt32LE(4)];
}

// <linux/fcntl.h>, <asm-generic/fcntl.h>
const F_GETFD = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const F_ADD_SEALS = 1033;
const F_DUPFD_CLOEXEC = 1030;
const FD_CLOEXEC = 1;

export const F_SEAL_SEAL = 0x1;
export const F_SEAL_SHRINK = 0x2;
export const F_SEAL_GROW = 0x4;
export const F_SEAL_WRITE = 0x8;
const SEALS = { F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE };

function fcntl(fd: number, command: string, number: number, value: number, shown: Argument = value): number {
  return invoke('fcntl', [fd, { text: command }, shown], () => fcntl_(fd, number, value));
}

export function isCloseOnExec(fd: number): boolean {
  return (fcntl(fd, 'F_GETFD', F_GETFD, 0) & FD_CLOEXEC) !== 0;
}

export function setCloseOnExec(fd: number, isSet: boolean): void {
  fcntl(fd, 'F_SETFD', F_SETFD, isSet ? FD_CLOEXEC : 0);
}

/** Whoever else has the same open file, such as the parent of this process, finds it changed too. */
export function setNonBlocking(fd: number): void {
  const flags = fcntl(fd, 'F_GETFL', F_GETFL, 0);
  fcntl(fd, 'F_SETFL', F_SETFL, flags | O_NONBLOCK);
}

/** A copy with the lowest free number that is at least `lowest`. */
export function duplicate(fd: number, lowest = 3): number {
  return fcntl(fd, 'F_DUPFD_CLOEXEC', F_DUPFD_CLOEXEC, lowest);
}

export function addSeals(fd: number, seals: number): void {
  fcntl(fd, 'F_ADD_SEALS', F_ADD_SEALS, seals, flagNames(seals, SEALS));
}

// <linux/memfd.h>
const MFD_CLOEXEC = 0x1;
const MFD_ALLOW_SEALING = 0x2;
const MFD_EXEC = 0x10;
const MFD_FLAGS = { MFD_CLOEXEC, MFD_ALLOW_SEALING, MFD_EXEC };

/** An executable file in memory that can be sealed. */
export function memfdCreate(name: string): number {
  const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC;
  const fd = memfd_create_(withoutNul(name, 'name'), flags);
  if (fd !== -1) return fd;
  const errno = lastErrno();
  const hint = 'vm.memfd_noexec or a security policy may forbid executable memfds';
  if (errno !== EINVAL) throw syscallError('memfd_create', [name, flagNames(flags, MFD_FLAGS)], errno, hint);
  // Kernels before 6.3 do not know MFD_EXEC and make every memfd executable.
  const older = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  return invoke('memfd_create', [name, flagNames(older, MFD_FLAGS)], () => memfd_create_(name, older));
}

/** A file in memory, for what programs read and write. */
export function memoryFile(name: string): number {
  const shown = [name, { text: 'MFD_CLOEXEC' }];
  return invoke('memfd_create', shown, () => memfd_create_(withoutNul(name, 'name'), MFD_CLOEXEC));
}

/** A memfd that holds `image` and can never change again. */
export function sealedMemfd(name: string, image: Uint8Array): number {
  const fd = memfdCreate(name);
  try {
    write(fd, image);
    addSeals(fd, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    return fd;
  } catch (error) {
    close_(fd);
    throw error;
  }
}

// <linux/openat2.h>
export const RESOLVE_NO_XDEV = 0x01;
export const RESOLVE_NO_MAGICLINKS = 0x02;
export const RESOLVE_NO_SYMLINKS = 0x04;
export const RESOLVE_BENEATH = 0x08;
export const RESOLVE_IN_ROOT = 0x10;
const RESOLVE = { RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH, RESOLVE_IN_ROOT };

/** Each is spoilt by another's rename with a chance of one half at most; O_NONBLOCK has an EAGAIN that stays. */
const OPENAT2_ATTEMPTS = 64;

/** `dirfd` may be AT_FDCWD. O_CLOEXEC is added. */
export function openat2(dirfd: number, path: string, flags: number, resolve: number, mode = 0): number {
  const how = Buffer.alloc(24); // struct open_how: flags, mode, resolve; all __u64
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.writeBigUInt64LE(BigInt(mode), 8);
  how.writeBigUInt64LE(BigInt(resolve), 16);
  const parts = [flagNames(flags, O_FLAGS), flagNames(resolve, RESOLVE)].map((part) => (part as { text: string }).text);
  const shown = { text: `{flags=${parts[0]}, mode=0${mode.toString(8)}, resolve=${parts[1]}}` };
  const args = [directory(dirfd), withoutNul(path, 'path'), shown];
  // EAGAIN: something on the machine was renamed while a lookup with `resolve` climbed. Often, if somebody wants that.
  for (let attempt = 1; ; attempt++) {
    try {
      return invoke('openat2', args, () => syscalls.openat2(dirfd, path, how, how.length));
    } catch (error) {
      if (!isErrno(error, 'EAGAIN') || attempt === OPENAT2_ATTEMPTS) throw error;
    }
  }
}

function directory(dirfd: number): Argument {
  return dirfd === AT_FDCWD ? { text: 'AT_FDCWD' } : dirfd;
}

const octal = (mode: number): Argument => ({ text: `0${mode.toString(8)}` });

export function mkdirat(dirfd: number, path: string, mode: number): void {
  invoke('mkdirat', [directory(dirfd), withoutNul(path, 'path'), octal(mode)], () => mkdirat_(dirfd, path, mode));
}

const AT_REMOVEDIR = 0x200; // <linux/fcntl.h>

export function unlinkat(dirfd: number, path: string): void {
  invoke('unlinkat', [directory(dirfd), withoutNul(path, 'path'), 0], () => unlinkat_(dirfd, path, 0));
}

export function rmdirat(dirfd: number, path: string): void {
  invoke('unlinkat', [directory(dirfd), withoutNul(path, 'path'), { text: 'AT_REMOVEDIR' }], () =>
    unlinkat_(dirfd, path, AT_REMOVEDIR),
  );
}

const PATH_MAX = 4096; // <linux/limits.h>: no target is longer

/** Where a symbolic link leads that is open itself, by O_PATH and O_NOFOLLOW. */
export function readLink(fd: number): string {
  const target = Buffer.allocUnsafe(PATH_MAX);
  const shown = [fd, '', { text: '…' }, PATH_MAX];
  const length = invoke('readlinkat', shown, () => readlinkat_(fd, '', target, PATH_MAX));
  return target.toString('utf8', 0, length);
}

export function mkfifo(path: string, mode: number): void {
  invoke('mkfifo', [withoutNul(path, 'path'), octal(mode)], () => mkfifo_(path, mode));
}

/** The umask applies. `device` is as stat tells it. */
export function mknodat(dirfd: number, name: Uint8Array, mode: number, device: bigint): void {
  const shown = [directory(dirfd), Buffer.from(name).toString(), octal(mode), device];
  invoke('mknodat', shown, () => mknodat_(dirfd, terminated(name), mode, device));
}

/** A name of bytes, which need not be UTF-8, as C has it. */
function terminated(name: Uint8Array): Buffer {
  return Buffer.concat([name, Buffer.of(0)]);
}

const AT_SYMLINK_NOFOLLOW = 0x100; // <linux/fcntl.h>

/** Access and modification times, to the nanosecond, of a link itself too. */
export function setTimes(dirfd: number, name: Uint8Array | string, times: { atimeNs: bigint; mtimeNs: bigint }): void {
  const bytes = Buffer.alloc(32); // struct timespec[2]
  [times.atimeNs, times.mtimeNs].forEach((time, index) => {
    const nanoseconds = ((time % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
    bytes.writeBigInt64LE((time - nanoseconds) / NANOSECONDS, 16 * index);
    bytes.writeBigInt64LE(nanoseconds, 16 * index + 8);
  });
  const path = Buffer.from(name);
  const shown = [directory(dirfd), path.toString(), { text: '…' }, { text: 'AT_SYMLINK_NOFOLLOW' }];
  invoke('utimensat', shown, () => utimensat_(dirfd, terminated(path), bytes, AT_SYMLINK_NOFOLLOW));
}

const NANOSECONDS = 1_000_000_000n;

// <asm-generic/fcntl.h>
export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const LOCK_UN = 8;

/** With LOCK_NB, fails with errno EAGAIN when another holds the lock. */
export function flock(fd: number, operation: number): void {
  const shown = flagNames(operation, { LOCK_SH, LOCK_EX, LOCK_NB, LOCK_UN });
  invoke('flock', [fd, shown], () => flock_(fd, operation));
}
