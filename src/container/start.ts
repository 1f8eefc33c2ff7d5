import { readFileSync, unlinkSync } from 'node:fs';
import { OrlopError } from '../error.ts';
import { decode, RECORD_MAX } from '../launch/protocol.ts';
import { openReader, openWriter } from '../linux/fifo.ts';
import { close, read, write } from '../linux/file.ts';
import { specModule } from '../spec/embedded.ts';
import { SpecDocument } from '../spec/module.ts';
import { launchError } from './create.ts';
import { statusOf, wrongState } from './status.ts';
import { type Entry, type State, Store } from './store.ts';

/** runtime-spec runtime.md#start: lets the container's process go on to execve, and answers when that has happened. */
export function start(root: string, id: string): void {
  const entry = new Store(root).open(id);
  try {
    const state = entry.read();
    const status = statusOf(entry, state);
    if (status !== 'created' || !state) throw wrongState(id, status, 'created');
    release(entry, state);
  } finally {
    entry.close();
  }
}

/** The part of start that `run` has too; `document` is at hand there, and otherwise compiled again if it comes to an error. */
export function release(entry: Entry, state: State, document?: SpecDocument): void {
  const exec = openReader(entry.file('exec'));
  try {
    const fifo = openWriter(entry.file('start'));
    if (fifo === undefined) {
      throw new OrlopError('container/wrong-state', `the process of container "${entry.id}" is gone`, {
        hint: 'it was killed: look for the out-of-memory killer in the kernel log, and at linux.resources.memory',
      });
    }
    try {
      write(fifo, Buffer.of(1));
    } finally {
      close(fifo);
    }
    const record = read(exec, RECORD_MAX);
    unlinkSync(entry.file('start'));
    if (record.length === 0) return;
    const message = decode(record);
    if (message.kind !== 'failed') throw new OrlopError('core/crash', `start answered ${message.kind}`);
    throw launchError({ document: document ?? recompile(entry, state) }, message);
  } finally {
    close(exec);
  }
}

function recompile(entry: Entry, state: State): SpecDocument {
  const document = new SpecDocument(specModule(), readFileSync(entry.file('config.json')));
  document.prepare(state.request);
  document.image(state.home);
  return document;
}
