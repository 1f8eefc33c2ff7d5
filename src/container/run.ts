import { close } from '../linux/file.ts';
import { type Exit, exitNumber } from '../linux/process.ts';
import { type Created, type CreateOptions, create } from './create.ts';
import { removeAll } from './delete.ts';
import type { Journal } from './hooks.ts';
import { type Notifier, notifierOf } from './notify.ts';
import { awaitReady, release } from './start.ts';
import { openProcess } from './status.ts';
import { supervise } from './supervise.ts';
import { attachTerminal, type Terminal } from './terminal.ts';

export interface RunOptions extends CreateOptions {
  detach?: boolean | undefined;
  keep?: boolean | undefined;
  /** The supervisor's NOTIFY_SOCKET. */
  notifySocket?: string | undefined;
}

/**
 * Create, start, wait, delete: answers the container's exit status, 128 and the signal's number if one ended it. Whatever
 * happens, the container is deleted, unless it was to be kept or detached.
 */
export async function run(options: RunOptions): Promise<number> {
  let terminal: Terminal | undefined;
  const takesTerminal =
    options.console ??
    ((master: number): void => {
      terminal = attachTerminal(master);
    });
  const created = create(options.detach ? options : { ...options, console: takesTerminal });
  let isDeleted = options.keep === true || options.detach === true;
  let notifier: Notifier | undefined;
  try {
    notifier = notifierOf(created.state, options.notifySocket);
    startCreated(created, options.journal);
    if (options.detach) {
      if (notifier) awaitReady(created.entry, created.state, notifier);
      return 0;
    }
    void notifier?.serve();
    return exitNumber(await waitFor(created, terminal));
  } catch (error) {
    isDeleted = false;
    throw error;
  } finally {
    await terminal?.restore();
    notifier?.close();
    if (!isDeleted) removeAll(created.entry, created.state, options.journal);
    created.entry.close();
  }
}

function startCreated({ entry, state, compiled }: Created, journal?: Journal): void {
  release(entry, state, compiled.document, journal);
}

/** Until the container has ended; signals go to it meanwhile. */
export async function waitFor({ entry, state }: Created, terminal?: Terminal): Promise<Exit> {
  // Others may signal or ask meanwhile.
  entry.unlock();
  const pidfd = openProcess(state);
  try {
    return await supervise(state.pid, pidfd, terminal);
  } finally {
    if (pidfd !== undefined) close(pidfd);
  }
}
