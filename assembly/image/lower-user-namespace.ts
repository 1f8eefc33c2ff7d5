import { MountIdsStep, SourceStep } from '../plan/sources';
import { Groups, IdentityStep } from '../plan/user-namespace';
import { Call } from './calls';
import {
  AT_EMPTY_PATH,
  AT_FLAGS,
  AT_RECURSIVE,
  AT_SYMLINK_NOFOLLOW,
  CLONE,
  CLONE_ARGS,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_PARENT,
  MOUNT_ATTR,
  MOUNT_ATTR_FIELDS,
  MOUNT_ATTR_IDMAP,
  MOUNT_FLAGS,
  MSG_CMSG_CLOEXEC,
  O_CLOEXEC,
  OPEN_FLAGS,
  OPEN_TREE,
  OPEN_TREE_CLONE,
} from './constants';
import { Context, RecordKind } from './context';
import { EPERM } from './errno';
import { Label } from './label';
import { RECORD_SIZE } from './layout';
import { atCwd, hide } from './lower-launcher';
import { setAttributes } from './lower-path';
import { Cell } from './operand';
import { receivingMessage } from './rights';

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
  const message = receivingMessage(context, 'ids');
  program.call(
    Call.RECVMSG,
    context.socket,
    program.at(message.header),
    program.named(MSG_CMSG_CLOEXEC, 'MSG_CMSG_CLOEXEC'),
  );
  context.ids.push(message.fd);
}

/** Opened here, the tree goes along into the container's process as an fd. */
export function lowerSource(context: Context, step: SourceStep): void {
  const program = context.program;
  const tree = program.cell('tree');
  context.sources.push(tree);
  openSource(context, step.file, step.isRecursive, step.opensLink, step.ids, step.isMappedBelow, tree);
  setAttributes(context, tree, AT_RECURSIVE, 0, 0, step.propagation);
}

/** A copy of a tree of the host, with its ids mapped if they are to be: only possible before it is attached. */
export function openSource(
  context: Context,
  file: string,
  isRecursive: bool,
  opensLink: bool,
  ids: MountIdsStep | null,
  isMappedBelow: bool,
  into: Cell,
): void {
  const program = context.program;
  program
    .call(
      Call.OPEN_TREE,
      atCwd(program),
      program.text(file),
      program.flags(
        OPEN_TREE_CLONE | O_CLOEXEC | (isRecursive ? AT_RECURSIVE : 0) | (opensLink ? AT_SYMLINK_NOFOLLOW : 0),
        OPEN_TREE,
      ),
    )
    .into(into);
  if (!ids) return;
  const attributes = program.struct(MOUNT_ATTR_FIELDS, [
    program.flags(MOUNT_ATTR_IDMAP, MOUNT_ATTR),
    program.flags(0, MOUNT_ATTR),
    program.flags(0, MOUNT_FLAGS),
    program.number(0),
  ]);
  // The fd becomes a field of the struct.
  const field = new Cell(<u32>attributes.value + 24, 'userns_fd');
  program.call(Call.DUP, program.load(context.ids[ids.index])).into(field);
  program.call(
    Call.MOUNT_SETATTR,
    program.load(into),
    program.text(''),
    program.flags(AT_EMPTY_PATH | (isMappedBelow ? AT_RECURSIVE : 0), AT_FLAGS),
    attributes,
    program.number(32),
  );
  program.call(Call.CLOSE, program.load(field));
}
