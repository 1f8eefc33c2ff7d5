import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { allPids } from './cgroup.ts';
import type { State } from './store.ts';

/** Every process of the container that can be known: those of its cgroups, or without one those of its pid namespace. */
export function membersOf({ cgroup, pid }: Pick<State, 'cgroup' | 'pid'>): number[] {
  if (cgroup.directories.length > 0) return allPids(cgroup);
  return pid === undefined || !isFirst(pid) ? [] : pidsOfNamespace(pid);
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
  const wanted = namespaceOf(String(pid));
  if (wanted === undefined) return [];
  const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return names.filter((name) => namespaceOf(name) === wanted).map(Number);
}

/** Undefined of what has gone, or is somebody else's. */
function namespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}
