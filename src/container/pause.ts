import { OrlopError } from '../error.ts';
import { freeze, thaw, thawAll } from './freezer.ts';
import { isKilled, type Status, statusOf, whileAlive, wrongState } from './status.ts';
import { type State, Store } from './store.ts';

/** Stops every process of the container where it is. */
export function pause(root: string, id: string): void {
  change(root, id, (state, status) => {
    if (status !== 'running' && status !== 'created') throw wrongState(id, status, 'running or created');
    whileAlive(state, 'running or created', () => freeze(state.cgroup));
    // On cgroup v1 it would not die as long as it is frozen; who has sent SIGKILL thawed it before this, or will.
    if (!isKilled(state)) return;
    thawAll(state.cgroup);
    throw new OrlopError(
      'container/wrong-state',
      `container "${id}" has been killed, and is about to end: not paused`,
      {
        hint: `"orlop state ${id}" says "stopped" in a moment; "orlop delete ${id}" removes it then`,
      },
    );
  });
}

/** Lets a paused container go on. */
export function resume(root: string, id: string): void {
  change(root, id, (state, status) => {
    if (status !== 'paused') throw wrongState(id, status, 'paused');
    whileAlive(state, 'paused', () => thaw(state.cgroup));
  });
}

function change(root: string, id: string, act: (state: State, status: Status) => void): void {
  const entry = new Store(root).open(id);
  try {
    const state = entry.read();
    const status = statusOf(entry, state);
    if (!state) throw wrongState(id, status, 'running');
    act(state, status);
  } finally {
    entry.close();
  }
}
