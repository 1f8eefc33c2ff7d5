import { SIGNALS } from '../linux/constants.ts';
import { close } from '../linux/file.ts';
import { isErrno } from '../linux/libc.ts';
import { POLLIN, type Watch, whenAny } from '../linux/poll.ts';
import { type Exit, pidfdOpen, pidfdSendSignal, tryWaitpid } from '../linux/process.ts';
import type { SignalQueue } from '../linux/signal-queue.ts';
import type { Terminal } from './terminal.ts';

/** What a process in the foreground has of its caller. */
export interface Foreground {
  /** They go to the process, but for those that are about its terminal, and SIGCHLD. */
  signals?: SignalQueue | undefined;
  terminal?: Terminal | undefined;
  /** All that end as children of this process are waited for: its own, and orphans that it has as a subreaper. */
  reapsAll?: boolean | undefined;
}

/** Until a child in the foreground has ended, and what it has written to its terminal is out. */
export async function supervise(pid: number, { signals, terminal, reapsAll }: Foreground): Promise<Exit> {
  const pidfd = pidfdOpen(pid);
  const watches: Watch[] = [{ fd: pidfd, events: POLLIN }];
  // SIGCHLD is one of them, so that orphans are noticed too.
  if (signals) watches.push({ fd: signals.fd, events: POLLIN, act: () => forward(signals, pidfd, terminal) });
  try {
    let exit = reap(pid, reapsAll);
    for (; exit === undefined; exit = reap(pid, reapsAll)) await whenAny([...watches, ...(terminal?.watches() ?? [])]);
    await terminal?.drain(signals);
    return exit;
  } finally {
    close(pidfd);
  }
}

function forward(signals: SignalQueue, pidfd: number, terminal: Terminal | undefined): void {
  for (const signal of signals.take()) {
    if (signal === SIGNALS.SIGCHLD || terminal?.takes(signal)) continue;
    try {
      pidfdSendSignal(pidfd, signal);
    } catch (error) {
      if (!isErrno(error, 'ESRCH')) throw error;
    }
  }
}

/** How `pid` has ended, if it has. */
function reap(pid: number, reapsAll: boolean | undefined): Exit | undefined {
  const asked = reapsAll ? -1 : pid;
  for (let ended = tryWaitpid(asked); ended !== undefined; ended = tryWaitpid(asked)) {
    if (ended.pid === pid) return ended.exit;
  }
  return undefined;
}
