// What a container may leave on the host: cgroups, mounts, processes, state, fds, temporary files.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import type { Workplace } from './bundle.ts';
import type { Orlop } from './orlop.ts';

/** What keeps state: orlop itself, or an engine that calls it. */
export interface Stateful {
  readonly root: string;
  /** Where it mounts and unmounts something of its own, whenever it likes. */
  readonly ownMount?: string;
}

export interface Snapshot {
  cgroups: string[];
  mounts: string[];
  processes: string[];
  state: string[];
  fds: string[];
  files: string[];
}

/** Empty if it has gone meanwhile. */
function attempt<T>(ask: () => T, otherwise: T): T {
  try {
    return ask();
  } catch {
    return otherwise;
  }
}

/** Directories of ours in every hierarchy. */
function cgroups(tag: string, directory = '/sys/fs/cgroup'): string[] {
  const entries = attempt(() => readdirSync(directory, { withFileTypes: true }), []);
  return entries
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      return [...(path.includes(tag) ? [path] : []), ...cgroups(tag, path)];
    });
}

function mounts(own: string | undefined): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n');
  return lines.filter((line) => line.split(' ')[4] !== own);
}

/**
 * Launch images, and everything else that is in a cgroup of ours, has one of our directories in its command line or in a
 * mount namespace of its own, or is dead and nobody has waited for it.
 */
function processes(place: Workplace): string[] {
  const host = readlinkSync('/proc/self/ns/mnt');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      const read = (file: string): string => attempt(() => readFileSync(`/proc/${pid}/${file}`, 'utf8'), '');
      const stat = read('stat');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // An orphan's death is for the first process of the machine to notice, whenever that is.
      if (state === 'Z' && parent === '1') return [];
      const command = read('cmdline').replaceAll('\0', ' ').trim();
      const isOurs =
        read('cgroup').includes(place.tag) ||
        command.includes(place.directory) ||
        command.includes(place.tag) ||
        (attempt(() => readlinkSync(`/proc/${pid}/ns/mnt`), host) !== host &&
          read('mountinfo').includes(place.directory)) ||
        (state === 'Z' && (parent === String(process.pid) || name.startsWith('orlop')));
      // Whether it runs or sleeps is another thing each time.
      return isOurs ? [`${pid} ${name} ${state === 'Z' ? 'dead' : command}`] : [];
    });
}

function fds(): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => attempt(() => readlinkSync(`/proc/self/fd/${fd}`), ''))
    .filter((target) => /memfd|orlop|cgroup/.test(target));
}

/** Host's temporary directory, and what stands in a bundle beside the root filesystem. */
function files(place: Workplace): string[] {
  const temporary = readdirSync(tmpdir()).filter((name) => name.includes(place.tag));
  const bundles = readdirSync(place.directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('bundle-'))
    .flatMap((entry) => readdirSync(join(place.directory, entry.name)).map((name) => join(entry.name, name)));
  return [...temporary, ...bundles].sort();
}

export function snapshot(place: Workplace, orlop: Stateful): Snapshot {
  return {
    cgroups: cgroups(place.tag),
    mounts: mounts(orlop.ownMount),
    processes: processes(place),
    state: attempt(() => readdirSync(orlop.root, { recursive: true }).map(String), []),
    fds: fds(),
    files: files(place),
  };
}

function added(before: Snapshot, after: Snapshot): Record<string, string[]> {
  const difference: Record<string, string[]> = {};
  for (const [kind, now] of Object.entries(after) as [keyof Snapshot, string[]][]) {
    const counts = new Map<string, number>();
    for (const entry of before[kind]) counts.set(entry, (counts.get(entry) ?? 0) + 1);
    const news = now.filter((entry) => {
      const count = counts.get(entry) ?? 0;
      counts.set(entry, count - 1);
      return count <= 0;
    });
    if (news.length > 0) difference[kind] = news;
  }
  return difference;
}

/** The kernel takes cgroups and mounts down a moment after the last process, and engines clean up after themselves. */
export async function expectNothingLeft(place: Workplace, orlop: Stateful, before: Snapshot): Promise<void> {
  const end = Date.now() + 20_000;
  let difference = added(before, snapshot(place, orlop));
  while (Object.keys(difference).length > 0 && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    difference = added(before, snapshot(place, orlop));
  }
  expect(difference, `left behind: ${JSON.stringify(difference)}`).toEqual({});
}

/**
 * Each test of a file or of a describe() ends as it began, but for files below its place. `sweeps` is for tests that leave
 * containers on purpose: those are deleted by force, and then nothing of them may be there.
 */
export function leavesNothing(place: Workplace, orlop: () => Orlop, { sweeps = false } = {}): void {
  let before: Snapshot;
  beforeEach(() => {
    before = snapshot(place, orlop());
  });
  afterEach(async () => {
    const left = sweeps ? orlop().call(['list', '-q']).ok().lines.filter(Boolean) : [];
    for (const id of left) orlop().call(['delete', '--force', id]).ok();
    await expectNothingLeft(place, orlop(), { ...before, files: snapshot(place, orlop()).files });
  });
}
