// Terminals: window size and raw mode.

import { EIO, ENOTTY } from './errno.ts';
import { declare, invoke, lastErrno, type Pointer, syscallError } from './libc.ts';

const ioctl_ = declare<(fd: number, request: number, argument: Pointer) => number>(
  'int ioctl(int, unsigned long, void *)',
);
const tcgetattr_ = declare<(fd: number, termios: Pointer) => number>('int tcgetattr(int, void *)');
const tcsetattr_ = declare<(fd: number, when: number, termios: Pointer) => number>('int tcsetattr(int, int, void *)');
const tcgetpgrp_ = declare<(fd: number) => number>('int tcgetpgrp(int)');
const getpgrp_ = declare<() => number>('int getpgrp()');
const cfmakeraw_ = declare<(termios: Pointer) => void>('void cfmakeraw(void *)');

// <asm-generic/ioctls.h>
const TIOCGWINSZ = 0x5413;
const TIOCSWINSZ = 0x5414;

export interface WindowSize {
  rows: number;
  columns: number;
}

export function getWindowSize(fd: number): WindowSize {
  const winsize = Buffer.alloc(8); // struct winsize: rows, columns, and two unused; all unsigned short
  invoke('ioctl', [fd, { text: 'TIOCGWINSZ' }, { text: '&size' }], () => ioctl_(fd, TIOCGWINSZ, winsize));
  return { rows: winsize.readUInt16LE(0), columns: winsize.readUInt16LE(2) };
}

export function setWindowSize(fd: number, { rows, columns }: WindowSize): void {
  const winsize = Buffer.alloc(8);
  winsize.writeUInt16LE(rows, 0);
  winsize.writeUInt16LE(columns, 2);
  const shown = { text: `{rows=${rows}, columns=${columns}}` };
  invoke('ioctl', [fd, { text: 'TIOCSWINSZ' }, shown], () => ioctl_(fd, TIOCSWINSZ, winsize));
}

/** Settings of a terminal, as a block to be handed back: struct termios, 60 bytes in <bits/termios-struct.h>. */
export type Termios = Buffer & { readonly __brand?: 'termios' };

export function tcgetattr(fd: number): Termios {
  const termios = Buffer.alloc(64);
  invoke('tcgetattr', [fd, { text: '&termios' }], () => tcgetattr_(fd, termios));
  return termios;
}

export function tcsetattr(fd: number, termios: Termios): void {
  const TCSANOW = 0; // <bits/termios-tcflow.h>
  invoke('tcsetattr', [fd, { text: 'TCSANOW' }, { text: '&termios' }], () => tcsetattr_(fd, TCSANOW, termios));
}

/** Every byte goes through as typed. Answers what to hand to tcsetattr() afterwards. */
export function makeRaw(fd: number): Termios {
  const before = tcgetattr(fd);
  const raw = Buffer.from(before);
  cfmakeraw_(raw);
  tcsetattr(fd, raw);
  return before;
}

/** As isatty(3): a closed descriptor is an error; any other file is just no terminal, nor is one that was hung up. */
export function isTerminal(fd: number): boolean {
  const termios = Buffer.alloc(64);
  if (tcgetattr_(fd, termios) !== -1) return true;
  const errno = lastErrno();
  if (errno === ENOTTY || errno === EIO) return false;
  throw syscallError('tcgetattr', [fd, { text: '&termios' }], errno);
}

/**
 * Whether a terminal's shell has put this process into the background, where a change of the terminal would stop it
 * (man 3 tcsetattr). A terminal that is not the one of this session has no background.
 */
export function isInBackground(fd: number): boolean {
  const foreground = tcgetpgrp_(fd);
  return foreground !== -1 && foreground !== getpgrp_();
}
