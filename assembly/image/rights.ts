import { Call } from './calls';
import { MSG_NOSIGNAL, SCM_RIGHTS, SOL_SOCKET } from './constants';
import { Context, RecordKind } from './context';
import { RECORD_SIZE } from './layout';
import { Cell } from './operand';

/** man 2 sendmsg, man 3 cmsg: a record that carries one fd. The call that opens it puts it into its cell. */
export class RightsMessage {
  constructor(
    public fd: Cell,
    public header: Cell,
  ) {}

  /** Sends it to the host, and lets go of the fd. */
  send(context: Context): void {
    const program = context.program;
    const flags = program.named(MSG_NOSIGNAL, 'MSG_NOSIGNAL');
    program.call(Call.SENDMSG, context.socket, program.at(this.header), flags);
    context.close(this.fd);
  }
}

export function rightsMessage(context: Context, kind: RecordKind, value: u64, name: string): RightsMessage {
  const program = context.program;
  const record = program.area(name, RECORD_SIZE);
  program.put64(record, 0, kind);
  program.put64(record, 8, value);
  return recordMessage(context, record, name);
}

/** Of a record that is there already. */
export function recordMessage(context: Context, record: Cell, name: string): RightsMessage {
  return message(context, record, RECORD_SIZE, name);
}

/** A byte that nobody looks at, and the fd that it carries: to be received, or sent. */
export function byteMessage(context: Context, name: string): RightsMessage {
  return message(context, context.byte, 1, name);
}

function message(context: Context, bytes: Cell, length: u32, name: string): RightsMessage {
  const program = context.program;
  const vector = program.area('iovec', 16);
  program.put64(vector, 0, bytes.address);
  program.put64(vector, 8, length);
  const control = program.area('control', 24);
  program.put64(control, 0, 20);
  program.put32(control, 8, SOL_SOCKET);
  program.put32(control, 12, SCM_RIGHTS);
  const header = program.area(`{${name}, SCM_RIGHTS}`, 56);
  program.put64(header, 16, vector.address);
  program.put64(header, 24, 1);
  program.put64(header, 32, control.address);
  program.put64(header, 40, 24);
  return new RightsMessage(program.field(control, 16, name), header);
}
