// Standard output and error, written at once. The streams of process.stdout and process.stderr take a millisecond to
// make, and what they still hold at the end has to be waited for.

import { writeSync } from 'node:fs';

/** False if nobody reads any more. */
export function print(output: string | Uint8Array): boolean {
  return writeAll(1, typeof output === 'string' ? Buffer.from(output) : output);
}

export function printError(text: string): void {
  writeAll(2, Buffer.from(text));
}

/** A pipe whose reader is slow may be full for a moment: another program has made it non-blocking. */
function writeAll(fd: number, bytes: Uint8Array): boolean {
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE' || code === 'EIO') return false; // nobody reads any more, or the terminal is gone
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
  return true;
}
