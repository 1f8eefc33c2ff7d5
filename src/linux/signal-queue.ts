// Signals that reach this process and are meant for another one.

import { SIGNALS } from './constants.ts';
import { close, duplicate, pipe, readSome } from './file.ts';
import { declare, invoke, lastErrno, type Pointer, syscallError } from './libc.ts';
import { mapHandler } from './signal-handler.ts';
import { SIGRTMAX } from './signals.ts';

const sigaction_ = declare<(signal: number, action: Pointer, before: Pointer) => number>(
  'int sigaction(int, void *, void *)',
);

/**
 * What keeps the action that it has:
 * - SIGKILL and SIGSTOP are the kernel's;
 * - what a fault of the engine raises, after which nothing can be told to anybody;
 * - SIGTTIN and SIGTTOU, which stop a job in the background that uses its terminal: caught, its call would be made again
 *   and again;
 * - SIGURG, which is about sockets, and does nothing.
 */
const UNCAUGHT = [
  ...['SIGKILL', 'SIGSTOP'],
  ...['SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGTRAP', 'SIGSYS'],
  ...['SIGTTIN', 'SIGTTOU'],
  'SIGURG',
];

/** Of the C library, which does not hand them out. */
const LIBRARY = [32, 33];

/** Numbers of the signals that catchSignals() catches. */
export function catchable(): number[] {
  const uncaught = new Set([...UNCAUGHT.map((name) => SIGNALS[name]), ...LIBRARY]);
  return Array.from({ length: SIGRTMAX }, (_, index) => index + 1).filter((signal) => !uncaught.has(signal));
}

/** Signals in the order in which they came. */
export interface SignalQueue {
  /** Readable while there are any. */
  readonly fd: number;
  /** Numbers; real-time signals have no name. */
  take(): number[];
}

/** What engines raise for themselves, and handle. */
const SHARED = ['SIGABRT', 'SIGPWR'].map((name) => SIGNALS[name] as number);

/** struct sigaction: handler, mask, flags, and one that is the C library's own; <bits/sigaction.h>, the same in musl */
const ACTION = { size: 152, mask: 8, maskEnd: 136, flags: 136 };
const SA_SIGINFO = 0x4; // <asm-generic/signal-defs.h>
const SA_ONSTACK = 0x08000000;
const SA_RESTART = 0x10000000;
const SA_RESETHAND = 0x80000000;
const SIG_IGN = 1n; // SIG_DFL is 0

/**
 * From now on every signal that can be caught is queued, and does nothing else, until this process ends. The queue's fd is
 * at least `lowest`. It holds 65536 signals; of a standard signal the kernel keeps one at a time, as ever.
 */
export function catchSignals(lowest = 3): SignalQueue {
  const ends = pipe();
  const [reader, writer] = ends.map((fd) => duplicate(fd, lowest)) as [number, number];
  for (const fd of ends) close(fd);
  const before = new Map<number, Buffer>();
  for (const signal of SHARED) {
    const action = actionOf(signal);
    if (action.readBigUInt64LE(0) > SIG_IGN) before.set(signal, action);
  }
  const handler = mapHandler(
    writer,
    new Map([...before].map(([signal, action]) => [signal, action.readBigUInt64LE(0)])),
  );
  const own = Buffer.alloc(ACTION.size);
  own.writeBigUInt64LE(handler, 0);
  own.fill(0xff, ACTION.mask, ACTION.maskEnd);
  own.writeInt32LE(SA_SIGINFO | SA_ONSTACK | SA_RESTART, ACTION.flags);
  for (const signal of catchable()) {
    const shared = before.get(signal);
    setAction(signal, shared ? withHandler(shared, handler) : own);
  }
  return { fd: reader, take: () => [...(readSome(reader, 256) ?? [])] };
}

function actionOf(signal: number): Buffer {
  const action = Buffer.alloc(ACTION.size);
  invoke('sigaction', [signal, null, { text: '&action' }], () => sigaction_(signal, null, action));
  return action;
}

/** For nearly all signals that there are, at each start: what only an error shows is made only then. */
function setAction(signal: number, action: Buffer): void {
  if (sigaction_(signal, action, null) === 0) return;
  throw syscallError('sigaction', [signal, { text: '&action' }, null], lastErrno());
}

/** What the other handler relies on stays as it is: that of Bun's garbage collector must not run on a stack of its own. */
function withHandler(action: Buffer, handler: bigint): Buffer {
  action.writeBigUInt64LE(handler, 0);
  action.writeInt32LE((action.readInt32LE(ACTION.flags) & ~SA_RESETHAND) | SA_SIGINFO, ACTION.flags);
  return action;
}
