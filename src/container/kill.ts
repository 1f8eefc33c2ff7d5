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
  const isStill = (): boolean => isRecorded(entry, state);
  const others = isAll || signal === SIGKILL ? signalAll(state, signal, isSent ? state.pid : undefined, isStill) : 0;
  if (!isSent && others === 0) throw notRunning(id);
  // On cgroup v1 a frozen process dies only when it goes on.
  if (signal === SIGKILL && isStill()) thawAll(state.cgroup);
}

/** Without a lock another may come at any time, of the same id and with the same cgroups: it has another process. */
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
  return pidfd !== undefined && sendAndClose(pidfd, signal);
}

/** How many pidfds are open at a time. */
const BATCH = 256;

/**
 * Signals every process of the container but `except` and this one, and answers how many there were. The pidfds come
 * first and the list is read again then: a pid that somebody outside has taken over meanwhile is not in it. Who has no
 * lock asks at last with `isStill` whether the list was still the container's.
 */
export function signalAll(state: State, signal: number, except?: number, isStill = (): boolean => true): number {
  const pids = membersOf(state).filter((pid) => pid !== except && pid !== process.pid);
  let count = 0;
  for (let from = 0; from < pids.length; from += BATCH) {
    const open = pids.slice(from, from + BATCH).flatMap((pid) => openPid(pid) ?? []);
    const still = new Set(membersOf(state));
    if (!isStill()) still.clear();
    for (const { pid, pidfd } of open) {
      if (!still.has(pid)) close(pidfd);
      else if (sendAndClose(pidfd, signal)) count++;
    }
  }
  return count;
}

function openPid(pid: number): { pid: number; pidfd: number } | undefined {
  try {
    return { pid, pidfd: pidfdOpen(pid) };
  } catch (error) {
    if (isErrno(error, ...NO_PROCESS)) return undefined;
    throw error;
  }
}

function sendAndClose(pidfd: number, signal: number): boolean {
  try {
    pidfdSendSignal(pidfd, signal);
    return true;
  } catch (error) {
    if (isErrno(error, 'ESRCH')) return false;
    throw error;
  } finally {
    close(pidfd);
  }
}

/** Engines look for these very words. */
function notRunning(id: string): OrlopError {
  return new OrlopError('container/wrong-state', 'container not running', {
    hint: `it has ended: "orlop delete ${id}" removes it`,
  });
}
