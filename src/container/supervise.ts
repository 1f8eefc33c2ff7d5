import { SIGNALS } from '../linux/constants.ts';
import { close } from '../linux/file.ts';
import { isErrno } from '../linux/libc.ts';
import { awaitAny, POLLIN, type Watch, whenAny } from '../linux/poll.ts';
import { type Exit, pidfdOpen, pidfdSendSignal, tryWaitpid } from '../linux/process.ts';
import type { SignalQueue } from '../linux/signal-queue.ts';
import type { Notifier } from './notify.ts';
import type { Terminal } from './terminal.ts';

/** What a process in the foreground has of its caller. */
export interface Foreground {
  /**
   * They go to the process, but for those that are about its terminal, and SIGCHLD. Who has caught all signals has nothing
   * else to do: the event loop then stands still, which spares a thread.
   */
  signals?: SignalQueue | undefined;
  terminal?: Terminal | undefined;
  notifier?: Notifier | undefined;
  /** All that end as children of this process are waited for: its own, and orphans that it has as a subreaper. */
  reapsAll?: boolean | undefined;
}

/** Until a child in the foreground has ended, and what it has written to its terminal is out. */
export async function supervise(pid: number, foreground: Foreground): Promise<Exit> {
  const { signals, terminal, notifier, reapsAll } = foreground;
  const wait = signals ? awaitAny : whenAny;
  const pidfd = pidfdOpen(pid);
  const watches: Watch[] = [{ fd: pidfd, events: POLLIN }];
  // SIGCHLD is one of them, so that orphans are noticed too.
  if (signals) watches.push({ fd: signals.fd, events: POLLIN, act: () => forward(signals, pidfd, terminal) });
  if (notifier) watches.push(notifier.watch());
  try {
    // Some have been taken off the queue already, and make it readable no more.
    if (signals) forward(signals, pidfd, terminal);
    let exit = reap(pid, reapsAll);
    for (; exit === undefined; exit = reap(pid, reapsAll)) await wait([...watches, ...(terminal?.watches() ?? [])]);
    await terminal?.drain(wait, signals);
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
