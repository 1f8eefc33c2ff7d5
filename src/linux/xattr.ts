// man 7 xattr, of a path of bytes that need not be UTF-8. A link at its end is not followed.

import { ENODATA } from './errno.ts';
import { declare, invoke, isErrno, lastErrno, type Pointer, syscallError } from './libc.ts';

const llistxattr_ = declare<(path: Pointer, list: Pointer, size: number) => number>(
  'int64_t llistxattr(void *, void *, size_t)',
);
const lgetxattr_ = declare<(path: Pointer, name: string, value: Pointer, size: number) => number>(
  'int64_t lgetxattr(void *, const char *, void *, size_t)',
);
const lsetxattr_ = declare<(path: Pointer, name: string, value: Pointer, size: number, flags: number) => number>(
  'int lsetxattr(void *, const char *, void *, size_t, int)',
);

/** <linux/limits.h>: XATTR_LIST_MAX and XATTR_SIZE_MAX */
const MAX = 65536;
let block: Buffer | undefined;

/** Their names; none on a filesystem that has no attributes. */
export function listAttributes(path: Uint8Array): string[] {
  block ??= Buffer.alloc(MAX);
  const list = block;
  let count: number;
  try {
    count = invoke('llistxattr', [shown(path), { text: '…' }, MAX], () => llistxattr_(terminated(path), list, MAX));
  } catch (error) {
    if (isErrno(error, 'EOPNOTSUPP')) return [];
    throw error;
  }
  return count === 0 ? [] : list.toString('utf8', 0, count - 1).split('\0');
}

/** Undefined if it has gone meanwhile. */
export function getAttribute(path: Uint8Array, name: string): Buffer | undefined {
  const value = Buffer.alloc(MAX);
  const count = lgetxattr_(terminated(path), name, value, MAX);
  if (count >= 0) return value.subarray(0, count);
  const errno = lastErrno();
  if (errno === ENODATA) return undefined;
  throw syscallError('lgetxattr', [shown(path), name], errno);
}

export function setAttribute(path: Uint8Array, name: string, value: Uint8Array): void {
  const args = [shown(path), name, { text: `{${value.length} bytes}` }, 0];
  invoke('lsetxattr', args, () => lsetxattr_(terminated(path), name, value, value.length, 0));
}

const shown = (path: Uint8Array): string => Buffer.from(path).toString();

function terminated(path: Uint8Array): Buffer {
  return Buffer.concat([path, Buffer.of(0)]);
}
