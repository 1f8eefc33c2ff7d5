import { OrlopError } from '../error.ts';
import { removeCgroup, removeEmptyCgroup } from './cgroup.ts';
import { thawAll } from './freezer.ts';
import { type Journal, runPoststop } from './hooks.ts';
import { removeRdtGroup } from './intel-rdt.ts';
import { signalAll, signalFirst } from './kill.ts';
import { statusOf } from './status.ts';
import { type Entry, type State, Store } from './store.ts';

const SIGKILL = 9;

/** runtime-spec runtime.md#delete: only of what is stopped. By force also what runs, or what a killed create has left. */
export function remove(root: string, id: string, isForced: boolean, journal?: Journal): void {
  const store = new Store(root);
  if (isForced && !store.has(id)) return;
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
 * Then nothing is left but to tell who wanted to know.
 */
export function removeAll(entry: Entry, state: State | undefined, journal?: Journal): void {
  if (state && !removeEmptyCgroup(state.cgroup)) {
    endProcesses(state);
    removeCgroup(state.cgroup);
  }
  if (state?.rdt) removeRdtGroup(state.rdt);
  entry.remove();
  if (state) runPoststop(state, journal);
}

function endProcesses(state: State): void {
  signalFirst(state, SIGKILL); // on a host without cgroups there is no list
  // Processes may fork while we go through them: until none is left. With a pid namespace the first round is enough.
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; attempt < 1000; attempt++) {
    if (signalAll(state.cgroup, SIGKILL) === 0) return;
    thawAll(state.cgroup);
    Atomics.wait(pause, 0, 0, attempt < 20 ? 1 : 10);
  }
}
