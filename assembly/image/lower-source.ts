import { MountIdsStep, SourceStep } from '../plan/sources';
import { Actor } from '../plan/step';
import { Call } from './calls';
import {
  AF_UNIX,
  AT_EMPTY_PATH,
  AT_FLAGS,
  AT_RECURSIVE,
  AT_SYMLINK_NOFOLLOW,
  CLONE,
  CLONE_CHILD,
  CLONE_NEWNS,
  MOUNT_ATTR,
  MOUNT_ATTR_FIELDS,
  MOUNT_ATTR_IDMAP,
  MOUNT_FLAGS,
  MSG_CMSG_CLOEXEC,
  MSG_NOSIGNAL,
  O_CLOEXEC,
  OPEN_FLAGS,
  OPEN_TREE,
  OPEN_TREE_CLONE,
  SIGCHLD,
  SOCK_SEQPACKET_CLOEXEC,
} from './constants';
import { Context } from './context';
import { ECHILD, ECONNRESET, EPIPE } from './errno';
import { Label } from './label';
import { atCwd } from './lower-launcher';
import { setAttributes } from './lower-path';
import { Opener } from './opener';
import { Cell } from './operand';
import { byteMessage, RightsMessage } from './rights';

/**
 * Who opens the trees of a privileged caller, and how they come to the container's process. In a mount namespace that was
 * copied for another user namespace the mounts are locked (fs/namespace.c, lock_mnt_tree): what the host has made
 * read-only or nosuid, or has covered by a mount, stays so for the root there. A clone keeps the locks of its mount. So it
 * is made in the container's mount namespace, but with the host's power to reach it:
 *
 *   opener ◀── byte + fd ── init     its mount namespace, which the opener enters
 *   opener ── byte + fd ──▶ init     each tree; init goes on when it has all of them
 *
 * For a new user namespace the launcher is the opener, as soon as the container's process is there. Who joins one has no
 * power over the host any more: there it is a child of the launcher's, made before. If one end is gone the other ends
 * without a word: what has failed has been told, and of a kill there is nothing to tell.
 */
export function lowerSource(context: Context, step: SourceStep): void {
  if (step.actor == Actor.INIT) {
    const tree = context.program.cell('tree');
    openTree(context, step, tree);
    context.sources.push(tree);
    return;
  }
  if (step.index == 0) {
    if (context.planner.user.isJoined) forkOpener(context);
    enterMounts(context);
  }
  const opener = context.opener!;
  // It stays open here: who has too many open is told so by the next open_tree.
  openTree(context, step, opener.tree.fd);
  send(context, opener.socket, opener.tree);
  if (step.index == context.planner.sources.length - 1) endOpener(context);
}

function openTree(context: Context, step: SourceStep, into: Cell): void {
  openSource(context, step.file, step.isRecursive, step.opensLink, step.ids, step.isMappedBelow, into);
  if (step.propagation) setAttributes(context, into, AT_RECURSIVE, 0, 0, step.propagation);
}

/** Before the process is made that gets the other end. */
export function makeOpener(context: Context): Opener {
  const program = context.program;
  // Two ints: where the kernel expects an fd it takes the lower half of what is loaded.
  const pair = program.area('pair', 16);
  const opener = new Opener(
    program.field(pair, 0, 'opener.socket'),
    program.field(pair, 4, 'init.socket'),
    program.cell('opener'),
    byteMessage(context, 'mounts'),
    byteMessage(context, 'tree'),
  );
  program.call(
    Call.SOCKETPAIR,
    program.named(AF_UNIX, 'AF_UNIX'),
    program.named(SOCK_SEQPACKET_CLOEXEC, 'SOCK_SEQPACKET|SOCK_CLOEXEC'),
    program.number(0),
    program.at(pair),
  );
  context.opener = opener;
  return opener;
}

function forkOpener(context: Context): void {
  const program = context.program;
  const opener = makeOpener(context);
  const isOpener = new Label('opener');
  const flags = program.flags(SIGCHLD, CLONE_CHILD);
  const zero = program.number(0);
  program.call(Call.CLONE, flags, program.null(), program.null(), program.null(), zero).into(opener.pid);
  program.branch(opener.pid, u64.MAX_VALUE, 0, isOpener);
  program.jump(opener.other);
  program.place(isOpener);
}

/** Nobody of the container has been there yet, nor is anything in it but what the host has mounted. */
function enterMounts(context: Context): void {
  const program = context.program;
  const opener = context.opener!;
  context.close(opener.initSocket);
  receive(context, opener.socket, opener.mounts);
  program.call(Call.SETNS, program.load(opener.mounts.fd), program.flags(CLONE_NEWNS, CLONE));
  context.close(opener.mounts.fd);
}

/** The rows that follow are the other process's: init's, or the launcher's. */
function endOpener(context: Context): void {
  const program = context.program;
  const opener = context.opener!;
  program.call(Call.EXIT_GROUP, program.number(0));
  program.place(opener.other);
  if (context.planner.user.isNew) takeTrees(context);
  else context.close(opener.socket);
}

/** At the end of a launcher that has made an opener: no orphan is left. */
export function awaitOpener(context: Context): void {
  const program = context.program;
  const opener = context.opener!;
  context.close(opener.initSocket);
  program
    .call(Call.WAIT4, program.load(opener.pid), program.null(), program.number(0), program.null())
    .tolerate(ECHILD);
}

/** In the container's process, first of all. */
export function takeTrees(context: Context): void {
  const program = context.program;
  const opener = context.opener!;
  // Its own copy would keep it from noticing that the opener is gone.
  if (context.planner.user.isNew) context.close(opener.socket);
  program
    .call(
      Call.OPENAT2,
      program.load(context.proc),
      program.text('self/ns/mnt'),
      program.how(program.flags(O_CLOEXEC, OPEN_FLAGS), 0, 0),
      program.number(24),
    )
    .into(opener.mounts.fd);
  send(context, opener.initSocket, opener.mounts);
  context.close(opener.mounts.fd);
  for (let index = 0; index < context.planner.sources.length; index++) {
    const tree = byteMessage(context, 'tree');
    receive(context, opener.initSocket, tree);
    context.sources.push(tree.fd);
  }
  context.close(opener.initSocket);
}

function send(context: Context, socket: Cell, message: RightsMessage): void {
  const program = context.program;
  program
    .call(Call.SENDMSG, program.load(socket), program.at(message.header), program.named(MSG_NOSIGNAL, 'MSG_NOSIGNAL'))
    .tolerate(EPIPE)
    .tolerate(ECONNRESET);
}

/** Ends the process if nobody sends any more. */
function receive(context: Context, socket: Cell, message: RightsMessage): void {
  const program = context.program;
  const received = new Label('received');
  program
    .call(
      Call.RECVMSG,
      program.load(socket),
      program.at(message.header),
      program.named(MSG_CMSG_CLOEXEC, 'MSG_CMSG_CLOEXEC'),
    )
    .into(context.answer)
    .tolerate(ECONNRESET);
  program.branch(context.answer, u64.MAX_VALUE, 1, received);
  program.call(Call.EXIT_GROUP, program.number(1));
  program.place(received);
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
