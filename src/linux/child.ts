// Waiting for a child inside the event loop, so that signals are handled meanwhile.

import { type Exit, tryWaitpid } from './process.ts';

/** A signal handler alone does not keep an event loop running; what does also looks now and then. */
const INTERVAL = 1000;

/** Answers when the child has ended, and has reaped it. */
export function onChildExit(pid: number): Promise<Exit> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      process.off('SIGCHLD', check);
      clearInterval(timer);
    };
    const check = (): void => {
      try {
        const ended = tryWaitpid(pid);
        if (!ended) return;
        stop();
        resolve(ended.exit);
      } catch (error) {
        stop();
        reject(error);
      }
    };
    const timer = setInterval(check, INTERVAL);
    process.on('SIGCHLD', check);
    // It may have ended before the handler was there.
    check();
  });
}
