// A client of D-Bus that waits for its answers: a launch is one thread that goes step by step, and libraries for D-Bus
// answer from the event loop.

import { OrlopError } from '../error.ts';
import { CALL, decode, ERROR, encode, FIXED_SIZE, lengthOf, type Message, SIGNAL, type Value } from './dbus-message.ts';
import { close, read, write } from './file.ts';
import { POLLIN, poll } from './poll.ts';
import { connect } from './socket.ts';

/** What a service has answered instead of a result. */
export class DBusError extends OrlopError {
  /** `org.freedesktop.systemd1.UnitExists` */
  readonly errorName: string;

  constructor(call: string, errorName: string, text: string) {
    super('linux/dbus', `${call} failed: ${text} (${errorName})`);
    this.errorName = errorName;
  }
}

export interface Call {
  destination: string;
  path: string;
  interface: string;
  member: string;
  signature?: string;
  body?: readonly Value[];
}

const BUS: Omit<Call, 'member'> = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};

const ANSWER_MS = 30_000;
/** Who we are the kernel tells (SO_PEERCRED), in a user namespace too: no identity of ours is sent. */
const AUTHENTICATION = '\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n';

export class Connection {
  private readonly fd: number;
  private readonly address: string;
  private serial = 0;
  private readonly sent = new Map<number, Call>();
  private pending = Buffer.alloc(0);
  /** What has come while something else was waited for. */
  private readonly inbox: Message[] = [];

  /** `isBus`: a bus, which wants to be greeted; else the service itself is at the other end. */
  constructor(path: string, isBus: boolean) {
    this.address = path;
    this.fd = connect(path);
    try {
      write(this.fd, AUTHENTICATION);
      const hello = isBus ? this.send({ ...BUS, member: 'Hello' }) : undefined;
      this.authenticate();
      if (hello !== undefined) this.answer(hello);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    close(this.fd);
  }

  call(call: Call): readonly Value[] {
    return this.answer(this.send(call));
  }

  /** Answers the serial number that answer() wants: several calls may be under way. */
  send(call: Call): number {
    const serial = ++this.serial;
    this.sent.set(serial, call);
    write(this.fd, encode({ ...call, type: CALL, serial }));
    return serial;
  }

  answer(serial: number): readonly Value[] {
    const call = this.sent.get(serial) as Call;
    const words = callText(call);
    const { type, errorName, body } = this.receive(words, ({ replySerial }) => replySerial === serial, ANSWER_MS);
    this.sent.delete(serial);
    if (type === ERROR) throw new DBusError(words, errorName ?? '', String(body?.[0] ?? ''));
    return body ?? [];
  }

  /** Signals of this interface come from now on; to be told by the bus before anything that causes them. */
  subscribe(interfaceName: string, member: string): void {
    const rule = `type='signal',interface='${interfaceName}',member='${member}'`;
    this.call({ ...BUS, member: 'AddMatch', signature: 's', body: [rule] });
  }

  signal(
    what: string,
    member: string,
    isIt: (body: readonly Value[]) => boolean,
    milliseconds: number,
  ): readonly Value[] {
    const isThis = (message: Message): boolean =>
      message.type === SIGNAL && message.member === member && isIt(message.body ?? []);
    return this.receive(what, isThis, milliseconds).body ?? [];
  }

  private receive(what: string, isIt: (message: Message) => boolean, milliseconds: number): Message {
    const there = this.inbox.findIndex(isIt);
    if (there >= 0) return this.inbox.splice(there, 1)[0] as Message;
    const end = Date.now() + milliseconds;
    for (;;) {
      const message = this.next(what, end);
      if (isIt(message)) return message;
      this.inbox.push(message);
    }
  }

  private next(what: string, end: number): Message {
    while (this.pending.length < FIXED_SIZE || this.pending.length < lengthOf(this.pending)) this.readMore(what, end);
    const length = lengthOf(this.pending);
    const message = decode(this.pending.subarray(0, length));
    this.pending = this.pending.subarray(length);
    return message;
  }

  /** `DATA`, then `OK` and the server's id, a line each. */
  private authenticate(): void {
    const end = Date.now() + ANSWER_MS;
    for (;;) {
      const newline = this.pending.indexOf('\r\n');
      if (newline < 0) {
        this.readMore('AUTH EXTERNAL', end);
        continue;
      }
      const line = this.pending.toString('latin1', 0, newline);
      this.pending = this.pending.subarray(newline + 2);
      if (line.startsWith('OK')) return;
      if (line.startsWith('DATA')) continue;
      throw new OrlopError('linux/dbus', `D-Bus on ${this.address} refuses this user: ${line}`, {
        hint: 'the bus of a user lets in that user only',
      });
    }
  }

  private readMore(what: string, end: number): void {
    const [events = 0] = poll([{ fd: this.fd, events: POLLIN }], Math.max(0, end - Date.now()));
    if (events === 0) {
      throw new OrlopError('linux/dbus', `${what}: no answer on ${this.address} for ${ANSWER_MS / 1000} seconds`, {
        hint: 'systemd is busy or hangs: "systemctl list-jobs" tells; --cgroup-manager cgroupfs goes without it',
      });
    }
    const more = read(this.fd, 65536);
    if (more.length === 0) throw new OrlopError('linux/dbus', `${what}: ${this.address} has closed the connection`);
    this.pending = Buffer.concat([this.pending, more]);
  }
}

function callText({ interface: name, member, body = [] }: Call): string {
  const first =
    typeof body[0] === 'string' ? `"${body[0]}"${body.length > 1 ? ', …' : ''}` : body.length > 0 ? '…' : '';
  return `${name}.${member}(${first})`;
}
