// Paths of the host, element by element: which of them is in the way, and whose it is.

import { accessSync, constants, lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';

/** Whose steps they are: the caller himself, or somebody else by his ids, whom the mode of a file speaks to. */
export interface Walker {
  /** For messages: `user 1000`. */
  name: string;
  isCaller: boolean;
  uid: number;
  gid: number;
}

export interface Blocked {
  /** The first element that is in the way. */
  element: string;
  code: string;
  /** Of a directory that does not let pass. */
  mode?: number;
  owner?: string;
}

export type Walk = { stat: Stats; blocked?: undefined } | { blocked: Blocked };

/** man 7 path_resolution */
const LINKS_MAX = 40;

export function walk(path: string, walker: Walker): Walk {
  const names = path.split('/').filter(Boolean);
  let at = '/';
  let links = 0;
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const directory = statSync(at);
    if (!maySearch(at, directory, walker)) {
      return {
        blocked: { element: at, code: 'EACCES', mode: directory.mode, owner: `${directory.uid}:${directory.gid}` },
      };
    }
    const next = join(at, name);
    let stat: Stats;
    try {
      stat = lstatSync(next);
    } catch (error) {
      return { blocked: { element: next, code: (error as NodeJS.ErrnoException).code ?? '' } };
    }
    if (stat.isSymbolicLink()) {
      if (++links > LINKS_MAX) return { blocked: { element: next, code: 'ELOOP' } };
      let target: string;
      try {
        target = readlinkSync(next);
      } catch (error) {
        // /proc/PID/ns/net of a process that the caller may not look into.
        return { blocked: { element: next, code: (error as NodeJS.ErrnoException).code ?? '' } };
      }
      // Where it leads only the kernel knows.
      if (isMagic(next, target)) return passMagic(next, names);
      if (target.startsWith('/')) at = '/';
      names.unshift(...target.split('/').filter(Boolean));
      continue;
    }
    if (names.length > 0 && !stat.isDirectory()) return { blocked: { element: next, code: 'ENOTDIR' } };
    at = next;
  }
  return { stat: statSync(at) };
}

/** man 5 proc: /proc/PID/ns/net, /proc/PID/root and the like. */
function isMagic(path: string, target: string): boolean {
  return /^\/proc\/.*\/(?:ns\/\w+|root|cwd|exe|fd\/\d+)$/.test(path) || /^\w+:\[\d+\]$/.test(target);
}

function passMagic(path: string, names: string[]): Walk {
  try {
    return { stat: statSync(join(path, ...names)) };
  } catch (error) {
    return { blocked: { element: path, code: (error as NodeJS.ErrnoException).code ?? '' } };
  }
}

function maySearch(path: string, stat: Stats, walker: Walker): boolean {
  if (!walker.isCaller) return may(stat, walker, 1);
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** By the mode alone; `wanted` is 4 to read, 2 to write, 1 to search or execute. */
export function may(stat: Stats, { uid, gid }: Pick<Walker, 'uid' | 'gid'>, wanted: number): boolean {
  const shift = stat.uid === uid ? 6 : stat.gid === gid ? 3 : 0;
  return ((stat.mode >> shift) & wanted) === wanted;
}

/** `drwx------ of 0:0` */
export function modeText(mode: number): string {
  const letters = [...'rwxrwxrwx'].map((letter, index) => ((mode >> (8 - index)) & 1 ? letter : '-')).join('');
  return `${(mode & 0o170000) === 0o040000 ? 'd' : '-'}${letters}`;
}

/** What is in the way, as a sentence. */
export function blockedText(path: string, { element, code, mode, owner }: Blocked, walker: Walker): string {
  if (mode !== undefined) {
    return `${path}: ${walker.name} may not pass ${element}, which is ${modeText(mode)} of ${owner} (${code})`;
  }
  const where = element === path ? '' : `, on the way to ${path}`;
  if (code === 'ENOENT') return `${element} does not exist${where} (ENOENT)`;
  if (code === 'ENOTDIR') return `${element} is no directory${where} (ENOTDIR)`;
  if (code === 'ELOOP') return `${element} is one symbolic link too many${where} (ELOOP)`;
  return `${element} cannot be reached${where} (${code})`;
}

export function blockedHelp({ element, code, mode }: Blocked, walker: Walker): string {
  if (mode !== undefined) return `chmod +x ${element}, or keep it where ${walker.name} can pass`;
  if (code === 'ENOENT') return 'make it, or correct the path';
  if (code === 'EACCES') return `${element} does not let ${walker.name} in: look at its mode and its filesystem`;
  return 'correct the path';
}
