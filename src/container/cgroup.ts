// The host's part of control groups: directories to make, processes to find. Which, the plan says; limits.ts writes.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OrlopError } from '../error.ts';
import type { CreateCgroupStep, Place } from '../spec/types.ts';
import { enableControllers, handsDown, isUnsupported, joinThreadedParent, writeExisting } from './cgroup-v2.ts';
import type { CgroupState } from './store.ts';
import type { UnitState } from './systemd.ts';

const code = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** What has to be made for a directory of the plan, itself included; the mount that it is below is always there. */
function missingParents(directory: string): string[] {
  const missing: string[] = [];
  for (let at = directory; !existsSync(at); at = dirname(at)) missing.unshift(at);
  return missing;
}

/**
 * What createCgroup is about to make: on record before it does, so that a killed create leaves nothing behind. What is
 * there already may turn out to be somebody else's, and delete ends all processes of `directories`; not so in our unit.
 */
export function plannedCgroup(step: CreateCgroupStep, unit?: UnitState): CgroupState {
  const parents = step.directories.map(missingParents);
  const missing = step.directories.filter((_, index) => parents[index]?.length !== 0);
  const made = parents.flat();
  return unit ? { directories: step.directories, made, unit } : { directories: missing, made };
}

/**
 * Makes the container's directory in every hierarchy; in a unit, those that systemd has not made. `made` grows as it goes, so
 * that a failure can be undone.
 */
export function createCgroup(step: CreateCgroupStep, state: CgroupState, place: () => Place): void {
  for (const directory of step.directories) {
    try {
      // Another container may remove a common parent that it finds empty, between our look and our mkdir.
      for (let attempt = 0; ; attempt++) {
        try {
          makeMissing(directory, step, state);
          break;
        } catch (error) {
          if (code(error) !== 'ENOENT' || attempt === 3) throw error;
        }
      }
    } catch (cause) {
      throw new OrlopError('linux/mkdir', `mkdir("${directory}") failed: ${code(cause)}`, {
        ...place(),
        hint:
          code(cause) === 'EACCES'
            ? "the cgroup above is not the caller's: leave cgroupsPath out, or name one below a cgroup that is delegated to him"
            : 'the cgroup filesystem has to be writable, and cgroupsPath below a cgroup that may have children',
        cause,
      });
    }
    state.directories.push(directory);
  }
}

function makeMissing(directory: string, step: CreateCgroupStep, state: CgroupState): void {
  try {
    make(directory, state);
  } catch (error) {
    if (code(error) === 'EEXIST') {
      if (!state.unit) refuseOccupied(directory);
    } else if (code(error) === 'ENOENT') {
      for (const path of missingParents(dirname(directory))) makeParent(path, state);
      make(directory, state);
    } else throw error;
  }
  if (step.controllers) {
    enableControllers(directory.slice(0, -step.cgroup.length), dirname(directory), step.controllers);
  }
}

/** Unless another container that has it for a parent too was first: then it goes with that one. */
function makeParent(directory: string, state: CgroupState): void {
  try {
    make(directory, state);
  } catch (error) {
    if (code(error) !== 'EEXIST') throw error;
  }
}

function make(directory: string, state: CgroupState): void {
  mkdirSync(directory);
  if (!state.made.includes(directory)) state.made.push(directory);
  copyCpuset(directory);
  joinThreadedParent(directory);
}

/** A directory that has processes, or whose children have, is somebody else's: our limits and our delete would meet them. */
function refuseOccupied(directory: string): void {
  const code = occupancyOf(directory);
  if (code !== undefined) throw Object.assign(new Error(`${directory} is in use`), { code });
}

/** Why no container may have it, if so. */
export function occupancyOf(directory: string): string | undefined {
  if (descendants(directory).some((path) => pidsOf(path).length > 0)) return 'EEXIST: it has processes already';
  const controllers = handsDown(directory);
  return controllers.length > 0 ? `EBUSY: it takes no process, for it hands ${controllers.join(', ')} down` : undefined;
}

/** man 7 cpuset: on v1 a new directory has no CPUs, and takes no process until it does. */
function copyCpuset(directory: string): void {
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    const file = join(directory, name);
    if (!existsSync(file) || existsSync(join(directory, 'cgroup.type'))) return;
    if (readFileSync(file, 'utf8').trim() !== '') continue;
    const parent = dirname(directory);
    const above = (): string => readFileSync(join(parent, name), 'utf8');
    // Another container has just made the parent, and not come so far yet.
    if (above().trim() === '') copyCpuset(parent);
    writeExisting(file, above());
  }
}

export function pidsOf(directory: string, file = 'cgroup.procs'): number[] {
  try {
    return readFileSync(join(directory, file), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch (error) {
    if (code(error) === 'ENOENT' || code(error) === 'ENODEV') return [];
    // A threaded directory of v2 tells its threads only: the first one of a process has its number.
    if (isUnsupported(error) && file === 'cgroup.procs') return pidsOf(directory, 'cgroup.threads');
    throw error;
  }
}

/** Every process of the container, those in cgroups that it made for itself too. */
export function allPids(state: CgroupState): number[] {
  const pids = new Set<number>();
  for (const directory of state.directories) {
    for (const path of descendants(directory)) for (const pid of pidsOf(path)) if (pid > 0) pids.add(pid);
  }
  return [...pids];
}

/** The directory and all below it, the deepest first. */
export function descendants(directory: string): string[] {
  let entries: { name: string; isDirectory(): boolean }[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (code(error) === 'ENOENT') return [];
    throw error;
  }
  const below = entries
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => descendants(join(directory, entry.name)));
  return [...below, directory];
}

/**
 * The short way, which a container that has ended allows: the kernel removes no cgroup that has a process or a child. If
 * all directories are gone there was nobody left; false means that somebody may be.
 */
export function removeEmptyCgroup(state: CgroupState): boolean {
  if (state.unit || state.directories.length === 0 || !state.directories.every((path) => state.made.includes(path)))
    return false;
  try {
    for (const path of state.directories) rmdirSync(path);
  } catch (error) {
    if (!['ENOENT', 'EBUSY', 'ENOTEMPTY'].includes(code(error) ?? '')) throw error;
    return false;
  }
  removeParents(state);
  return true;
}

/**
 * Removes what was made, by us or with our unit, the container's own sub-cgroups first. A common parent that others use
 * stays.
 */
export function removeCgroup(state: CgroupState): void {
  const own = state.unit ? state.directories : state.made.filter((path) => state.directories.includes(path));
  for (const directory of own) for (const path of descendants(directory)) removeDirectory(path, true);
  removeParents(state);
}

function removeParents(state: CgroupState): void {
  const parents = state.made.filter((path) => !state.directories.includes(path));
  for (const directory of parents.reverse()) removeDirectory(directory, false);
}

/** A process that has just died keeps its cgroup busy for a moment. */
function removeDirectory(path: string, mustGo: boolean): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; ; attempt++) {
    try {
      rmdirSync(path);
      return;
    } catch (error) {
      if (code(error) === 'ENOENT') return;
      if (!mustGo && ['EBUSY', 'ENOTEMPTY'].includes(code(error) ?? '')) return;
      if (attempt === 100 || !['EBUSY', 'ENOTEMPTY'].includes(code(error) ?? '')) {
        throw new OrlopError('linux/rmdir', `rmdir("${path}") failed: ${code(error)}`, {
          hint: `processes are left in it: see ${path}/cgroup.procs`,
          cause: error,
        });
      }
      Atomics.wait(pause, 0, 0, attempt < 10 ? 1 : 10);
    }
  }
}
