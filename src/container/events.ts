import { close } from '../linux/file.ts';
import { POLLIN, poll } from '../linux/poll.ts';
import { notifyOom, type OomNotifier } from './oom.ts';
import { readStats } from './read-stats.ts';
import type { Stats } from './stats.ts';
import { isAlive, openProcess, statusOf, whileAlive, wrongState } from './status.ts';
import { type State, Store } from './store.ts';

/** As `runc events` has it. */
export type ContainerEvent = { type: 'stats'; id: string; data: Stats } | { type: 'oom'; id: string };

export interface WatchOptions {
  root: string;
  ids: readonly string[];
  /** Milliseconds from one round of statistics to the next. */
  interval: number;
  /** False if nobody listens any more: that is the end. */
  emit: (event: ContainerEvent) => boolean;
  /** A pipe or socket whose other end goes when nobody listens. */
  listener: number;
  warn: (message: string) => void;
}

/** The statistics of one container, now. */
export function statsOf(root: string, id: string): Stats {
  const stats = statsIfAlive(running(root, id));
  if (!stats) throw wrongState(id, 'stopped', WATCHABLE);
  return stats;
}

/**
 * Of a container that ends meanwhile nothing counts, neither numbers nor errors: its files may have been gone already.
 */
function statsIfAlive(state: State): Stats | undefined {
  let stats: Stats | undefined;
  try {
    stats = readStats(state);
  } catch (error) {
    if (isAlive(state)) throw error;
  }
  return isAlive(state) ? stats : undefined;
}

const WATCHABLE = 'created, running or paused';

function running(root: string, id: string): State {
  const entry = new Store(root).open(id, false);
  const state = entry.read();
  const status = statusOf(entry, state);
  if (!state || status === 'creating' || status === 'stopped') throw wrongState(id, status, WATCHABLE);
  return state;
}

interface Watched {
  id: string;
  state: State;
  pidfd: number;
  oom: OomNotifier | undefined;
}

/** Emits statistics and OOM notices until the first process of every container has ended. Blocks the event loop. */
export function watch(options: WatchOptions): void {
  const watched: Watched[] = [];
  try {
    for (const id of new Set(options.ids)) watched.push(open(options, id));
    follow(options, watched);
  } finally {
    for (const one of watched) release(one);
  }
}

function open({ root, warn }: WatchOptions, id: string): Watched {
  const state = running(root, id);
  const pidfd = openProcess(state);
  if (pidfd === undefined) throw wrongState(id, 'stopped', WATCHABLE);
  try {
    const oom = whileAlive(state, WATCHABLE, () => notifyOom(state.cgroup));
    if (!oom && isAlive(state)) {
      warn(`container "${id}" has no memory controller: nobody will tell when it runs out of memory`);
    }
    return { id, state, pidfd, oom };
  } catch (error) {
    close(pidfd);
    throw error;
  }
}

function release({ pidfd, oom }: Watched): void {
  close(pidfd);
  oom?.close();
}

function follow({ interval, emit, listener }: WatchOptions, watched: Watched[]): void {
  for (let next = performance.now() + interval; watched.length > 0; ) {
    const fds = watched.flatMap(({ pidfd, oom }) => [
      { fd: pidfd, events: POLLIN },
      { fd: oom?.fd ?? -1, events: oom?.events ?? 0 },
    ]);
    const [gone, ...happened] = poll([{ fd: listener, events: 0 }, ...fds], waitUntil(next));
    if (gone) return;
    // From the end: what has ended is taken out.
    for (let index = watched.length - 1; index >= 0; index--) {
      const one = watched[index] as Watched;
      const [hasEnded, mayBeOom] = happened.slice(2 * index);
      // The last process may have ended because of it.
      if ((hasEnded || mayBeOom) && !tellOom(one, emit)) return;
      if (!hasEnded) continue;
      watched.splice(index, 1);
      release(one);
    }
    if (performance.now() < next) continue;
    next = Math.max(next + interval, performance.now());
    for (const { id, state } of watched) {
      const data = statsIfAlive(state);
      if (data && !emit({ type: 'stats', id, data })) return;
    }
  }
}

function tellOom(one: Watched, emit: WatchOptions['emit']): boolean {
  const happened = one.oom?.happened();
  if (happened === undefined) {
    one.oom?.close();
    one.oom = undefined;
  }
  return happened ? emit({ type: 'oom', id: one.id }) : true;
}

/** Milliseconds for poll(2), which takes an int. */
function waitUntil(time: number): number {
  return Math.min(2 ** 31 - 1, Math.max(0, Math.ceil(time - performance.now())));
}
