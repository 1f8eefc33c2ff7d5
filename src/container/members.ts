import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { allPids } from './cgroup.ts';
import { isAlive, readStat } from './status.ts';
import type { State } from './store.ts';

/** Every process of the container that can be known: those of its cgroups, or without one those of its pid namespace. */
export function membersOf(state: State): number[] {
  if (state.cgroup.directories.length > 0) return allPids(state.cgroup);
  return state.pid !== undefined && isAlive(state) && isFirst(state.pid) ? pidsOfNamespace(state.pid) : [];
}

/** man 5 proc_pid_status: number 1 of its own pid namespace, in which there is nobody else then. */
function isFirst(pid: number): boolean {
  try {
    return /^NSpid:.*\s1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function pidsOfNamespace(pid: number): number[] {
  const wanted = namespaceOf(pid);
  if (wanted === undefined) return [];
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.filter((one) => namespaceOf(one) === wanted && readStat(one)?.isAlive);
}

/** Undefined of what has gone, or is somebody else's. */
function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}
