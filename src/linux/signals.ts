// Signals that reach this process and are meant for another one.

import { SIGNALS } from './constants.ts';

/**
 * What is never forwarded:
 * - SIGKILL and SIGSTOP cannot be caught;
 * - SIGCHLD, SIGPIPE are about this process's own children and pipes;
 * - the rest are raised by a fault in the engine itself, after which no JavaScript may run.
 */
const OWN = new Set([
  ...['SIGKILL', 'SIGSTOP', 'SIGCHLD', 'SIGPIPE'],
  ...['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGSYS', 'SIGTRAP'],
]);

/** Names of the signals that forwardSignals() asks for; one name a number. */
export function forwardable(): string[] {
  const numbers = new Set([...OWN].map((name) => SIGNALS[name]));
  return Object.entries(SIGNALS).flatMap(([name, number]) => {
    if (numbers.has(number)) return []; // also an alias of one seen before, such as SIGPOLL of SIGIO
    numbers.add(number);
    return [name];
  });
}

/**
 * Calls `handler` for each signal that can be forwarded, until the function it returns is called.
 *
 * Real-time signals (SIGRTMIN and above) cannot be caught by either engine and keep their default action, which ends
 * the process. Bun can catch neither SIGSTKFLT nor SIGPWR, which its garbage collector uses.
 */
export function forwardSignals(handler: (signal: number, name: string) => void): () => void {
  const listeners = forwardable().map((name) => {
    const listener = (): void => handler(SIGNALS[name] as number, name);
    process.on(name as NodeJS.Signals, listener);
    return { name, listener };
  });
  return () => {
    for (const { name, listener } of listeners) process.off(name, listener);
  };
}

/** The number of `SIGTERM`, `TERM`, `term` or `15`; `SIGRTMIN+2` and `RTMAX-1` too. Undefined when there is none. */
export function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number <= SIGRTMAX ? number : undefined;
  }
  const name = `SIG${text.toUpperCase().replace(/^SIG/, '')}`;
  const realTime = /^SIGRT(?:MIN(?:\+(\d+))?|MAX(?:-(\d+))?)$/.exec(name);
  if (realTime === null) return SIGNALS[name];
  const number = name.startsWith('SIGRTMIN')
    ? SIGRTMIN + Number(realTime[1] ?? 0)
    : SIGRTMAX - Number(realTime[2] ?? 0);
  return number >= SIGRTMIN && number <= SIGRTMAX ? number : undefined;
}

// The C library keeps the first two real-time signals of the kernel (32 and 33) for itself.
const SIGRTMIN = 34;
const SIGRTMAX = 64;
