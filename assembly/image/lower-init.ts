import { TextStep, Verb } from '../plan/step';
import { SysctlStep } from '../plan/sysctl';
import { Call } from './calls';
import { AF_INET, IFF_UP_RUNNING, SIOCSIFFLAGS, SOCK_DGRAM_CLOEXEC } from './constants';
import { Context } from './context';
import { EAFNOSUPPORT } from './errno';
import { Label } from './label';
import { ANY_ERROR, FAILURE_LOG, LOG_SIZE } from './layout';
import { writeProc } from './lower-launcher';
import { Cell } from './operand';

export function lowerSession(context: Context): void {
  context.program.call(Call.SETSID);
}

export function lowerHostname(context: Context, step: TextStep): void {
  const program = context.program;
  const call = step.verb == Verb.HOSTNAME ? Call.SETHOSTNAME : Call.SETDOMAINNAME;
  program.call(call, program.text(step.text), program.number(String.UTF8.byteLength(step.text)));
}

/** man 7 netdevice: struct ifreq { char name[16]; short flags; … } for "lo" */
export function lowerLoopback(context: Context): void {
  const program = context.program;
  const skip = new Label('skip');
  const request = program.area('{"lo", IFF_UP|IFF_RUNNING}', 40);
  program.put32(request, 0, 0x6f6c);
  program.put32(request, 16, IFF_UP_RUNNING);
  program
    .call(
      Call.SOCKET,
      program.named(AF_INET, 'AF_INET'),
      program.named(SOCK_DGRAM_CLOEXEC, 'SOCK_DGRAM|SOCK_CLOEXEC'),
      program.number(0),
    )
    .into(context.target)
    .tolerate(EAFNOSUPPORT, skip);
  program.call(
    Call.IOCTL,
    program.load(context.target),
    program.named(SIOCSIFFLAGS, 'SIOCSIFFLAGS'),
    program.at(request),
  );
  context.close(context.target);
  program.place(skip);
}

export function lowerSysctl(context: Context, step: SysctlStep): void {
  writeProc(context, `sys/${step.file}`, step.value);
}

/**
 * Where a row goes that failed: what the kernel logged about a filesystem goes into the record, the record to the host,
 * or to whoever waits for the start. None of these rows may fail, or they would come back here; and where a seccomp filter
 * forbids even the end, a look at address 0 is one that it cannot forbid.
 */
export function lowerFailure(context: Context): void {
  const program = context.program;
  const started = new Label('started');
  const end = new Label('end');
  program.step = -1;
  program.node = -1;
  program.place(context.failure);
  const log = new Cell(FAILURE_LOG, 'failure.log');
  program
    .call(Call.READ, program.load(context.filesystem), program.at(log), program.number(LOG_SIZE))
    .tolerate(ANY_ERROR);
  program.branch(context.started, u64.MAX_VALUE, 1, started);
  program
    .call(Call.WRITE, context.socket, program.at(program.failure), program.number(context.failureSize))
    .tolerate(ANY_ERROR);
  program.jump(end);
  program.place(started);
  program
    .call(Call.WRITE, context.execFifo, program.at(program.failure), program.number(context.failureSize))
    .tolerate(ANY_ERROR);
  program.place(end);
  program.call(Call.EXIT_GROUP, program.number(1)).tolerate(ANY_ERROR);
  program.branch(new Cell(0, 'NULL'), u64.MAX_VALUE, 0, end);
}
