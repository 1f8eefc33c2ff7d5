import { OrlopError } from '../error.ts';
import { descendants, pidsOf, removeCgroup, removeEmptyCgroup } from './cgroup.ts';
import { thawAll } from './freezer.ts';
import { type Journal, runPoststop } from './hooks.ts';
import { removeRdtGroup } from './intel-rdt.ts';
import { signalAll, signalFirst } from './kill.ts';
import { membersOf } from './members.ts';
import { isAlive, isEnding, statusOf } from './status.ts';
import { type Entry, type State, Store } from './store.ts';
import { Systemd, type UnitState } from './systemd.ts';

const SIGKILL = 9;

/** runtime-spec runtime.md#delete: only of what is stopped. By force also what runs, or what a killed create has left. */
export function remove(root: string, id: string, isForced: boolean, journal?: Journal): void {
  const store = new Store(root);
  try {
    removeOne(store, id, isForced, journal);
  } catch (error) {
    if (!isForced || !(error instanceof OrlopError) || error.code !== 'container/missing') throw error;
  }
  store.sweep();
}

function removeOne(store: Store, id: string, isForced: boolean, journal?: Journal): void {
  const entry = store.open(id);
  try {
    const state = entry.read();
    const status = statusOf(entry, state);
    if (!isForced && status !== 'stopped') {
      throw new OrlopError('container/wrong-state', `cannot delete container "${id}" that is not stopped: ${status}`, {
        hint: `end it first, or use "orlop delete --force ${id}"`,
      });
    }
    removeAll(entry, state, journal);
  } finally {
    entry.close();
  }
}

/**
 * Ends every process of the container, then removes its cgroups, and its directory last: until then it can be retried.
 * Then nothing is left but to tell who wanted to know. If somebody else has done all that meanwhile, nothing is done.
 */
export function removeAll(entry: Entry, state: State | undefined, journal?: Journal): void {
  if (!entry.lock()) return;
  // Who was moved to another cgroup lives on where his own is empty.
  if (state && (isAlive(state) || !removeEmptyCgroup(state.cgroup))) {
    endProcesses(state);
    const { unit, asked } = state.cgroup;
    if (unit) stopUnit(unit);
    else if (asked && isDeserted(asked.directories)) stopUnit(asked);
    removeCgroup(state.cgroup);
  }
  if (state?.rdt) removeRdtGroup(state.rdt);
  entry.remove();
  if (state) runPoststop(state, journal);
}

/** Our launcher was to be the only process there, and is gone or goes: a unit with others is somebody else's. */
function isDeserted(directories: readonly string[]): boolean {
  const isEmpty = (): boolean => !directories.some((top) => descendants(top).some((path) => pidsOf(path).length > 0));
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; attempt < 100 && !isEmpty(); attempt++) Atomics.wait(pause, 0, 0, 10);
  return isEmpty();
}

function stopUnit({ name, isUser }: UnitState): void {
  const systemd = new Systemd(isUser);
  try {
    systemd.stop(name);
  } finally {
    systemd.close();
  }
}

/** The first process may have been moved elsewhere. Where it waits for others to be waited for, nobody can hasten that. */
function isEnded(state: State): boolean {
  return isEnding(state) && membersOf(state).every((pid) => pid === process.pid);
}

function endProcesses(state: State): void {
  signalFirst(state, SIGKILL); // on a host without cgroups there is no list
  // Processes may fork while we go through them: until none is left. With a pid namespace the first round is enough.
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; attempt < 1000; attempt++) {
    // Who is not there to be signalled may have left a child meanwhile.
    if (signalAll(state, SIGKILL) === 0 && isEnded(state)) return;
    thawAll(state.cgroup);
    Atomics.wait(pause, 0, 0, attempt < 20 ? 1 : 10);
  }
}
