// Copies what is in a directory into another, both open: the side that is read belongs to a container's image, so every
// step goes through a descriptor of the directory above, with one name and without following a link. Names are bytes.
//
// node:fs reaches them as /proc/self/fd/N/NAME, where N is such a descriptor. A regular file is looked at first and then
// opened through its own descriptor: what is looked at is what is read.

import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { O_PATH } from './constants.ts';
import { mknodat, setTimes } from './file.ts';
import { isErrno } from './libc.ts';
import { getAttribute, listAttributes, setAttribute } from './xattr.ts';

/** Deeper trees would take a descriptor and a frame of the stack for each level: no image has them but to do harm. */
const DEPTH_MAX = 500;
const CHUNK = 1 << 20;
const LOOK = O_PATH | constants.O_NOFOLLOW;
const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** What went wrong at which path below the directory: the caller knows what the copy was for. */
export class CopyError extends Error {
  constructor(path: Buffer, cause: unknown) {
    const { syscall, code, message } = cause as NodeJS.ErrnoException;
    super(`"${path.toString()}": ${syscall === undefined ? message : `${syscall}: ${code}`}`, { cause });
  }
}

/** Modes, owners, times and extended attributes of directories, files, links, devices, FIFOs and sockets. The directory itself keeps its own. */
export function copyTree(from: number, to: number): void {
  copyEntries(from, to, Buffer.alloc(0), 0);
}

/** Mode, owner, times and extended attributes of the directory itself. */
export function copyAttributes(from: number, to: number, kept: { mode: boolean; uid: boolean; gid: boolean }): void {
  const wanted = fstatSync(from, { bigint: true });
  const fd = openSync(`/proc/self/fd/${to}`, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fchownSync(fd, kept.uid ? -1 : Number(wanted.uid), kept.gid ? -1 : Number(wanted.gid));
    if (!kept.mode) fchmodSync(fd, Number(wanted.mode) & 0o7777);
    const here = Buffer.from('.');
    copyExtended(at(from, here), at(to, here));
    setTimes(fd, '.', wanted);
  } finally {
    closeSync(fd);
  }
}

function copyEntries(from: number, to: number, path: Buffer, depth: number): void {
  for (const name of readdirSync(`/proc/self/fd/${from}`, { encoding: 'buffer' })) {
    const below = path.length === 0 ? name : Buffer.concat([path, Buffer.from('/'), name]);
    try {
      if (depth === DEPTH_MAX) throw new Error(`the directory is more than ${DEPTH_MAX} levels deep`);
      copyEntry(from, to, name, below, depth);
    } catch (cause) {
      throw cause instanceof CopyError ? cause : new CopyError(below, cause);
    }
  }
}

function copyEntry(from: number, to: number, name: Buffer, path: Buffer, depth: number): void {
  const source = at(from, name);
  const target = at(to, name);
  const fd = openSync(source, LOOK);
  try {
    const stat = fstatSync(fd, { bigint: true });
    const [uid, gid] = [Number(stat.uid), Number(stat.gid)];
    if (stat.isDirectory()) {
      mkdirSync(target, 0o700);
      withFd(target, DIRECTORY, 0, (made) => {
        copyEntries(fd, made, path, depth + 1);
        own(made, stat);
      });
    } else if (stat.isFile()) {
      withFd(
        target,
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
        0o600,
        (made) => {
          withFd(`/proc/self/fd/${fd}`, constants.O_RDONLY, 0, (opened) => copyBytes(opened, made));
          own(made, stat);
        },
      );
    } else if (stat.isSymbolicLink()) {
      symlinkSync(readlinkSync(source, { encoding: 'buffer' }), target);
      lchownSync(target, uid, gid);
    } else {
      mknodat(to, name, Number(stat.mode), stat.rdev);
      lchownSync(target, uid, gid);
      // Nobody else can reach the new directory: this is what has just been made, and no link.
      chmodSync(target, Number(stat.mode) & 0o7777);
    }
    // Behind the owner, whose change takes file capabilities away.
    copyExtended(source, target);
    setTimes(to, name, stat);
  } finally {
    closeSync(fd);
  }
}

/**
 * Access lists, labels, file capabilities and the user's own. What the new filesystem has no place for stays behind, and
 * so does what only a greater power may give: capabilities that are left out give none.
 */
function copyExtended(from: Buffer, to: Buffer): void {
  for (const name of listAttributes(from)) {
    const value = getAttribute(from, name);
    try {
      if (value) setAttribute(to, name, value);
    } catch (error) {
      const isRefused = isErrno(error, 'EOPNOTSUPP') || (name.startsWith('security.') && isErrno(error, 'EPERM'));
      if (!isRefused) throw error;
    }
  }
}

function at(directory: number, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${directory}/`), name]);
}

function withFd(path: string | Buffer, flags: number, mode: number, use: (fd: number) => void): void {
  const fd = openSync(path, flags, mode);
  try {
    use(fd);
  } finally {
    closeSync(fd);
  }
}

/** The owner first: a change of owner takes set-user-ID away. */
function own(fd: number, stat: BigIntStats): void {
  fchownSync(fd, Number(stat.uid), Number(stat.gid));
  fchmodSync(fd, Number(stat.mode) & 0o7777);
}

function copyBytes(from: number, to: number): void {
  const chunk = Buffer.allocUnsafe(CHUNK);
  for (let count = readSync(from, chunk); count > 0; count = readSync(from, chunk)) {
    for (let done = 0; done < count; ) done += writeSync(to, chunk, done, count - done);
  }
}
