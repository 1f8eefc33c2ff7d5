// man 2 eventfd: a counter of the kernel that can be polled.

import { readSync } from 'node:fs';
import { declare, invoke } from './libc.ts';

const eventfd_ = declare<(initial: number, flags: number) => number>('int eventfd(unsigned int, int)');

// <bits/eventfd.h>
const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

export function eventfd(): number {
  const shown = [0, { text: 'EFD_CLOEXEC|EFD_NONBLOCK' }];
  return invoke('eventfd', shown, () => eventfd_(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

/** How much was added since the last time; 0 if nothing. */
export function takeCount(fd: number): bigint {
  const count = Buffer.alloc(8);
  try {
    readSync(fd, count);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  return count.readBigUInt64LE(0);
}
