// Waiting for descriptors with a limit in time.

import { declare, declareAsync, invoke, type Pointer } from './libc.ts';

const poll_ = declare<(fds: Pointer, count: number, timeout: number) => number>('int poll(void *, unsigned long, int)');
const pollAsync = declareAsync<[fds: Pointer, count: number, timeout: number]>('int poll(void *, unsigned long, int)');

// <asm-generic/poll.h>
export const POLLIN = 0x1;
export const POLLPRI = 0x2;
export const POLLOUT = 0x4;
export const POLLERR = 0x8;
export const POLLHUP = 0x10;

/**
 * What happened on each descriptor, 0 where nothing did. `timeout` is in milliseconds, -1 waits for ever.
 * A signal restarts the time. Blocks the event loop.
 */
export function poll(fds: readonly { fd: number; events: number }[], timeout: number): number[] {
  const pollfds = pollfdsOf(fds);
  const shown = { text: `[${fds.map(({ fd }) => fd).join(', ')}]` };
  invoke('poll', [shown, fds.length, timeout], () => poll_(pollfds, fds.length, timeout));
  return fds.map((_, index) => happenedOn(pollfds, index));
}

/** What is waited for: `act` is called with what happened, POLLHUP and POLLERR too. */
export interface Watch {
  fd: number;
  events: number;
  act?: (happened: number) => void;
}

/** Until something happens on one of the descriptors; the event loop stands still. */
export function awaitAny(watches: readonly Watch[]): void {
  poll(watches, -1).forEach((happened, index) => {
    if (happened !== 0) watches[index]?.act?.(happened);
  });
}

/** The same on another thread, while the event loop goes on; or until a signal arrives there. */
export async function whenAny(watches: readonly Watch[]): Promise<void> {
  const pollfds = pollfdsOf(watches);
  if ((await pollAsync(pollfds, watches.length, -1)) === -1) return;
  watches.forEach(({ act }, index) => {
    const happened = happenedOn(pollfds, index);
    if (happened !== 0) act?.(happened);
  });
}

/** struct pollfd: int fd; short events, revents */
function pollfdsOf(fds: readonly { fd: number; events: number }[]): Buffer {
  const pollfds = Buffer.alloc(8 * Math.max(1, fds.length));
  fds.forEach(({ fd, events }, index) => {
    pollfds.writeInt32LE(fd, 8 * index);
    pollfds.writeInt16LE(events, 8 * index + 4);
  });
  return pollfds;
}

function happenedOn(pollfds: Buffer, index: number): number {
  return pollfds.readInt16LE(8 * index + 6);
}
