import { MountIdsStep } from '../plan/sources';
import { Groups, IdentityStep } from '../plan/user-namespace';
import { Call } from './calls';
import {
  CLONE,
  CLONE_ARGS,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_PARENT,
  MSG_CMSG_CLOEXEC,
  O_CLOEXEC,
  OPEN_FLAGS,
} from './constants';
import { Context, RecordKind } from './context';
import { EPERM } from './errno';
import { Label } from './label';
import { RECORD_SIZE } from './layout';
import { atCwd, hide } from './lower-launcher';
import { byteMessage } from './rights';

/** Nothing is anybody's before the host has mapped the ids. */
export function lowerMapIds(context: Context): void {
  context.readAnswer();
}

/**
 * The process has been the host's user until now: no id of the namespace is its own yet, but all power in it. Of the
 * groups that it has brought along it lets go where that is allowed.
 */
export function lowerIdentity(context: Context, step: IdentityStep): void {
  const program = context.program;
  if (step.groups != Groups.DENIED) {
    const row = program.call(Call.SETGROUPS, program.number(0), program.null());
    if (step.groups == Groups.UNKNOWN) row.tolerate(EPERM);
  }
  const gid = program.number(step.gid);
  program.call(Call.SETRESGID, gid, gid, gid);
  const uid = program.number(step.uid);
  program.call(Call.SETRESUID, uid, uid, uid);
  if (!context.planner.hidesEarly) hide(context);
}

/** man 7 time_namespaces: a single thread may go where its children would. */
export function lowerTimeNamespace(context: Context): void {
  const program = context.program;
  context.unshareTime();
  program
    .call(
      Call.OPENAT2,
      program.load(context.proc),
      program.text('self/ns/time_for_children'),
      program.how(program.flags(O_CLOEXEC, OPEN_FLAGS), 0, 0),
      program.number(24),
    )
    .into(context.target);
  program.call(Call.SETNS, program.load(context.target), program.flags(CLONE_NEWTIME, CLONE));
  context.close(context.target);
}

/**
 * man 2 mount_setattr: the maps of a mount are those of a user namespace. A new one lives in a child that does nothing
 * but wait; the host writes its maps, ends it, and sends the namespace.
 */
export function lowerMountIds(context: Context, step: MountIdsStep): void {
  const program = context.program;
  if (step.path != '') {
    const fd = program.cell('ids');
    program
      .call(
        Call.OPENAT2,
        atCwd(program),
        program.text(step.path),
        program.how(program.flags(O_CLOEXEC, OPEN_FLAGS), 0, 0),
        program.number(24),
      )
      .into(fd);
    context.ids.push(fd);
    return;
  }
  const record = program.area('mount ids', RECORD_SIZE);
  program.put64(record, 0, RecordKind.MOUNT_IDS);
  program.put64(record, 16, program.step);
  const pid = program.field(record, 8, 'pid');
  const parent = new Label('parent');
  const child = new Label('child');
  const zero = program.number(0);
  const flags = program.flags(CLONE_NEWUSER | CLONE_PARENT, CLONE);
  program
    .call(
      Call.CLONE3,
      program.struct(CLONE_ARGS, [flags, zero, zero, zero, zero, zero, zero, zero]),
      program.number(64),
    )
    .into(pid);
  program.branch(pid, u64.MAX_VALUE, 0, child);
  program.jump(parent);
  program.place(child);
  // Until the host ends it, or is gone itself: the socket says nothing meanwhile.
  program.call(Call.READ, context.socket, program.at(context.byte), program.number(1));
  program.call(Call.EXIT_GROUP, program.number(0));
  program.place(parent);
  program.call(Call.WRITE, context.socket, program.at(record), program.number(RECORD_SIZE));
  const message = byteMessage(context, 'ids');
  program.call(
    Call.RECVMSG,
    context.socket,
    program.at(message.header),
    program.named(MSG_CMSG_CLOEXEC, 'MSG_CMSG_CLOEXEC'),
  );
  context.ids.push(message.fd);
}
