import { accessSync, constants, unlinkSync } from 'node:fs';
import { finish, OrlopError } from '../error.ts';
import { decodeStream, RECORD_MAX } from '../launch/protocol.ts';
import { openReader, openWriter } from '../linux/fifo.ts';
import { close, read, write } from '../linux/file.ts';
import { naming } from '../linux/file-error.ts';
import { isErrno } from '../linux/libc.ts';
import { launchModule } from '../spec/embedded.ts';
import { SpecDocument } from '../spec/module.ts';
import { launchError } from './create.ts';
import { removeAll } from './delete.ts';
import { hooksOf, type Journal, runHooks, settleInside } from './hooks.ts';
import { type Notifier, notifierOf } from './notify.ts';
import { openProcess, statusOf, wrongState } from './status.ts';
import { type Entry, type State, Store } from './store.ts';

/**
 * runtime-spec runtime.md#start: lets the container's process go on to execve, and answers when that has happened. After
 * a failed hook the container is gone, as its lifecycle says. With a `notifySocket` it answers when the container is ready.
 */
export function start(root: string, id: string, journal?: Journal, notifySocket?: string): void {
  const entry = new Store(root).open(id);
  let notifier: Notifier | undefined;
  let failure: unknown;
  try {
    const state = entry.read();
    const status = statusOf(entry, state);
    if (status !== 'created' || !state) throw wrongState(id, status, 'created');
    notifier = notifierOf(state, notifySocket);
    try {
      release(entry, state, undefined, journal);
    } catch (error) {
      if (error instanceof OrlopError && error.code === 'container/hook') {
        finish(error, () => removeAll(entry, state, journal));
      }
      throw error;
    }
    if (notifier) awaitReady(entry, state, notifier);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    finish(
      failure,
      () => notifier?.close(),
      () => entry.close(),
    );
  }
}

/** Others may signal or delete it meanwhile. */
export function awaitReady(entry: Entry, state: State, notifier: Notifier): void {
  entry.unlock();
  const pidfd = openProcess(state);
  if (pidfd === undefined) return;
  try {
    notifier.awaitReady(pidfd);
  } finally {
    close(pidfd);
  }
}

/** The part of start that `run` has too; `document` is at hand there, and otherwise compiled again if it comes to an error. */
export function release(entry: Entry, state: State, document?: SpecDocument, journal?: Journal): void {
  // Before there is no way back: it is on record that a container waits, and has to go from there.
  naming(entry.directory, '--root', () => accessSync(entry.directory, constants.W_OK));
  const exec = openReader(entry.file('exec'));
  try {
    sendStart(entry);
    const failure = readAnswer(exec, entry, state, document, journal);
    unlinkSync(entry.file('start'));
    if (failure) throw failure;
  } finally {
    close(exec);
  }
  runHooks(hooksOf(state.hooks ?? [], 'poststart'), state, 'running', journal);
}

function sendStart(entry: Entry): void {
  const fifo = openWriter(entry.file('start'));
  if (fifo === undefined) throw gone(entry);
  try {
    write(fifo, Buffer.of(1));
  } catch (error) {
    throw isErrno(error, 'EPIPE') ? gone(entry) : error;
  } finally {
    close(fifo);
  }
}

function gone({ id }: Entry): OrlopError {
  return new OrlopError('container/wrong-state', `the process of container "${id}" is gone`, {
    hint: 'it was killed: look for the out-of-memory killer in the kernel log, and at linux.resources.memory',
  });
}

/** What went wrong, once the process's program runs or never will. */
function readAnswer(
  exec: number,
  entry: Entry,
  state: State,
  document?: SpecDocument,
  journal?: Journal,
): OrlopError | undefined {
  for (const message of decodeStream(() => read(exec, RECORD_MAX))) {
    if (message.kind === 'failed') return launchError({ document: document ?? recompile(entry, state) }, message);
    if (message.kind !== 'hook') throw new OrlopError('core/crash', `start answered ${message.kind}`);
    const failure = settleInside(state.hooks ?? [], message, journal);
    if (failure) return failure;
  }
  return undefined;
}

function recompile(entry: Entry, state: State): SpecDocument {
  const document = new SpecDocument(launchModule(), entry.readConfig());
  document.prepare(state.request);
  document.image(state.home);
  return document;
}
