import { OrlopError } from '../error.ts';
import { close, sealedMemfd } from '../linux/file.ts';
import { isErrno } from '../linux/libc.ts';
import { kill, waitpid } from '../linux/process.ts';
import { type Received, receive, send, socketpair } from '../linux/socket.ts';
import { spawn } from '../linux/spawn.ts';
import { decode, type Message, RECORD_MAX } from './protocol.ts';

export interface LaunchOptions {
  image: Uint8Array;
  /** Fds 3 to 2 + preserveFds of this process go along. */
  preserveFds: number;
  /** The start and exec FIFO of a container, opened for reading and writing; exec has none. */
  startFifo?: number | undefined;
  execFifo?: number | undefined;
  /** cgroup v2: the directory that the container's first process is born in. */
  cgroup?: number | undefined;
  /** The container to enter. */
  pidfd?: number | undefined;
  /** Called before each receive, which waits for ever: it may wait in another way, and give up. */
  awaitWord?: ((socket: number) => void) | undefined;
}

/** A running launch image. The order of its fds is that of Slot in assembly/image/context.ts. */
export class Launch {
  private readonly socket: number;
  private readonly awaitWord: LaunchOptions['awaitWord'];
  private launcher: number | undefined;

  constructor(options: LaunchOptions) {
    this.awaitWord = options.awaitWord;
    const [ours, theirs] = socketpair();
    this.socket = ours;
    let memfd: number | undefined;
    try {
      memfd = sealedMemfd('orlop', options.image);
      const first = 3 + options.preserveFds;
      const fds: [number, number][] = [];
      for (let fd = 0; fd < first; fd++) fds.push([fd, fd]);
      const slots = [theirs, options.startFifo, options.execFifo, options.cgroup, options.pidfd];
      for (const [slot, fd] of slots.entries()) if (fd !== undefined) fds.push([fd, first + slot]);
      this.launcher = spawn({ file: memfd, argv: ['orlop'], env: [], fds });
    } catch (error) {
      close(ours);
      throw error;
    } finally {
      if (memfd !== undefined) close(memfd);
      close(theirs);
    }
  }

  /** Of the launcher, until it has told the container's. */
  get pid(): number {
    return this.launcher as number;
  }

  /** The next message, none when the image has ended; `fd` is what came along, and the caller's. */
  receive(): { message?: Message; fd?: number | undefined } {
    this.awaitWord?.(this.socket);
    const { bytes, fd } = this.receiveRecord();
    return bytes.length === 0 ? {} : { message: decode(bytes), fd };
  }

  /** That the image has ended without reading all is told once (ECONNRESET), and before what it has said. */
  private receiveRecord(): Received {
    try {
      return receive(this.socket, RECORD_MAX);
    } catch (error) {
      if (!isErrno(error, 'ECONNRESET')) throw error;
      return receive(this.socket, RECORD_MAX);
    }
  }

  /**
   * Until the image is ready, or `take` has made a failure of a message. Launcher and container share the socket, so what
   * the container says may overtake the pid: only when both are known, or neither can come any more, is this over.
   */
  untilReady<Failure>(take: (message: Message, fd?: number) => Failure | undefined): Failure | undefined {
    let failure: Failure | undefined;
    let isReady = false;
    let hasPid = false;
    while (!hasPid || !(isReady || failure)) {
      const { message, fd } = this.receive();
      if (message === undefined) break;
      if (message.kind === 'pid') hasPid = true;
      if (message.kind === 'ready') isReady = true;
      else failure = take(message, fd) ?? failure;
    }
    if (failure || isReady) {
      this.reapLauncher();
      return failure;
    }
    throw new OrlopError('launch/failed', 'the launch image ended without a word', {
      hint: 'it was killed: look for the out-of-memory killer in the kernel log, and at linux.resources.memory',
    });
  }

  /** Lets the image go on, with an fd. */
  answer(fd?: number): void {
    this.tell(Buffer.of(1), fd);
  }

  /** One that has failed meanwhile does not listen any more: what it has said is still to be read. */
  tell(record: Uint8Array, fd?: number): void {
    try {
      send(this.socket, record, fd);
    } catch (error) {
      if (!isErrno(error, 'EPIPE', 'ECONNRESET')) throw error;
    }
  }

  /** The launcher ends by itself: what it does for the container is done when that is ready, or has failed. */
  reapLauncher(): void {
    if (this.launcher === undefined) return;
    waitpid(this.launcher);
    this.launcher = undefined;
  }

  close(): void {
    close(this.socket);
  }

  /** Ends what has not ended by itself; one that is frozen ends when it goes on, and is not waited for. */
  abort(isFrozen = false): void {
    if (this.launcher === undefined) return;
    try {
      kill(this.launcher, 9);
    } catch (error) {
      if (!isErrno(error, 'ESRCH')) throw error;
    }
    if (!isFrozen) this.reapLauncher();
  }
}
