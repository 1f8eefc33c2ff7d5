// Processes: waiting, signals, and what a process may do.

import { SIGNALS } from './constants.ts';
import { declare, invoke, type Pointer } from './libc.ts';
import { isLoaded } from './native.ts';
import * as syscalls from './syscalls.ts';

const waitpid_ = declare<(pid: number, status: Pointer, options: number) => number>('int waitpid(int, void *, int)');
const kill_ = declare<(pid: number, signal: number) => number>('int kill(int, int)');
const prctl_ = declare<(option: number, a: number, b: number, c: number, d: number) => number>(
  'int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)',
);
const capget_ = declare<(header: Pointer, data: Pointer) => number>('int capget(void *, void *)');

/** How a process ended. `signal` is a number; real-time signals have no name. */
export type Exit = { code: number; signal?: undefined } | { code?: undefined; signal: number };

/** The number a shell would answer: the code, or 128 and the signal. */
export function exitNumber(exit: Exit): number {
  return exit.code ?? 128 + exit.signal;
}

// Layout of a wait status: <bits/waitstatus.h>
export function exitOf(status: number): Exit {
  const signal = status & 0x7f;
  return signal === 0 ? { code: (status >> 8) & 0xff } : { signal };
}

/** Waits for a child to end; -1 is any child. */
export function waitpid(pid: number): { pid: number; exit: Exit } {
  const status = Buffer.alloc(4);
  const found = invoke('waitpid', [pid, { text: '&status' }, 0], () => waitpid_(pid, status, 0));
  return { pid: found, exit: exitOf(status.readInt32LE(0)) };
}

/** As waitpid, but answers undefined when no such child has ended yet. */
export function tryWaitpid(pid: number): { pid: number; exit: Exit } | undefined {
  const WNOHANG = 1; // <bits/waitflags.h>
  const status = Buffer.alloc(4);
  const found = invoke('waitpid', [pid, { text: '&status' }, { text: 'WNOHANG' }], () =>
    waitpid_(pid, status, WNOHANG),
  );
  return found === 0 ? undefined : { pid: found, exit: exitOf(status.readInt32LE(0)) };
}

/** SIGKILL for 9; the number where there is no name. */
export function signalName(signal: number): string {
  return Object.entries(SIGNALS).find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`;
}

function signalText(signal: number): { text: string } {
  return { text: signalName(signal).replace('signal ', '') };
}

/** Any number, real-time signals and 0 too; a negative pid is a process group. */
export function kill(pid: number, signal: number): void {
  invoke('kill', [pid, signalText(signal)], () => kill_(pid, signal));
}

export function pidfdOpen(pid: number): number {
  return invoke('pidfd_open', [pid, 0], () => syscalls.pidfd_open(pid, 0));
}

/** A copy of another process's descriptor, close-on-exec. Needs what ptrace would: man 2 pidfd_getfd. */
export function pidfdGetfd(pidfd: number, fd: number): number {
  return invoke('pidfd_getfd', [pidfd, fd, 0], () => syscalls.pidfd_getfd(pidfd, fd, 0));
}

export function pidfdSendSignal(pidfd: number, signal: number): void {
  invoke('pidfd_send_signal', [pidfd, signalText(signal), null, 0], () =>
    syscalls.pidfd_send_signal(pidfd, signal, null, 0),
  );
}

// <linux/prctl.h>
const PR_SET_CHILD_SUBREAPER = 36;

/** Whether orphaned descendants become children of this process. */
export function setChildSubreaper(isSubreaper: boolean): void {
  const value = isSubreaper ? 1 : 0;
  invoke('prctl', [{ text: 'PR_SET_CHILD_SUBREAPER' }, value], () => prctl_(PR_SET_CHILD_SUBREAPER, value, 0, 0, 0));
}

export interface Capabilities {
  permitted: bigint;
  effective: bigint;
  inheritable: bigint;
}

/** Bit N is capability N of <linux/capability.h>. Of this thread when no pid is given. */
export function capabilities(pid = 0): Capabilities {
  const LINUX_CAPABILITY_VERSION_3 = 0x20080522; // <linux/capability.h>
  const header = Buffer.alloc(8);
  header.writeUInt32LE(LINUX_CAPABILITY_VERSION_3, 0);
  header.writeInt32LE(pid, 4);
  const data = Buffer.alloc(24); // two struct __user_cap_data_struct: effective, permitted, inheritable; low half first
  invoke('capget', [{ text: `{pid=${pid}}` }, { text: '&data' }], () => capget_(header, data));
  const wide = (at: number): bigint => BigInt(data.readUInt32LE(at)) | (BigInt(data.readUInt32LE(at + 12)) << 32n);
  return { effective: wide(0), permitted: wide(4), inheritable: wide(8) };
}

/** The parent's pid now: it changes when the parent dies, and engines may remember the first answer. */
export const getppid = declare<() => number>('int getppid()');

const exit_ = declare<(status: number) => void>('void _exit(int)');

/** Ends this process at once, where the C library is at hand anyway: an engine takes itself down piece by piece. */
export function exitNow(status: number): never {
  if (isLoaded()) exit_(status);
  process.exit(status);
}
