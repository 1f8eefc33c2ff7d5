// Where a further process of a container goes: the container's own cgroups, or those below that it is asked into.

import { constants, openSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { OrlopError } from '../error.ts';
import type { CgroupLayout } from '../linux/facts.ts';
import { handsDown } from './cgroup-v2.ts';
import type { State } from './store.ts';

/** The directories that the process enters: those of v1, and that of v2 in which it is born. */
export interface CgroupPlaces {
  hierarchies: string[];
  unified?: string;
}

export function placesOf(wanted: readonly string[], state: State, facts: CgroupLayout): CgroupPlaces {
  const v2 = facts.layout === 'v2' ? facts.mount : facts.layout === 'hybrid' ? facts.unified : undefined;
  const below = wanted.map((text) => parseCgroup(text, facts));
  const places: CgroupPlaces = { hierarchies: [] };
  for (const directory of state.cgroup.directories) {
    const isUnified = v2 !== undefined && directory.startsWith(`${v2}/`);
    const way = below.find(
      ({ mounts }) => mounts === undefined || mounts.some((mount) => directory.startsWith(`${mount}/`)),
    );
    const place = way === undefined ? directory : join(directory, way.path);
    if (!isUnified) places.hierarchies.push(place);
    else places.unified = way === undefined ? leafOf(directory, state) : place;
  }
  return places;
}

/** `PATH` for all hierarchies, `CONTROLLER[,CONTROLLER…]:PATH` for those of v1 that have one of the controllers. */
function parseCgroup(text: string, facts: CgroupLayout): { path: string; mounts?: string[] } {
  const colon = text.indexOf(':');
  const path = text.slice(colon + 1);
  const refuse = (why: string): OrlopError =>
    new OrlopError('usage/invalid', `--cgroup ${text}: ${why}`, {
      hint: 'name a cgroup below that of the container, on v1 with its controllers before a colon',
    });
  if (path.split('/').includes('..')) throw refuse('leaves the cgroup of the container');
  if (colon < 0) return { path };
  if (!('hierarchies' in facts)) throw refuse('this host has no controllers of v1');
  const mounts = text
    .slice(0, colon)
    .split(',')
    .map((controller) => {
      const found = facts.hierarchies.find(
        ({ controllers, name }) => controllers.includes(controller) || `name=${name}` === controller,
      );
      if (!found) throw refuse(`no hierarchy has the controller "${controller}"`);
      return found.mount;
    });
  return { path, mounts };
}

/**
 * man 7 cgroups, "no internal processes": a container that has made cgroups of its own, as systemd does, takes no process
 * at the top any more. Where its first process went, others may go.
 */
function leafOf(directory: string, state: State): string {
  if (handsDown(directory).length === 0) return directory;
  const path = /^0::(.*)$/m.exec(readFileSync(`/proc/${state.pid}/cgroup`, 'utf8'))?.[1] ?? '';
  const at = path.indexOf(basename(directory));
  return at < 0 ? directory : join(dirname(directory), path.slice(at));
}

/** A cgroup that takes no process: it is gone, or its children have got its controllers. `error` is for who gives up. */
export class CgroupClosed extends Error {
  readonly error: OrlopError;

  constructor(error: OrlopError) {
    super('the cgroup takes no process', { cause: error });
    this.error = error;
  }
}

/** EBUSY: it hands controllers down. ENOENT, ENODEV: it has been removed, before it was opened or afterwards. */
export function isClosed(code: string | undefined): boolean {
  return code === 'EBUSY' || code === 'ENODEV' || code === 'ENOENT';
}

export function openCgroup(directory: string): number {
  try {
    return openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!isClosed(code)) throw error;
    const hint = 'the cgroup has been removed, or was never there: --cgroup names one below that of the container';
    throw new CgroupClosed(
      new OrlopError('linux/open', `open("${directory}", O_RDONLY|O_DIRECTORY) failed: ${code}`, { hint }),
    );
  }
}

export const ATTEMPTS = 5;
const PAUSE_MS = 20;

/**
 * A container that makes cgroups of its own may move its first process, and close the place where it was, after it has been
 * looked up: then it is looked up again.
 */
export function untilEntered<T>(attempts: number, enter: (isFirst: boolean) => T): T {
  for (let attempt = 1; ; attempt++) {
    try {
      return enter(attempt === 1);
    } catch (error) {
      if (!(error instanceof CgroupClosed)) throw error;
      if (attempt === attempts) throw attempts === 1 ? error.error : moving(error.error);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}

function moving(error: OrlopError): OrlopError {
  const { path, line, column } = error;
  const hint = `the cgroup of the container's first process was looked up ${ATTEMPTS} times, and took nobody: it moves on, or its cgroup hands controllers down; --cgroup names one below`;
  return new OrlopError(error.code, error.message, { path, line, column, hint });
}
