import { SeccompStep } from '../plan/seccomp';
import { Call } from './calls';
import { SECCOMP_FLAGS, SECCOMP_SET_MODE_FILTER } from './constants';
import { Context, RecordKind } from './context';
import { RECORD_SIZE } from './layout';
import { setCapabilities } from './lower-process';

/**
 * man 2 seccomp, man 2 seccomp_unotify. What comes behind it is under the filter, so it is little. The host takes the
 * listener by pidfd_getfd: a write is all that it costs here, and the agent may be asked about everything else by then.
 */
export function lowerSeccomp(context: Context, step: SeccompStep): void {
  const program = context.program;
  const row = program.call(
    Call.SECCOMP,
    program.named(SECCOMP_SET_MODE_FILTER, 'SECCOMP_SET_MODE_FILTER'),
    program.flags(step.flags, SECCOMP_FLAGS),
    program.filter(step.program),
  );
  if (step.hasListener) {
    const record = program.area('listener', RECORD_SIZE);
    program.put64(record, 0, RecordKind.LISTENER);
    row.into(program.field(record, 8, 'listener'));
    program.call(Call.WRITE, context.socket, program.at(record), program.number(RECORD_SIZE));
    context.readAnswer();
  }
  const capabilities = step.capabilities;
  if (capabilities) setCapabilities(context, capabilities, 0);
}
