import { isatty } from 'node:tty';
import { printError } from '../output.ts';

/** Milliseconds: nobody wants to know before, or more often. */
const PATIENCE = 1000;
const INTERVAL = 100;

/** A line on the terminal that tells how far a long run is, and is gone at its end. */
export class Progress {
  private readonly total: number;
  private readonly isWatched = isatty(2);
  private next = performance.now() + PATIENCE;
  private isShown = false;

  constructor(total: number) {
    this.total = total;
  }

  tell(done: number): void {
    if (!this.isWatched || performance.now() < this.next) return;
    this.next = performance.now() + INTERVAL;
    this.isShown = true;
    printError(`\r\x1b[Korlop: ${done} of ${this.total} files`);
  }

  end(): void {
    if (this.isShown) printError('\r\x1b[K');
  }
}
