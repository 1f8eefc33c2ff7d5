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
  const pollfds = Buffer.alloc(8 * Math.max(1, fds.length)); // struct pollfd: int fd; short events, revents
  fds.forEach(({ fd, events }, index) => {
    pollfds.writeInt32LE(fd, 8 * index);
    pollfds.writeInt16LE(events, 8 * index + 4);
  });
  const shown = { text: `[${fds.map(({ fd }) => fd).join(', ')}]` };
  invoke('poll', [shown, fds.length, timeout], () => poll_(pollfds, fds.length, timeout));
  return fds.map((_, index) => pollfds.readInt16LE(8 * index + 6));
}

/** Until there is something to read, or nothing more will come; the event loop goes on meanwhile. */
export async function whenReadable(fd: number): Promise<void> {
  const pollfd = Buffer.alloc(8);
  pollfd.writeInt32LE(fd, 0);
  pollfd.writeInt16LE(POLLIN, 4);
  // -1 is a signal on that thread: whoever waits looks again, and comes back.
  await pollAsync(pollfd, 1, -1);
}
