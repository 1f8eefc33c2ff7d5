import { OrlopError } from '../error.ts';
import { close } from '../linux/file.ts';
import { isErrno } from '../linux/libc.ts';
import { kill as killPid, pidfdSendSignal } from '../linux/process.ts';
import { signalNumber } from '../linux/signals.ts';
import { allPids } from './cgroup.ts';
import { openProcess, statusOf, wrongState } from './status.ts';
import { Store } from './store.ts';

/** `TERM`, `SIGTERM`, `sigterm` or `15`, real-time signals as `SIGRTMIN+3`. */
export function parseSignal(text: string): number {
  const number = signalNumber(text);
  if (number !== undefined) return number;
  throw new OrlopError('usage/invalid', `"${text}" is not a signal`, { hint: '"kill -l" lists names and numbers' });
}

/** runtime-spec runtime.md#kill */
export function kill(root: string, id: string, signal: number, isAll: boolean): void {
  const entry = new Store(root).open(id, false);
  const state = entry.read();
  const status = statusOf(entry, state);
  if (!state) throw wrongState(id, status, 'created or running');
  if (isAll) {
    // Without a pid namespace of its own the container's processes outlive the first one.
    for (const pid of allPids(state.cgroup)) signalPid(pid, signal);
    if (status === 'running' || status === 'created') return;
  }
  if (status === 'creating' || status === 'stopped') throw notRunning();
  const pidfd = openProcess(state);
  if (pidfd === undefined) throw notRunning();
  try {
    pidfdSendSignal(pidfd, signal);
  } finally {
    close(pidfd);
  }
}

/** Engines look for these very words. */
function notRunning(): OrlopError {
  return new OrlopError('container/wrong-state', 'container not running');
}

function signalPid(pid: number, signal: number): void {
  try {
    killPid(pid, signal);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}
