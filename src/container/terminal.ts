// The terminal of a container in the foreground: what is typed here goes to its master, what it shows comes here.
//
//     stdin ──▶ typed ──▶ master          one chunk at a time each way: who does not read
//     output ◀── shown ◀── master         holds up the writer, and nobody else

import { constants, fstatSync, openSync } from 'node:fs';
import { SIGNALS } from '../linux/constants.ts';
import { close, readSome, setNonBlocking, writeSome } from '../linux/file.ts';
import { isErrno } from '../linux/libc.ts';
import { type awaitAny, POLLHUP, POLLIN, POLLOUT, type Watch, type whenAny } from '../linux/poll.ts';
import type { SignalQueue } from '../linux/signal-queue.ts';
import {
  getWindowSize,
  isInBackground,
  isTerminal,
  makeRaw,
  setWindowSize,
  type Termios,
  tcsetattr,
} from '../linux/terminal.ts';

const STDIN = 0;
const STDOUT = 1;
/** What a terminal hands over at a time, and what fits into a pipe that has room at all (man 7 pipe, PIPE_BUF). */
const CHUNK = 4096;
/** Chunks before anything else has its turn. */
const TURN = 16;
/** Bytes that may still come after the end: more than the kernel keeps for a terminal. Another process may go on writing. */
const REST = 1 << 20;
const NOTHING = Buffer.alloc(0);

export class Terminal {
  private readonly master: number;
  /** The caller's, none without one. */
  private readonly outer: number | undefined;
  private readonly output: number;
  private before: Termios | undefined;
  private typed: Buffer = NOTHING;
  private shown: Buffer = NOTHING;
  private isOpen = true;
  private hasInput = true;
  /** Until its other end is closed. */
  private isShowing = true;
  private isHeard = true;

  /** `master` becomes its own. */
  constructor(master: number) {
    this.master = master;
    setNonBlocking(master);
    this.outer = [STDIN, STDOUT, 2].find(isTerminal);
    this.resize();
    if (isTerminal(STDIN)) this.before = makeRaw(STDIN);
    this.output = patient(STDOUT);
  }

  /** Whether a signal is the terminal's own affair, and not the container's. */
  takes(signal: number): boolean {
    // Whoever had the terminal meanwhile may have changed it.
    if (signal === SIGNALS.SIGCONT && this.before && !isInBackground(STDIN)) unlessGone(() => makeRaw(STDIN));
    if (signal === SIGNALS.SIGWINCH || signal === SIGNALS.SIGCONT) this.resize();
    return signal === SIGNALS.SIGWINCH;
  }

  /** What has to be waited for now. */
  watches(): Watch[] {
    if (!this.isOpen) return [];
    const watches: Watch[] = [];
    if (this.typed.length > 0) watches.push({ fd: this.master, events: POLLOUT, act: () => this.passTyped() });
    // A terminal that goes away says so unasked.
    if (this.hasInput && (this.typed.length === 0 || this.before)) {
      const events = this.typed.length === 0 ? POLLIN : 0;
      watches.push({ fd: STDIN, events, act: (happened) => this.readTyped(happened) });
    }
    if (this.shown.length > 0) watches.push({ fd: this.output, events: POLLOUT, act: () => this.show(TURN) });
    else if (this.isShowing) watches.push({ fd: this.master, events: POLLIN, act: () => this.show(TURN) });
    return watches;
  }

  /**
   * When the container's process has ended: until everything that it has written is out. Who does not want to wait for a
   * reader that reads no more sends one of the signals that end a program.
   */
  async drain(wait: typeof awaitAny | typeof whenAny, signals: SignalQueue | undefined): Promise<void> {
    const ending = new Set([SIGNALS.SIGHUP, SIGNALS.SIGINT, SIGNALS.SIGQUIT, SIGNALS.SIGTERM]);
    let rest = REST / CHUNK;
    const pass = (): void => {
      rest -= this.show(rest);
    };
    const listen = (): void => {
      if (signals?.take().some((signal) => ending.has(signal))) rest = 0;
    };
    pass();
    while (this.shown.length > 0 && rest > 0) {
      const watches: Watch[] = [{ fd: this.output, events: POLLOUT, act: pass }];
      if (signals) watches.push({ fd: signals.fd, events: POLLIN, act: listen });
      await wait(watches);
    }
  }

  /** Puts the caller's terminal back; always called. */
  restore(): void {
    this.hangUp();
    if (this.output !== STDOUT) close(this.output);
    const { before } = this;
    if (before && !isInBackground(STDIN)) unlessGone(() => tcsetattr(STDIN, before));
  }

  private resize(): void {
    const { outer } = this;
    if (outer !== undefined && this.isOpen) unlessGone(() => setWindowSize(this.master, getWindowSize(outer)));
  }

  private readTyped(happened: number): void {
    const data = this.typed.length === 0 ? take(STDIN) : NOTHING;
    if (data === undefined) return;
    this.typed = data.length > 0 ? data : this.typed;
    if (data.length > 0) this.passTyped();
    else if (this.before && happened & POLLHUP) this.hangUp();
    else this.hasInput = false;
  }

  private passTyped(): void {
    try {
      this.typed = this.typed.subarray(writeSome(this.master, this.typed));
    } catch (error) {
      if (!isErrno(error, 'EIO')) throw error; // nobody has the other end open
      this.typed = NOTHING;
    }
  }

  /** At most so many chunks; answers how many are out. */
  private show(most: number): number {
    for (let count = 0; count < most; count++) {
      if (this.shown.length === 0) {
        const data = this.isOpen && this.isShowing ? take(this.master) : undefined;
        if (data === undefined) return count;
        this.isShowing = data.length > 0;
        this.shown = this.isHeard ? data : NOTHING;
      }
      if (this.shown.length > 0 && !this.passShown()) return count;
    }
    return most;
  }

  /** Whether all of it is out. When nobody listens any more, the container goes on all the same. */
  private passShown(): boolean {
    try {
      this.shown = this.shown.subarray(writeSome(this.output, this.shown));
    } catch (error) {
      if (!isErrno(error, 'EPIPE', 'EIO', 'ECONNRESET', 'ENOSPC')) throw error;
      this.isHeard = false;
      this.shown = NOTHING;
    }
    return this.shown.length === 0;
  }

  /** As the caller's terminal has done: the kernel tells the processes on it by SIGHUP, and they read no more. */
  private hangUp(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    close(this.master);
  }
}

/** A terminal that has been hung up answers EIO to everything. */
function unlessGone(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!isErrno(error, 'EIO')) throw error;
  }
}

/** Nothing now is undefined, nothing any more is empty: a terminal whose other end is closed answers EIO. */
function take(fd: number): Buffer | undefined {
  try {
    return readSome(fd, CHUNK);
  } catch (error) {
    if (isErrno(error, 'EIO')) return NOTHING;
    throw error;
  }
}

/**
 * The same terminal or pipe opened again, so that a write does not wait for its reader: a flag on the caller's own would
 * be the caller's too. What cannot be opened again, such as a socket, takes a chunk when it says so.
 */
function patient(fd: number): number {
  const stat = fstatSync(fd);
  if (!stat.isCharacterDevice() && !stat.isFIFO()) return fd;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return fd;
  }
}
