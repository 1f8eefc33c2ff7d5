import { onChildExit } from '../linux/child.ts';
import { isErrno } from '../linux/libc.ts';
import { type Exit, pidfdSendSignal } from '../linux/process.ts';
import { forwardSignals } from '../linux/signals.ts';
import type { Terminal } from './terminal.ts';

/** Until a child in the foreground has ended; signals go to it meanwhile, but for those of the terminal. */
export async function supervise(pid: number, pidfd: number | undefined, terminal?: Terminal): Promise<Exit> {
  const stop = forwardSignals((signal) => {
    if (terminal?.handles(signal) || pidfd === undefined) return;
    try {
      pidfdSendSignal(pidfd, signal);
    } catch (error) {
      if (!isErrno(error, 'ESRCH')) throw error;
    }
  });
  try {
    const exit = await onChildExit(pid);
    await terminal?.drain();
    return exit;
  } finally {
    stop();
  }
}
