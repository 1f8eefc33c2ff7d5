import { OrlopError } from '../error.ts';
import { close } from '../linux/file.ts';
import { isErrno } from '../linux/libc.ts';
import { kill, pidfdSendSignal } from '../linux/process.ts';
import { allPids, removeCgroup, removeEmptyCgroup } from './cgroup.ts';
import { type Journal, runPoststop } from './hooks.ts';
import { openProcess, statusOf } from './status.ts';
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
  entry.remove();
  if (state) runPoststop(state, journal);
}

function endProcesses(state: State): void {
  const pidfd = openProcess(state);
  if (pidfd !== undefined) {
    try {
      pidfdSendSignal(pidfd, SIGKILL);
    } catch (error) {
      if (!isErrno(error, 'ESRCH')) throw error;
    } finally {
      close(pidfd);
    }
  }
  // Processes may fork while we go through them: until none is left. With a pid namespace the first kill was enough.
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; attempt < 1000; attempt++) {
    const pids = allPids(state.cgroup).filter((pid) => pid !== process.pid);
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        kill(pid, SIGKILL);
      } catch (error) {
        if (!isErrno(error, 'ESRCH')) throw error;
      }
    }
    Atomics.wait(pause, 0, 0, attempt < 20 ? 1 : 10);
  }
}
