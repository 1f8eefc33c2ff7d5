// Resource control groups of a processor, Documentation/filesystems/resctrl.rst: directories with `schemata`, which says
// what their processes may have of caches and memory bandwidth, and `tasks`, which takes one thread at a time.

import { constants, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OrlopError } from '../error.ts';
import { close, flock, LOCK_EX, LOCK_NB } from '../linux/file.ts';
import { isErrno } from '../linux/libc.ts';
import type { Place, RdtStep } from '../spec/types.ts';
import { writeExisting } from './cgroup-v2.ts';
import { readStat } from './status.ts';

export interface RdtState {
  /** The group that the container's processes are in. */
  group: string;
  /** Its monitoring group, made for the container. */
  monitor?: string;
  /** The group was made for the container. */
  isMade: boolean;
  /** It has a name of its own, which others may use. */
  isShared: boolean;
}

const PATIENCE_MS = 10_000;

/** resctrl.rst, "Locking between tasks": nobody else makes or removes a group meanwhile. */
function locked(group: string, act: () => void): void {
  const root = rootOf(group);
  const fd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const end = Date.now() + PATIENCE_MS;
  try {
    for (; ; Atomics.wait(pause, 0, 0, 10)) {
      try {
        flock(fd, LOCK_EX | LOCK_NB);
        break;
      } catch (error) {
        if (!isErrno(error, 'EAGAIN')) throw error;
        if (Date.now() > end) throw held(root);
      }
    }
    act();
  } finally {
    close(fd);
  }
}

function held(root: string): OrlopError {
  return new OrlopError('linux/flock', `flock("${root}", LOCK_EX) has waited for ${PATIENCE_MS / 1000} seconds`, {
    path: '/linux/intelRdt',
    hint: 'who changes groups holds it: "lsof" names the process',
  });
}

/**
 * Makes the group, or sees that the one which is there is as the config says. `record` gets what is about to be made before
 * it is, so that a killed create leaves nothing behind, and nothing of others is removed.
 */
export function makeRdtGroup(step: RdtStep, record: (state: RdtState) => void, place: () => Place): void {
  locked(step.directory, () => {
    const isMade = !step.mustExist && !existsSync(step.directory);
    const { monitor } = step;
    const isMonitorMade = monitor !== undefined && !existsSync(monitor);
    const isShared = step.shared === true;
    record({ group: step.directory, isMade, isShared, ...(isMonitorMade ? { monitor } : {}) });
    makeLocked(step, isMade, place);
  });
}

function makeLocked(step: RdtStep, isMade: boolean, place: () => Place): void {
  const { directory, schemata = [] } = step;
  if (isMade) {
    make(directory, place);
    if (schemata.length > 0) writeSchemata(directory, schemata, place);
  } else if (!existsSync(directory)) {
    throw new OrlopError('launch/failed', `the resource control group ${directory} is not there`, {
      ...place(),
      hint: 'a closID without a schema names a group that has been made before: make it, or say what it has in schemata',
    });
  } else if (!step.shared) {
    throw new OrlopError('launch/failed', `mkdir("${directory}") failed: EEXIST`, {
      ...place(),
      hint: 'a container without closID gets a group of its own by its id: choose another id, or name the group in closID',
    });
  } else compare(directory, schemata, place);
  if (step.monitor !== undefined) make(step.monitor, place);
}

function make(directory: string, place: () => Place): void {
  try {
    mkdirSync(directory);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new OrlopError('launch/failed', `mkdir("${directory}") failed: ${code}${lastStatus(directory)}`, {
      ...place(),
      hint:
        code === 'ENOSPC'
          ? 'the processor has no more classes or monitors: info/L3/num_closids and info/L3_MON/num_rmids say how many'
          : 'look at info/ of the resctrl filesystem',
    });
  }
}

/** All lines at once: the kernel takes them or none. */
export function writeSchemata(group: string, lines: readonly string[], place: () => Place): void {
  try {
    writeExisting(join(group, 'schemata'), `${lines.join('\n')}\n`);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const shown = JSON.stringify(lines.join('\n'));
    throw new OrlopError(
      'launch/failed',
      `write("${join(group, 'schemata')}", ${shown}) failed: ${code}${lastStatus(group)}`,
      { ...place(), hint: `the processor allows what ${join(rootOf(group), 'info')} says` },
    );
  }
}

/** As the kernel says it in info/last_cmd_status, beside an errno that is mostly EINVAL. */
function lastStatus(group: string): string {
  try {
    const status = readFileSync(join(rootOf(group), 'info/last_cmd_status'), 'utf8').trim();
    return status === '' || status === 'ok' ? '' : `: ${status}`;
  } catch {
    return '';
  }
}

/** The nearest parent that has info/: the mount itself. */
export function rootOf(group: string): string {
  let root = group;
  while (root !== '/' && !existsSync(join(root, 'info'))) root = dirname(root);
  return root;
}

/** A group that others have made has to allow just what is asked for: what is not asked for may be anything. */
function compare(group: string, lines: readonly string[], place: () => Place): void {
  const there = readFileSync(join(group, 'schemata'), 'utf8');
  const has = parseSchemata(there.split('\n'));
  for (const [key, value] of parseSchemata(lines)) {
    if (has.get(key) === value) continue;
    const found = there
      .trim()
      .split(/\s*\n\s*/)
      .join('; ');
    throw new OrlopError('launch/failed', `the resource control group ${group} has "${found}", not ${key}=${value}`, {
      ...place(),
      hint: 'a group that is there has to match: correct the schema, or leave it out to take the group as it is',
    });
  }
}

/** `L3:0=ff;1=0f` as L3:0 and L3:1. Masks are hexadecimal with or without zeros in front, bandwidths decimal. */
function parseSchemata(lines: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of lines) {
    const [resource = '', domains = ''] = line.split(':', 2);
    for (const domain of domains.split(';')) {
      const [id = '', value = ''] = domain.split('=');
      values.set(
        `${resource.trim()}:${id.trim()}`,
        value
          .trim()
          .toLowerCase()
          .replace(/^0+(?=.)/, ''),
      );
    }
  }
  return values;
}

/** Puts a process into the group, before it has children or threads: they are born where it is. */
export function joinRdtGroup(state: RdtState, pid: number): void {
  for (const group of [state.group, ...(state.monitor === undefined ? [] : [state.monitor])]) {
    try {
      writeExisting(join(group, 'tasks'), String(pid));
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      throw new OrlopError(
        'launch/failed',
        `write("${join(group, 'tasks')}", "${pid}") failed: ${code}${lastStatus(group)}`,
        { path: '/linux/intelRdt', hint: 'somebody has removed the resource control group' },
      );
    }
  }
}

/**
 * Removes what was made for the container. A group with a name of its own may have others' processes by now, which would
 * fall back to the default group: then it stays.
 */
export function removeRdtGroup(state: RdtState): void {
  if (!existsSync(state.group)) return;
  locked(state.group, () => {
    if (state.monitor !== undefined) removeDirectory(state.monitor);
    if (!state.isMade) return;
    if (!state.isShared || isUnused(state.group)) removeDirectory(state.group);
  });
}

/** A process that is dead and that nobody has waited for yet is listed. */
function isUnused(group: string): boolean {
  const pids = readFileSync(join(group, 'tasks'), 'utf8').split('\n').filter(Boolean).map(Number);
  return !pids.some((pid) => readStat(pid)?.isAlive) && monitorsOf(group) === 0;
}

function monitorsOf(group: string): number {
  const directory = join(group, 'mon_groups');
  return existsSync(directory) ? readdirSync(directory).length : 0;
}

function removeDirectory(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
