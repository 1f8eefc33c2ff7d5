import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { OrlopError } from '../../error.ts';
import { naming } from '../../linux/file-error.ts';

/**
 * Gives a file another content, whole or not at all: whoever reads it, and a crash at any moment, meets the old one or the
 * new one. Owner and mode stay; of a link it is the file that it leads to.
 */
export function replaceFile(file: string, content: Uint8Array): void {
  const target = naming(file, undefined, () => realpathSync(file));
  const status = naming(target, undefined, () => statSync(target));
  if (!status.isFile()) {
    throw new OrlopError('usage/invalid', `--fix ${file}: not a plain file`, { hint: 'name the file itself' });
  }
  const temporary = `${target}.${process.pid}.new`;
  const fd = naming(temporary, undefined, () => openSync(temporary, 'wx', 0o600));
  try {
    try {
      naming(temporary, undefined, () => fill(fd, content, status));
    } finally {
      closeSync(fd);
    }
    naming(target, undefined, () => renameSync(temporary, target));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function fill(fd: number, content: Uint8Array, { uid, gid, mode }: Stats): void {
  for (let at = 0; at < content.length; ) at += writeSync(fd, content, at);
  const own = fstatSync(fd);
  if (own.uid !== uid || own.gid !== gid) fchownSync(fd, uid, gid);
  // Last: a change of the owner takes the setuid bit away, and there would be a moment with the wrong one.
  fchmodSync(fd, mode & 0o7777);
  fsyncSync(fd);
}
