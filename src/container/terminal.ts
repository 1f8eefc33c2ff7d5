// The terminal of a container in the foreground: what is typed here goes to its master, what it shows comes here.

import { read as readAsync, write as writeAsync, writeSync } from 'node:fs';
import { SIGNALS } from '../linux/constants.ts';
import { close } from '../linux/file.ts';
import { getWindowSize, isTerminal, makeRaw, setWindowSize, type Termios, tcsetattr } from '../linux/terminal.ts';

export interface Terminal {
  /** A signal that is the terminal's own affair, and not forwarded. */
  handles(signal: number): boolean;
  /** Until everything that the container has written is out. */
  drain(): Promise<void>;
  /** Puts the caller's terminal back; always called. */
  restore(): Promise<void>;
}

const CHUNK = 16384;

export function attachTerminal(master: number): Terminal {
  const hasTerminal = isTerminal(0);
  let before: Termios | undefined;
  if (hasTerminal) {
    setWindowSize(master, getWindowSize(0));
    before = makeRaw(0);
  }
  let isClosed = false;
  const output = copyOutput(master);
  const onInput = (data: Buffer): void => {
    if (!isClosed) writeAsync(master, data, () => undefined);
  };
  process.stdin.on('data', onInput);
  return {
    handles(signal) {
      if (signal !== SIGNALS.SIGWINCH) return false;
      if (hasTerminal) setWindowSize(master, getWindowSize(0));
      return true;
    },
    drain: () => output,
    async restore() {
      if (isClosed) return;
      isClosed = true;
      process.stdin.off('data', onInput);
      process.stdin.pause();
      process.stdin.unref?.();
      if (before) tcsetattr(0, before);
      close(master);
    },
  };
}

/** Ends with EIO, when nobody has the other end open any more. */
function copyOutput(master: number): Promise<void> {
  const chunk = Buffer.alloc(CHUNK);
  return new Promise((resolve) => {
    const next = (): void => {
      readAsync(master, chunk, 0, CHUNK, null, (error, count) => {
        if (error || count === 0) return resolve();
        writeAll(chunk.subarray(0, count));
        next();
      });
    };
    next();
  });
}

function writeAll(data: Buffer): void {
  let rest = data;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EAGAIN') continue;
      return; // nobody reads any more: the container goes on
    }
  }
}
