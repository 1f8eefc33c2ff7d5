// What node:fs says of a call that failed, made complete: its own errors of read and write have no path, and none has a
// way out.

import { OrlopError } from '../error.ts';
import { SyscallError } from './libc.ts';

/** man 3 errno, for paths. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not do that: be root',
  EPERM: 'this user may not do that, or the file is immutable (lsattr)',
  EROFS: 'its filesystem is read-only: mount -o remount,rw makes it writable',
  ENOSPC: 'its filesystem is full: make room there',
  EDQUOT: 'the quota is used up: make room there',
  ENOENT: 'the file, or a directory on the way to it, is missing: make it',
  ENOTDIR: 'a part of the path is no directory',
  EISDIR: 'a file is wanted, and this is a directory',
  ELOOP: 'the path has too many symbolic links',
  ENAMETOOLONG: 'the path or a name in it is too long: a name has 255 bytes at most',
  EMFILE: 'this process has too many files open: raise "ulimit -n"',
  ENFILE: 'the machine has too many files open: see /proc/sys/fs/file-max',
};

/** What an errno of a path means, as a sentence. */
export function reasonOf(code: string | undefined): string | undefined {
  return REASONS[code ?? ''];
}

/**
 * `file` is what the call was about, if it does not say so itself; `option` the one that names another place. What is no
 * error of a call stays as it is.
 */
export function fileError(error: unknown, file?: string, option?: string): unknown {
  const other = option === undefined ? undefined : `name another place with ${option}`;
  if (error instanceof SyscallError && error.hint === undefined) {
    return new OrlopError(error.code, error.message, { hint: hintOf(error.errno, other), cause: error.cause });
  }
  const { code, syscall, path, dest } = error as NodeJS.ErrnoException & { dest?: string };
  if (error instanceof OrlopError || code === undefined || syscall === undefined) return error;
  const paths = [path ?? file, dest].filter((one) => one !== undefined).map((one) => JSON.stringify(one));
  return new OrlopError(`linux/${syscall}`, `${syscall}(${paths.join(', ')}) failed: ${code}`, {
    hint: hintOf(code, other),
    cause: error,
  });
}

function hintOf(code: string, other: string | undefined): string | undefined {
  const reason = reasonOf(code);
  return reason === undefined || other === undefined ? (reason ?? other) : `${reason}, or ${other}`;
}

/** Does it; a failure is an error that tells the file. */
export function naming<T>(file: string, option: string | undefined, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw fileError(error, file, option);
  }
}
