// man 3 sd_notify, between a container and the supervisor of orlop. The container gets a socket of its own; the
// supervisor's is not handed in. What crosses is what a service may say of itself, with the pid that the host knows.

import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { OrlopError } from '../error.ts';
import { close } from '../linux/file.ts';
import { isErrno } from '../linux/libc.ts';
import { POLLIN, POLLOUT, poll, type Watch } from '../linux/poll.ts';
import { bindDatagram, connectDatagram, receive, send, socketpair } from '../linux/socket.ts';
import type { State } from './store.ts';

/** Everything else would be about the supervisor's own affairs, such as its store of fds. */
const OWN = new Set([
  ...['READY', 'RELOADING', 'STOPPING', 'MONOTONIC_USEC', 'STATUS', 'ERRNO', 'BUSERROR', 'VARLINKERROR'],
  ...['WATCHDOG', 'EXTEND_TIMEOUT_USEC'],
]);

const MESSAGE_MAX = 4096;
/** Messages at a time: the kernel, too, keeps only some (net.unix.max_dgram_qlen). */
const QUEUE_MAX = 16;
/** Milliseconds for a supervisor to take a message, and to work through all that it has got. */
const PATIENCE = 1000;

/**
 * Of a container that was created with a directory for it, if there is a supervisor now. Before the container starts, so
 * that it finds the socket.
 */
export function notifierOf(state: State, address: string | undefined): Notifier | undefined {
  const { notify } = state.request;
  if (notify === undefined || address === undefined || state.pid === undefined) return undefined;
  return new Notifier(notify, address, state.pid);
}

/** From the start of a container until it is closed. */
export class Notifier {
  private readonly own: number;
  private readonly supervisor: number;
  private readonly pid: number;
  private isServing = false;

  /** `directory` is the one that the container has, `address` the supervisor's NOTIFY_SOCKET, `pid` that of the container. */
  constructor(directory: string, address: string, pid: number) {
    this.pid = pid;
    this.supervisor = connectSupervisor(address);
    const path = join(directory, 'notify.sock');
    try {
      rmSync(path, { force: true }); // of a start that was killed
      this.own = bindDatagram(path);
    } catch (error) {
      close(this.supervisor);
      throw error;
    }
    try {
      chmodSync(path, 0o777); // its user may be anybody
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** For a container that is left alone: until it is ready, or gone. The supervisor then knows its pid. */
  awaitReady(pidfd: number): void {
    for (let isReady = false; !isReady; ) {
      const [message, end] = poll(
        [this.own, pidfd].map((fd) => ({ fd, events: POLLIN })),
        -1,
      );
      if (message) isReady = this.take(true);
      else if (end) return;
    }
    this.awaitSupervisor();
  }

  /** For one in the foreground: whatever it says, until close(). */
  watch(): Watch {
    this.isServing = true;
    return { fd: this.own, events: POLLIN, act: () => this.takeAll() };
  }

  /** What was said until now still crosses. */
  close(): void {
    if (this.isServing) this.takeAll();
    close(this.own);
    close(this.supervisor);
  }

  /** What is there, but not for ever: who talks without end must not keep us from anything else. */
  private takeAll(): void {
    for (let count = 0; count < QUEUE_MAX && poll([{ fd: this.own, events: POLLIN }], 0)[0]; count++) this.take(false);
  }

  /** One message; whether it says that the container is ready. */
  private take(tellsPid: boolean): boolean {
    let received: ReturnType<typeof receive>;
    try {
      received = receive(this.own, MESSAGE_MAX);
    } catch (error) {
      if (error instanceof OrlopError) return false; // too long, or several fds: what nobody has to understand
      throw error;
    }
    const lines = received.bytes.toString('utf8').split('\n');
    if (received.fd !== undefined) {
      // The supervisor closes it when it has seen all that came before: so the container waits for just that.
      if (lines[0] === 'BARRIER=1') this.tell('BARRIER=1', received.fd);
      close(received.fd);
      return false;
    }
    const isReady = lines.includes('READY=1');
    const told = lines.flatMap((line) => this.translate(line));
    const pid = `MAINPID=${this.pid}`;
    if (isReady && tellsPid && !told.includes(pid)) told.push(pid);
    if (told.length > 0) this.tell(told.join('\n'));
    return isReady;
  }

  /** Of pids inside only the first is known outside. */
  private translate(line: string): string[] {
    const [name = ''] = line.split('=', 1);
    if (line === 'MAINPID=1') return [`MAINPID=${this.pid}`];
    return OWN.has(name) ? [line] : [];
  }

  /** A supervisor that does not listen must not hold up the container. */
  private tell(message: string, fd?: number): void {
    if (!poll([{ fd: this.supervisor, events: POLLOUT }], PATIENCE)[0]) return;
    try {
      send(this.supervisor, message, fd);
    } catch (error) {
      if (!isErrno(error, 'ECONNREFUSED', 'ENOTCONN', 'EPIPE', 'ECONNRESET')) throw error;
    }
  }

  /** systemd tells by the sender whom a message is about: whoever is gone before it is read has said nothing. */
  private awaitSupervisor(): void {
    const [ours, theirs] = socketpair();
    try {
      this.tell('BARRIER=1', theirs);
    } finally {
      close(theirs);
    }
    try {
      poll([{ fd: ours, events: POLLIN }], PATIENCE);
    } finally {
      close(ours);
    }
  }
}

function connectSupervisor(address: string): number {
  const hint = 'NOTIFY_SOCKET is the path of a datagram socket, or a name in the abstract namespace behind @';
  if (!/^[/@]./.test(address))
    throw new OrlopError('usage/invalid', `NOTIFY_SOCKET=${address}: not an address`, { hint });
  try {
    return connectDatagram(address);
  } catch (cause) {
    if (!(cause instanceof OrlopError)) throw cause;
    throw new OrlopError('usage/invalid', `NOTIFY_SOCKET: ${cause.message}`, { hint, cause });
  }
}
