// FIFOs between processes that do not know each other: one waits, the other comes later, or never.

import { openSync } from 'node:fs';
import { O_NONBLOCK, O_RDONLY, O_WRONLY } from './constants.ts';
import { declare, invoke } from './libc.ts';

const fcntl_ = declare<(fd: number, command: number, argument: number) => number>('int fcntl(int, int, int)');

// <asm-generic/fcntl.h>
const F_SETFL = 4;

/** Opens the reading end without waiting for a writer. Reads then wait while there is one, and end when there is none. */
export function openReader(path: string): number {
  const fd = openSync(path, O_RDONLY | O_NONBLOCK);
  invoke('fcntl', [fd, { text: 'F_SETFL' }, 0], () => fcntl_(fd, F_SETFL, 0));
  return fd;
}

/** Opens the writing end; undefined when nobody reads. */
export function openWriter(path: string): number | undefined {
  try {
    return openSync(path, O_WRONLY | O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENXIO') return undefined;
    throw error;
  }
}

/** Both ends in one fd, for a process that hands it on. Never waits. */
export function openBoth(path: string): number {
  return openSync(path, 'r+');
}
