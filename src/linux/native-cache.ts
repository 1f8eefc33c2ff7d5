// Where the executable keeps the native file that it carries. dlopen needs a path, and Bun itself would write the file
// to /tmp anew at each start, where others may prepare what a privileged process then loads.
//
// Unpacked once, into a directory that nobody but root or this user can write:
//
//   /var/lib/orlop                    for root; /run is mounted noexec on Debian
//   ${XDG_CACHE_HOME:-~/.cache}/orlop for others, and for a root that does not own the first, as in a user namespace
//   ${XDG_RUNTIME_DIR}/orlop-native   for whom an engine has left neither of the two, as rootless Podman does
//
// Checked again before each use. The check is only sound because none but the trusted can rename anything in there.

import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { OrlopError } from '../error.ts';
import type { EmbeddedFile } from './native.ts';
import { isInUserNamespace } from './user-namespace.ts';

/** Path of the file, after unpacking it where that has not been done before. */
export function unpacked(file: EmbeddedFile): string {
  const euid = (process.geteuid as () => number)();
  const problems: string[] = [];
  for (const directory of directories(euid)) {
    const path = `${directory}/${file.name}`;
    try {
      if (!isPresent(directory, path, file.size, euid)) unpack(directory, path, file, euid);
      return path;
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  const why = problems.join('; ') || 'neither XDG_CACHE_HOME nor HOME nor XDG_RUNTIME_DIR is set';
  throw new OrlopError('linux/dlopen', `no safe place for ${file.name}: ${why}`, {
    hint:
      euid === 0
        ? 'make /var/lib/orlop a directory that only root can write, on a file system not mounted noexec'
        : 'set XDG_CACHE_HOME to a directory that only you can write',
  });
}

const SHARED = '/var/lib/orlop';

function* directories(euid: number): Generator<string> {
  if (euid === 0) yield SHARED;
  const { XDG_CACHE_HOME, HOME, XDG_RUNTIME_DIR } = process.env;
  // The XDG specification: a relative path is invalid and ignored.
  if (XDG_CACHE_HOME?.startsWith('/')) yield `${XDG_CACHE_HOME}/orlop`;
  else if (HOME?.startsWith('/')) yield `${HOME}/.cache/orlop`;
  else if (XDG_RUNTIME_DIR?.startsWith('/')) yield `${XDG_RUNTIME_DIR}/orlop-native`;
}

/** False when it has to be unpacked; throws when somebody else could have had a hand in it. */
function isPresent(directory: string, path: string, size: number, euid: number): boolean {
  const parent = lstatSync(directory, { throwIfNoEntry: false });
  if (parent === undefined) return false;
  if (!parent.isDirectory()) throw new Error(`${directory} is not a directory`);
  checkOwner(directory, parent, euid);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (!found.isFile()) throw new Error(`${path} is not a regular file`);
  checkOwner(path, found, euid);
  return found.size === size; // shorter after a crash: replaced
}

function checkOwner(path: string, { uid, mode }: Stats, euid: number): void {
  if (uid !== 0 && uid !== euid && !isRootsOutside(path, uid)) throw new Error(`${path} belongs to uid ${uid}`);
  if ((mode & 0o022) !== 0) throw new Error(`${path} is writable for others (mode ${(mode & 0o777).toString(8)})`);
}

/**
 * In a user namespace the machine's root is nobody. What is below /var/lib is his all the same: nobody else makes a
 * directory there.
 */
function isRootsOutside(path: string, uid: number): boolean {
  if (!path.startsWith(SHARED) || !isInUserNamespace()) return false;
  const nobody = Number(readFileSync('/proc/sys/kernel/overflowuid', 'utf8'));
  return uid === nobody && lstatSync('/var/lib').uid === nobody;
}

/** Under another name first, so that nobody ever sees half of it. */
function unpack(directory: string, path: string, file: EmbeddedFile, euid: number): void {
  mkdirSync(directory, { recursive: true, mode: euid === 0 ? 0o755 : 0o700 });
  isPresent(directory, path, file.size, euid); // mkdir may have met a directory of somebody else
  const content = readFileSync(`/$bunfs/root/${file.name}`);
  const temporary = `${directory}/.${file.name}.${process.pid}.${Date.now()}`;
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    for (let done = 0; done < content.length; ) done += writeSync(fd, content, done);
    fchmodSync(fd, 0o555);
    fsyncSync(fd); // a rename may reach the disk before the content does
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  } finally {
    closeSync(fd);
  }
}
