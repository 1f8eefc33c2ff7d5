import { OrlopError } from '../error.ts';
import { close } from '../linux/file.ts';
import { isErrno } from '../linux/libc.ts';
import { pidfdOpen, pidfdSendSignal } from '../linux/process.ts';
import { signalNumber } from '../linux/signals.ts';
import { thawAll } from './freezer.ts';
import { membersOf } from './members.ts';
import { NO_PROCESS, openProcess, statusOf, wrongState } from './status.ts';
import { type Entry, type State, Store } from './store.ts';

const SIGKILL = 9;

/** `TERM`, `SIGTERM`, `sigterm` or `15`, real-time signals as `SIGRTMIN+3`. */
export function parseSignal(text: string): number {
  const number = signalNumber(text);
  if (number !== undefined) return number;
  throw new OrlopError('usage/invalid', `"${text}" is not a signal`, { hint: '"kill -l" lists names and numbers' });
}

/**
 * runtime-spec runtime.md#kill. Without a pid namespace of its own the container's processes outlive the first one, so
 * SIGKILL goes to all of them, asked or not; those that are left over may be all that there is to signal.
 */
export function kill(root: string, id: string, signal: number, isAll: boolean): void {
  const entry = new Store(root).open(id, false);
  const state = entry.read();
  const status = statusOf(entry, state);
  if (!state || status === 'creating') throw wrongState(id, status, 'created, running or paused');
  const isSent = signalFirst(state, signal);
  const isSame = (): boolean => isRecorded(entry, state);
  const others = isAll || signal === SIGKILL ? signalAll(state, signal, isSent ? state.pid : undefined, isSame) : 0;
  if (!isSent && others === 0) throw notRunning(id);
  // On cgroup v1 a frozen process dies only when it goes on.
  if (signal === SIGKILL && isSame()) thawAll(state.cgroup);
}

/**
 * Without a lock another may come at any time, of the same id and with the same cgroups: it has another process. One of
 * another id that is to have these cgroups too is refused as long as there is anybody in them.
 */
function isRecorded(entry: Entry, { pid, startTime }: State): boolean {
  try {
    const now = entry.read();
    return now?.pid === pid && now?.startTime === startTime;
  } catch (error) {
    if (error instanceof OrlopError && error.code === 'container/missing') return false;
    throw error;
  }
}

/** Whether the container's first process was there to be signalled. */
export function signalFirst(state: State, signal: number): boolean {
  const pidfd = openProcess(state);
  if (pidfd === undefined) return false;
  try {
    return send(pidfd, signal);
  } finally {
    close(pidfd);
  }
}

/** How many pidfds are open at a time. */
const BATCH = 256;

/**
 * Signals every process of the container but `except` and this one, and answers how many there were. The pidfds come
 * first and the list is read again then: a pid that somebody outside has taken over meanwhile is not in it. Who has no
 * lock asks at last with `isSame` whether the list was still the container's.
 */
export function signalAll(state: State, signal: number, except?: number, isSame = (): boolean => true): number {
  const pids = membersOf(state).filter((pid) => pid !== except && pid !== process.pid);
  let count = 0;
  for (let from = 0; from < pids.length; from += BATCH) {
    const open: { pid: number; pidfd: number }[] = [];
    try {
      for (const pid of pids.slice(from, from + BATCH)) {
        const pidfd = openPid(pid);
        if (pidfd !== undefined) open.push({ pid, pidfd });
      }
      const still = new Set(membersOf(state));
      if (!isSame()) return count;
      for (const { pid, pidfd } of open) if (still.has(pid) && send(pidfd, signal)) count++;
    } finally {
      for (const { pidfd } of open) close(pidfd);
    }
  }
  return count;
}

function openPid(pid: number): number | undefined {
  try {
    return pidfdOpen(pid);
  } catch (error) {
    if (isErrno(error, ...NO_PROCESS)) return undefined;
    throw error;
  }
}

/** Whether it was there. */
function send(pidfd: number, signal: number): boolean {
  try {
    pidfdSendSignal(pidfd, signal);
    return true;
  } catch (error) {
    if (isErrno(error, 'ESRCH')) return false;
    throw error;
  }
}

/** Engines look for these very words. */
function notRunning(id: string): OrlopError {
  return new OrlopError('container/wrong-state', 'container not running', {
    hint: `it has ended: "orlop delete ${id}" removes it`,
  });
}
