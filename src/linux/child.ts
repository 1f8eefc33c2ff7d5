// Waiting for children inside the event loop, in Node and in Bun, while signals stay deliverable.
//
// SIGCHLD only says that something happened, and several may merge into one. So every time, and once right after a
// child is added, each awaited pid is asked with WNOHANG. Only awaited pids: node:child_process has children of its own.

import { type Exit, tryWaitpid } from './process.ts';

interface Waiting {
  resolve: (exit: Exit) => void;
  reject: (error: unknown) => void;
}

const waiting = new Map<number, Waiting>();
let timer: NodeJS.Timeout | undefined;

// A signal listener does not keep the event loop alive, a timer does. It also serves worker threads, where engines
// deliver no signals.
const TICK_MS = 1000;

/** Resolves when a child of this process has ended; it is reaped then. */
export function onChildExit(pid: number): Promise<Exit> {
  return new Promise((resolve, reject) => {
    waiting.set(pid, { resolve, reject });
    if (timer === undefined) {
      process.on('SIGCHLD', collect);
      timer = setInterval(collect, TICK_MS);
    }
    collectOne(pid);
    stopWhenIdle();
  });
}

function collect(): void {
  for (const pid of waiting.keys()) collectOne(pid);
  stopWhenIdle();
}

function collectOne(pid: number): void {
  const waiter = waiting.get(pid);
  try {
    const ended = tryWaitpid(pid);
    if (ended === undefined) return;
    waiting.delete(pid);
    waiter?.resolve(ended.exit);
  } catch (error) {
    waiting.delete(pid);
    waiter?.reject(error);
  }
}

function stopWhenIdle(): void {
  if (waiting.size > 0 || timer === undefined) return;
  clearInterval(timer);
  timer = undefined;
  process.off('SIGCHLD', collect);
}
