import { OrlopError } from '../error.ts';
import { close } from '../linux/file.ts';
import { isErrno } from '../linux/libc.ts';
import { pidfdOpen, pidfdSendSignal } from '../linux/process.ts';
import { signalNumber } from '../linux/signals.ts';
import { thawAll } from './freezer.ts';
import { membersOf } from './members.ts';
import { NO_PROCESS, openProcess, statusOf, wrongState } from './status.ts';
import { type State, Store } from './store.ts';

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
  const others = isAll || signal === SIGKILL ? signalAll(state, signal, isSent ? state.pid : undefined) : 0;
  if (!isSent && others === 0) throw notRunning(id);
  // On cgroup v1 a frozen process dies only when it goes on.
  if (signal === SIGKILL) thawAll(state.cgroup);
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
 * first and the list is read again then: a pid that somebody outside has taken over meanwhile is not in it.
 */
export function signalAll(state: State, signal: number, except?: number): number {
  const pids = membersOf(state).filter((pid) => pid !== except && pid !== process.pid);
  let count = 0;
  for (let from = 0; from < pids.length; from += BATCH) {
    const open = pids.slice(from, from + BATCH).flatMap((pid) => openPid(pid) ?? []);
    const still = new Set(membersOf(state));
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
