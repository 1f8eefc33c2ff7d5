import { freeze, thaw } from './freezer.ts';
import { type Status, statusOf, whileAlive, wrongState } from './status.ts';
import { type State, Store } from './store.ts';

/** Stops every process of the container where it is. */
export function pause(root: string, id: string): void {
  change(root, id, (state, status) => {
    if (status !== 'running' && status !== 'created') throw wrongState(id, status, 'running or created');
    whileAlive(state, 'running or created', () => freeze(state.cgroup));
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
