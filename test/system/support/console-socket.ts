// The other end of --console-socket, as an engine has it.

import { rmSync } from 'node:fs';
import { close } from '../../../src/linux/file.ts';
import { declare, invoke, type Pointer } from '../../../src/linux/libc.ts';
import { POLLIN, poll } from '../../../src/linux/poll.ts';
import { receive } from '../../../src/linux/socket.ts';
import { until } from './orlop.ts';
import { Screen } from './pty.ts';

const socket = declare<(family: number, type: number, protocol: number) => number>('int socket(int, int, int)');
const bind = declare<(fd: number, address: Pointer, length: number) => number>('int bind(int, void *, unsigned int)');
const listen = declare<(fd: number, backlog: number) => number>('int listen(int, int)');
const accept4 = declare<(fd: number, address: null, length: null, flags: number) => number>(
  'int accept4(int, void *, void *, int)',
);

const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
const SOCK_CLOEXEC = 0o2000000;

export class ConsoleSocket {
  readonly path: string;
  private readonly fd: number;

  constructor(path: string) {
    this.path = path;
    this.fd = invoke('socket', [], () => socket(AF_UNIX, SOCK_STREAM_CLOEXEC, 0));
    const address = Buffer.alloc(110);
    address.writeUInt16LE(AF_UNIX, 0);
    address.write(path, 2);
    invoke('bind', [this.fd, path], () => bind(this.fd, address, address.length));
    invoke('listen', [this.fd, 1], () => listen(this.fd, 1));
  }

  /** What has come: the terminal, and the text beside it. */
  async take(): Promise<{ screen: Screen; text: string }> {
    const peer = await this.accept();
    try {
      const { bytes, fd } = receive(peer, 4096);
      if (fd === undefined) throw new Error(`no terminal came with ${JSON.stringify(String(bytes))}`);
      return { screen: new Screen(fd), text: String(bytes) };
    } finally {
      close(peer);
    }
  }

  /** Takes the call and hangs up at once. */
  async refuse(): Promise<void> {
    close(await this.accept());
  }

  /** Whether somebody has called. */
  get isCalled(): boolean {
    return poll([{ fd: this.fd, events: POLLIN }], 0)[0] !== 0;
  }

  /** The socket stays where it is, and nobody is at it. */
  abandon(): void {
    close(this.fd);
  }

  close(): void {
    this.abandon();
    rmSync(this.path, { force: true });
  }

  private async accept(): Promise<number> {
    await until('somebody calls', () => this.isCalled);
    return invoke('accept4', [this.fd], () => accept4(this.fd, null, null, SOCK_CLOEXEC));
  }
}
