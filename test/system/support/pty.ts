// Terminals as a person has them: keys go in, a screen comes out, a window changes its size.

import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { close, readSome, setNonBlocking, writeSome } from '../../../src/linux/file.ts';
import { declare, invoke, isErrno, type Pointer } from '../../../src/linux/libc.ts';
import { getWindowSize, setWindowSize, tcgetattr, type WindowSize } from '../../../src/linux/terminal.ts';
import { until } from './orlop.ts';

const posix_openpt = declare<(flags: number) => number>('int posix_openpt(int)');
const unlockpt = declare<(fd: number) => number>('int unlockpt(int)');
const ioctl = declare<(fd: number, request: number, argument: Pointer) => number>(
  'int ioctl(int, unsigned long, void *)',
);

const O_RDWR = 2;
const O_NOCTTY = 0o400;
const O_CLOEXEC = 0o2000000;
const TIOCGPTN = 0x80045430; // <asm-generic/ioctls.h>

/** The master of a terminal, in the hands of the test: what is shown is kept, but while the reader pauses. */
export class Screen {
  readonly fd: number;
  private readonly chunks: Buffer[] = [];
  private readonly timer: NodeJS.Timeout;
  private isPaused = false;
  private isOpen = true;

  constructor(fd: number) {
    this.fd = fd;
    setNonBlocking(fd);
    this.timer = setInterval(() => this.isPaused || this.read(), 5);
  }

  /** Everything so far, lines ended by \n. */
  get text(): string {
    this.read();
    return this.bytes.toString().replaceAll('\r\n', '\n');
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get size(): WindowSize {
    return getWindowSize(this.fd);
  }

  /** The settings of the terminal, to be compared. */
  get settings(): string {
    return tcgetattr(this.fd).toString('hex');
  }

  /** Whether keys are handed on as they are typed, and not shown: man 3 termios, c_lflag. */
  get isRaw(): boolean {
    const ISIG_ICANON_ECHO = 0o1 | 0o2 | 0o10; // <bits/termios-c_lflag.h>
    return (tcgetattr(this.fd).readUInt32LE(12) & ISIG_ICANON_ECHO) === 0;
  }

  /** Waits until all of it has been taken. */
  async type(keys: string | Uint8Array): Promise<void> {
    let rest = Buffer.from(keys);
    await until('all keys are taken', () => {
      rest = rest.subarray(writeSome(this.fd, rest));
      return rest.length === 0;
    });
  }

  async shows(words: string | RegExp, milliseconds?: number): Promise<void> {
    const isThere = (): boolean => (typeof words === 'string' ? this.text.includes(words) : words.test(this.text));
    await until(`the screen shows ${words}`, isThere, milliseconds).catch((error: Error) => {
      throw new Error(`${error.message}; it shows ${JSON.stringify(this.text.slice(-2000))}`);
    });
  }

  resize(rows: number, columns: number): void {
    setWindowSize(this.fd, { rows, columns });
  }

  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
  }

  /** The window is closed. */
  hangUp(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    clearInterval(this.timer);
    close(this.fd);
  }

  private read(): void {
    if (!this.isOpen) return;
    try {
      for (let data = readSome(this.fd, 65536); data?.length; data = readSome(this.fd, 65536)) this.chunks.push(data);
    } catch (error) {
      if (!isErrno(error, 'EIO')) throw error; // nobody has the other end open
    }
  }
}

/** How a program has ended: its status, or 128 and the number of a signal, as a shell says it. */
export interface Session {
  pid: number;
  status: Promise<number>;
}

export class Pty extends Screen {
  /** The slave, by which programs open it. */
  readonly path: string;
  private readonly running = new Set<ChildProcess>();

  constructor(rows = 24, columns = 80) {
    const master = invoke('posix_openpt', [{ text: '…' }], () => posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    super(master);
    invoke('unlockpt', [master], () => unlockpt(master));
    const number = Buffer.alloc(4);
    invoke('ioctl', [master, { text: 'TIOCGPTN' }], () => ioctl(master, TIOCGPTN, number));
    this.path = `/dev/pts/${number.readUInt32LE(0)}`;
    this.resize(rows, columns);
  }

  /**
   * Starts a program in a session of its own, whose controlling terminal this is: a session gets the first one that it
   * opens. Standard input, output and error are on it, but for what `redirections` say.
   */
  start(words: readonly string[], redirections = ''): Session {
    const script = `exec "$@" 0<>"$0" 1>&0 2>&0 ${redirections}`;
    const child = spawn('/bin/sh', ['-c', script, this.path, ...words], { detached: true, stdio: 'ignore' });
    this.running.add(child);
    const status = new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        this.running.delete(child);
        resolve(code ?? 128 + constants.signals[signal as NodeJS.Signals]);
      });
    });
    return { pid: child.pid as number, status };
  }

  /** Whether nothing had to be ended that was still there. */
  end(): boolean {
    this.hangUp();
    for (const child of this.running) child.kill('SIGKILL');
    return this.running.size === 0;
  }
}
