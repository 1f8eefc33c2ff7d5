import { finish } from '../error.ts';
import { type Exit, exitNumber, setChildSubreaper } from '../linux/process.ts';
import type { SignalQueue } from '../linux/signal-queue.ts';
import { type Created, type CreateOptions, create } from './create.ts';
import { removeAll } from './delete.ts';
import type { Journal } from './hooks.ts';
import { type Notifier, notifierOf } from './notify.ts';
import { awaitReady, release } from './start.ts';
import { type Foreground, supervise } from './supervise.ts';
import { Terminal } from './terminal.ts';

export interface RunOptions extends CreateOptions {
  detach?: boolean | undefined;
  keep?: boolean | undefined;
  /** What goes to a container in the foreground. A program that has signals of its own passes none on. */
  signals?: SignalQueue | undefined;
  /** Whether orphans of the container become children of this process, and are waited for while it runs. */
  isSubreaper?: boolean | undefined;
  /** The supervisor's NOTIFY_SOCKET. */
  notifySocket?: string | undefined;
}

/**
 * Create, start, wait, delete: answers the container's exit status, 128 and the signal's number if one ended it. Whatever
 * happens, the container is deleted, unless it was to be kept or detached.
 */
export async function run(options: RunOptions): Promise<number> {
  const { signals, isSubreaper: reapsAll } = options;
  if (reapsAll) setChildSubreaper(true);
  let terminal: Terminal | undefined;
  const attach = (master: number): void => {
    terminal = new Terminal(master);
  };
  let created: Created;
  try {
    created = create(options.detach ? options : { ...options, attach });
  } catch (error) {
    terminal?.restore();
    throw error;
  }
  let isKept = options.keep === true || options.detach === true;
  let failure: unknown;
  let notifier: Notifier | undefined;
  try {
    notifier = notifierOf(created.state, options.notifySocket);
    startCreated(created, options.journal);
    if (options.detach) {
      if (notifier) awaitReady(created.entry, created.state, notifier);
      return 0;
    }
    return exitNumber(await waitFor(created, { signals, terminal, notifier, reapsAll }));
  } catch (error) {
    isKept = false;
    failure = error;
    throw error;
  } finally {
    const { entry, state } = created;
    finish(
      failure,
      () => terminal?.restore(),
      () => notifier?.close(),
      () => !isKept && removeAll(entry, state, options.journal),
      () => entry.close(),
    );
  }
}

function startCreated({ entry, state, compiled }: Created, journal?: Journal): void {
  release(entry, state, compiled.document, journal);
}

/** Until the container has ended. */
export async function waitFor({ entry, state }: Created, foreground: Foreground): Promise<Exit> {
  // Others may signal or ask meanwhile.
  entry.unlock();
  return supervise(state.pid, foreground);
}
