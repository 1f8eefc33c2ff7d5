// What only cgroup v2 has, by Documentation/admin-guide/cgroup-v2.rst: controllers that every parent must hand down,
// processes in leaves alone, and threaded subtrees.

import { chownSync, closeSync, constants, existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OrlopError } from '../error.ts';
import type { DelegateStep, Place } from '../spec/types.ts';

/** Without O_CREAT: a file that is not there is ENOENT, and not the EPERM of a cgroup filesystem. */
export function writeExisting(file: string, value: string): void {
  const fd = openSync(file, constants.O_WRONLY);
  try {
    writeSync(fd, value);
  } finally {
    closeSync(fd);
  }
}

/** Absent on v1, and in the root of v2 where it does not apply. */
function words(directory: string, file: string): string[] {
  const path = join(directory, file);
  return existsSync(path) ? readFileSync(path, 'utf8').split(/\s+/).filter(Boolean) : [];
}

/** Only a real root may have processes and hand controllers down; it has no cgroup.type. The root of a namespace has. */
function isInner(directory: string): boolean {
  return existsSync(join(directory, 'cgroup.type')) && words(directory, 'cgroup.threads').length > 0;
}

/**
 * Has every directory from the mount down to `parent` hand all it can to its children. One that has processes is left
 * alone: the kernel would refuse memory and io there, and for cpu and pids turn its children, whoever's, threaded.
 * What is missing afterwards is found by the limit that wants it.
 */
export function enableControllers(mount: string, parent: string, controllers: string[]): void {
  for (const directory of downTo(mount, parent)) {
    const offered = words(directory, 'cgroup.controllers');
    const enabled = words(directory, 'cgroup.subtree_control');
    const wanted = controllers.filter((name) => offered.includes(name) && !enabled.includes(name));
    if (wanted.length === 0) continue;
    if (isInner(directory)) return;
    for (const name of wanted) enable(directory, name);
  }
}

/** A controller of which another hierarchy, a thread in the subtree, or real-time processes have hold stays as it is. */
function enable(directory: string, controller: string): void {
  try {
    writeExisting(join(directory, 'cgroup.subtree_control'), `+${controller}`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!isUnsupported(error) && !['ENOENT', 'EBUSY', 'EINVAL'].includes(code)) throw error;
  }
}

/** EOPNOTSUPP, which Node calls by the name that it shares its number with. */
export function isUnsupported(error: unknown): boolean {
  return ['EOPNOTSUPP', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function downTo(mount: string, directory: string): string[] {
  const path = [directory];
  for (let at = directory; at !== mount && at !== '/'; ) {
    at = dirname(at);
    path.unshift(at);
  }
  return path;
}

/** Below a threaded parent a new directory takes no process until it is threaded too. */
export function joinThreadedParent(directory: string): void {
  if (words(directory, 'cgroup.type').join(' ') === 'domain invalid') {
    writeExisting(join(directory, 'cgroup.type'), 'threaded');
  }
}

/** What an existing directory hands down, where it is to take a process: the kernel allows one or the other. */
export function handsDown(directory: string): string[] {
  return words(directory, 'cgroup.subtree_control');
}

/** Linux 4.15; before, those of man 7 cgroups. */
const DELEGATED = '/sys/kernel/cgroup/delegate';
const USUAL = ['cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads'];

/** cgroup-v2.rst#delegation: the directory and the files by which its cgroups are made and filled, not its limits. */
export function delegate({ directory, uid }: DelegateStep, place: () => Place): void {
  const files = existsSync(DELEGATED) ? readFileSync(DELEGATED, 'utf8').split('\n').filter(Boolean) : USUAL;
  for (const path of [directory, ...files.map((file) => join(directory, file))]) {
    try {
      chownSync(path, uid, statSync(path).gid);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT') continue;
      throw new OrlopError('linux/chown', `chown("${path}", ${uid}) failed: ${code}`, {
        ...place(),
        hint: 'mount the cgroup read-only, and the container needs no cgroup of its own',
        cause,
      });
    }
  }
}

/** Why a file of a controller is not in a directory: who does not hand it down. Undefined on v1, or if all do. */
export function whyMissing(directory: string, file: string): string | undefined {
  const controller = file.slice(0, file.indexOf('.'));
  for (let at = dirname(directory); existsSync(join(at, 'cgroup.subtree_control')); at = dirname(at)) {
    if (words(at, 'cgroup.subtree_control').includes(controller)) return undefined;
    if (!words(at, 'cgroup.controllers').includes(controller)) continue;
    const type = words(at, 'cgroup.type').join(' ');
    if (type.includes('threaded')) return `${at} is ${type}: there is no ${controller} controller below it`;
    if (!isInner(at)) return `${at} does not hand the ${controller} controller down: see its cgroup.subtree_control`;
    return `${at} has processes of its own, and so cannot hand the ${controller} controller down: move them to a cgroup below it, or choose another cgroupsPath`;
  }
  return undefined;
}
