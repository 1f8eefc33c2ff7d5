import { close, sealedMemfd } from '../linux/file.ts';
import { isErrno } from '../linux/libc.ts';
import { kill, waitpid } from '../linux/process.ts';
import { receive, send, socketpair } from '../linux/socket.ts';
import { spawn } from '../linux/spawn.ts';
import { decode, type Message, RECORD_MAX } from './protocol.ts';

export interface LaunchOptions {
  image: Uint8Array;
  /** Fds 3 to 2 + preserveFds of this process go along. */
  preserveFds: number;
  /** Host ends of the start and exec FIFO, opened for reading and writing. */
  startFifo: number;
  execFifo: number;
  /** cgroup v2: the directory that the container's first process is born in. */
  cgroup?: number | undefined;
}

/** A running launch image. The order of its fds is that of Slot in assembly/image/context.ts. */
export class Launch {
  private readonly socket: number;
  private launcher: number | undefined;

  constructor(options: LaunchOptions) {
    const [ours, theirs] = socketpair();
    this.socket = ours;
    const memfd = sealedMemfd('orlop', options.image);
    try {
      const first = 3 + options.preserveFds;
      const fds: [number, number][] = [];
      for (let fd = 0; fd < first; fd++) fds.push([fd, fd]);
      fds.push([theirs, first], [options.startFifo, first + 1], [options.execFifo, first + 2]);
      if (options.cgroup !== undefined) fds.push([options.cgroup, first + 3]);
      this.launcher = spawn({ file: memfd, argv: ['orlop'], env: [], fds });
    } catch (error) {
      close(ours);
      throw error;
    } finally {
      close(memfd);
      close(theirs);
    }
  }

  /** The next message, none when the image has ended; `fd` is what came along, and the caller's. */
  receive(): { message?: Message; fd?: number | undefined } {
    const { bytes, fd } = receive(this.socket, RECORD_MAX);
    return bytes.length === 0 ? {} : { message: decode(bytes), fd };
  }

  /** Lets the image go on. One that has failed meanwhile does not listen any more: what it has said is still to be read. */
  answer(): void {
    try {
      send(this.socket, Buffer.of(1));
    } catch (error) {
      if (!isErrno(error, 'EPIPE', 'ECONNRESET')) throw error;
    }
  }

  /** The launcher ends by itself once it has told the pid. */
  reapLauncher(): void {
    if (this.launcher === undefined) return;
    waitpid(this.launcher);
    this.launcher = undefined;
  }

  close(): void {
    close(this.socket);
  }

  /** Ends what has not ended by itself. */
  abort(): void {
    if (this.launcher === undefined) return;
    try {
      kill(this.launcher, 9);
    } catch (error) {
      if (!isErrno(error, 'ESRCH')) throw error;
    }
    this.reapLauncher();
  }
}
