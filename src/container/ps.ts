import { membersOf } from './members.ts';
import { isAlive, statusOf, wrongState } from './status.ts';
import { Store } from './store.ts';

/** The pids of every process of the container, as this pid namespace numbers them. */
export function processes(root: string, id: string): number[] {
  const entry = new Store(root).open(id, false);
  const state = entry.read();
  if (!state) throw wrongState(id, statusOf(entry, state), 'created, running or paused');
  const pids = new Set(membersOf(state));
  // With neither a cgroup nor a pid namespace the first process is all that is known.
  if (state.pid !== undefined && isAlive(state)) pids.add(state.pid);
  return [...pids].sort((a, b) => a - b);
}
