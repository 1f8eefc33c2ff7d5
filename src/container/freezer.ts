// Stopping all processes of a cgroup where they are: Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst, and
// cgroup.freeze in cgroup-v2.rst. On a hybrid host the v1 hierarchy is the one that engines look at.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finish, OrlopError } from '../error.ts';
import { descendants } from './cgroup.ts';
import { hasFile } from './cgroup-files.ts';
import type { CgroupState } from './store.ts';

/** Where a cgroup is told to freeze, where it says that it was told so itself, and where that it is done. */
interface Freezer {
  file: string;
  words: { frozen: string; thawed: string };
  wish: string;
  outcome: string;
  isDone: (outcome: string, isFrozen: boolean) => boolean;
}

const FREEZERS: readonly Freezer[] = [
  {
    file: 'freezer.state',
    words: { frozen: 'FROZEN', thawed: 'THAWED' },
    wish: 'freezer.self_freezing',
    outcome: 'freezer.state',
    isDone: (outcome, isFrozen) => outcome.trim() === (isFrozen ? 'FROZEN' : 'THAWED'),
  },
  {
    file: 'cgroup.freeze',
    words: { frozen: '1', thawed: '0' },
    wish: 'cgroup.freeze',
    outcome: 'cgroup.events',
    isDone: (outcome, isFrozen) => outcome.includes(isFrozen ? 'frozen 1' : 'frozen 0'),
  },
];

interface Place {
  directory: string;
  freezer: Freezer;
}

function freezerOf(cgroup: CgroupState): Place | undefined {
  for (const freezer of FREEZERS) {
    const directory = cgroup.directories.find((path) => hasFile(path, freezer.file));
    if (directory !== undefined) return { directory, freezer };
  }
  return undefined;
}

/** Whether the container is to be frozen. Some of its processes may not be there yet, after a killed pause for ever. */
export function isFrozen(cgroup: CgroupState): boolean {
  const place = freezerOf(cgroup);
  if (!place) return false;
  try {
    return readFileSync(join(place.directory, place.freezer.wish), 'utf8').trim() === '1';
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Answers when every process stands still; if that takes too long, all run again. */
export function freeze(cgroup: CgroupState): void {
  const place = requireFreezer(cgroup);
  try {
    change(place, true);
  } catch (error) {
    finish(error, () => change(place, false));
    throw error;
  }
}

export function thaw(cgroup: CgroupState): void {
  change(requireFreezer(cgroup), false);
}

/** Also what the container has frozen below its own cgroup: on v1 a frozen process does not even die of SIGKILL. */
export function thawAll(cgroup: CgroupState): void {
  for (const freezer of FREEZERS) {
    const roots = cgroup.directories.filter((path) => hasFile(path, freezer.file));
    for (const path of roots.flatMap(descendants)) {
      try {
        writeFileSync(join(path, freezer.file), freezer.words.thawed, { flag: 'r+' });
      } catch (error) {
        if (!['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
  }
}

function requireFreezer(cgroup: CgroupState): Place {
  const place = freezerOf(cgroup);
  if (place) return place;
  throw new OrlopError('container/wrong-state', 'the container has no cgroup with a freezer', {
    hint: 'mount the freezer hierarchy of cgroup v1, or use cgroup v2, before the container is created',
  });
}

const PATIENCE_MS = 5000;

/** Written again and again: on v1 a process that forks meanwhile can escape the first attempt. */
function change({ directory, freezer }: Place, isFrozen: boolean): void {
  const file = join(directory, freezer.file);
  const word = isFrozen ? freezer.words.frozen : freezer.words.thawed;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const end = Date.now() + PATIENCE_MS;
  for (let wait = 1; ; wait = Math.min(2 * wait, 50)) {
    writeFileSync(file, word, { flag: 'r+' });
    if (freezer.isDone(readFileSync(join(directory, freezer.outcome), 'utf8'), isFrozen)) return;
    if (Date.now() > end) throw tooSlow(file, word, isFrozen);
    Atomics.wait(pause, 0, 0, wait);
  }
}

function tooSlow(file: string, word: string, isFrozen: boolean): OrlopError {
  const message = `write("${file}", "${word}") has had no effect for ${PATIENCE_MS / 1000} seconds`;
  return new OrlopError('linux/write', message, {
    hint: isFrozen
      ? 'a process waits for a device and cannot be stopped (state D in ps): try again later'
      : 'a parent cgroup is frozen: thaw that one',
  });
}
