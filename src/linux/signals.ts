import { SIGNALS } from './constants.ts';

// The C library keeps the first two real-time signals of the kernel (32 and 33) for itself.
const SIGRTMIN = 34;
export const SIGRTMAX = 64;

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
