import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { OrlopError } from '../error.ts';
import { close } from '../linux/file.ts';
import { isErrno } from '../linux/libc.ts';
import { pidfdOpen } from '../linux/process.ts';
import { isFrozen } from './freezer.ts';
import type { Entry, State } from './store.ts';

/** runtime-spec runtime.md#state, and paused */
export type Status = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

export function statusOf(entry: Entry, state: State | undefined): Status {
  // First: who deletes the container ends its process before this file is gone.
  const isWaiting = existsSync(entry.file('start'));
  // Without a process: either create has not come so far, or it was killed before it had.
  if (state?.pid === undefined) return 'creating';
  if (!isAlive(state)) return 'stopped';
  if (!state.isCreated) return 'creating';
  if (isPaused(state)) return 'paused';
  return isWaiting && !hasExecuted(state.pid) ? 'created' : 'running';
}

/** Where start was killed before it could say so. Of a process that nobody may look at, the FIFO says it alone. */
function hasExecuted(pid: number): boolean {
  try {
    return !readlinkSync(`/proc/${pid}/exe`).startsWith('/memfd:orlop'); // src/launch/image.ts
  } catch {
    return false;
  }
}

/** A paused container takes signals, but nothing in it runs. */
export function isPaused(state: State): boolean {
  return isFrozen(state.cgroup);
}

const PF_EXITING = 0x4; // <linux/sched.h>

/**
 * man 5 proc_pid_stat: behind the name, which may hold anything, the state letter and fields 9, 20 and 22. Where the first
 * thread has ended before others the letter is a zombie's, and the process lives.
 */
export function readStat(pid: number): { isAlive: boolean; isEnding: boolean; startTime: string } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = ''] = fields;
  const hasOthers = Number(fields[17]) > 1;
  return {
    isAlive: !/[ZXx]/.test(state) || hasOthers,
    isEnding: (Number(fields[6]) & PF_EXITING) !== 0 && !hasOthers,
    startTime: fields[19] ?? '',
  };
}

/** Whether the very process of the container is there and no zombie. */
export function isAlive(state: State): boolean {
  if (state.pid === undefined) return false;
  const stat = readStat(state.pid);
  return stat !== undefined && stat.startTime === state.startTime && stat.isAlive;
}

/** It has ended, or is past its cgroups and namespaces: the first of a pid namespace ends when all others have. */
export function isEnding(state: State): boolean {
  return !isAlive(state) || readStat(state.pid as number)?.isEnding !== false;
}

/** man 5 proc_pid_status: it has got SIGKILL, or another signal that ends it, and has not come to that yet. */
export function isKilled(state: State): boolean {
  if (!isAlive(state)) return false;
  try {
    const pending = readFileSync(`/proc/${state.pid}/status`, 'utf8').matchAll(/^(?:SigPnd|ShdPnd):\t(\w+)$/gm);
    return [...pending].some(([, bits]) => (BigInt(`0x${bits}`) & SIGKILL_BIT) !== 0n);
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

const SIGKILL_BIT = 1n << 8n;

/** Of pidfd_open: nobody has that number, or a thread has, for which it is ENOENT since Linux 6.16. */
export const NO_PROCESS = ['ESRCH', 'EINVAL', 'ENOENT'] as const;

/**
 * A pidfd of the container's first process, undefined if it is gone. The fd is taken first and the start time compared
 * then: a recycled pid cannot slip in between.
 */
export function openProcess(state: State): number | undefined {
  if (state.pid === undefined) return undefined;
  let pidfd: number;
  try {
    pidfd = pidfdOpen(state.pid);
  } catch (error) {
    if (isErrno(error, ...NO_PROCESS)) return undefined;
    throw error;
  }
  if (isAlive(state)) return pidfd;
  close(pidfd);
  return undefined;
}

/** Does it; an error of what has ended meanwhile, and taken its files along, is that it has ended. */
export function whileAlive<T>(state: State, wanted: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw isEnding(state) ? wrongState(state.id, 'stopped', wanted) : error;
  }
}

const WAYS_OUT: Readonly<Record<Status, (id: string) => string>> = {
  creating: (id) => `another orlop is making it, or was killed at that: "orlop delete --force ${id}" removes it`,
  created: (id) => `it waits for "orlop start ${id}"`,
  running: (id) => `it has been started already: "orlop state ${id}" shows it`,
  paused: (id) => `"orlop resume ${id}" lets it go on`,
  stopped: (id) => `it has ended: "orlop delete ${id}" removes it`,
};

export function wrongState(id: string, status: Status, wanted: string): OrlopError {
  const hint = WAYS_OUT[status](id);
  return new OrlopError('container/wrong-state', `container "${id}" is ${status}, not ${wanted}`, { hint });
}
