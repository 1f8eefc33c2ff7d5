import { mountLabel } from '../plan/security';
import { TextStep } from '../plan/step';
import { Call } from './calls';
import {
  AT_EMPTY_PATH,
  AT_FLAGS,
  AT_RECURSIVE,
  MOUNT_ATTR,
  MOUNT_ATTR_FIELDS,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  MOUNT_FLAGS,
  MOVE_MOUNT,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_EMPTY_PATH,
  MS_PRIVATE,
  O_CLOEXEC,
  O_PATH,
  OPEN_FLAGS,
  OPEN_TREE,
  OPEN_TREE_CLONE,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
} from './constants';
import { Context } from './context';
import { EEXIST, EINVAL, ENOENT, ENOTDIR } from './errno';
import { Label } from './label';
import { addLabel, lowerFilesystem } from './lower-filesystem';
import { atCwd } from './lower-launcher';
import { Place } from './lower-place';
import { Cell, Operand } from './operand';
import { Row } from './program';
import { O_DIRECTORY, O_NOFOLLOW, STAT_MODE } from './x86_64';

/** Opens a path below the container's root as the container would see it, and nothing outside. */
export function openInRoot(context: Context, path: string, into: Cell): Row {
  return open(context, path, context.inRoot, into);
}

export function openDirectoryInRoot(context: Context, path: string, into: Cell): Row {
  return open(context, path, context.directoryInRoot, into);
}

/** What a mount covers: a symbolic link itself if `coversLink`, and nothing but a directory if `isDirectory`. */
export function openPlace(context: Context, path: string, isDirectory: bool, coversLink: bool, into: Cell): Row {
  if (!coversLink) return open(context, path, isDirectory ? context.directoryInRoot : context.inRoot, into);
  const program = context.program;
  const flags = program.flags(O_PATH | O_NOFOLLOW | O_CLOEXEC | (isDirectory ? O_DIRECTORY : 0), OPEN_FLAGS);
  return open(context, path, program.how(flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), into);
}

function open(context: Context, path: string, how: Operand, into: Cell): Row {
  const program = context.program;
  const relative = path == '/' ? '.' : path.substring(1);
  return program
    .call(Call.OPENAT2, program.load(context.root), program.text(relative), how, program.number(24))
    .into(into);
}

/** Opens a directory of the container, made with its parents if it is not there. */
export function openDirectory(context: Context, path: string, into: Cell, coversLink: bool = false): void {
  const program = context.program;
  const again = new Label('again');
  const make = new Label('make');
  const done = new Label('done');
  program.place(again);
  openPlace(context, path, true, coversLink, into).tolerate(ENOENT, make);
  program.jump(done);
  program.place(make);
  const ask = askFor(context, path, true, again);
  makeDirectories(context, path, ask);
  openPlace(context, path, true, coversLink, into).tolerate(ENOENT, ask);
  program.place(done);
}

/** Opens a file of the container as a place to mount on, made empty if it is not there. */
export function openFile(context: Context, path: string, into: Cell, coversLink: bool): void {
  const program = context.program;
  const again = new Label('again');
  const make = new Label('make');
  const done = new Label('done');
  program.place(again);
  openPlace(context, path, false, coversLink, into).tolerate(ENOENT, make);
  program.jump(done);
  program.place(make);
  const ask = askFor(context, path, false, again);
  openDirectory(context, parentOf(path), context.parent);
  program
    .call(
      Call.MKNODAT,
      program.load(context.parent),
      program.text(nameOf(path)),
      program.mode(S_IFREG | 0o644),
      program.number(0),
    )
    .tolerate(EEXIST);
  context.close(context.parent);
  openPlace(context, path, false, coversLink, into).tolerate(ENOENT, ask);
  program.place(done);
}

/** Where to go on when making a path has not made it: lower-place.ts. */
function askFor(context: Context, path: string, isDirectory: bool, again: Label): Label {
  const program = context.program;
  const place = new Place(path, isDirectory, again, program.step, program.node);
  context.places.push(place);
  return place.ask;
}

function makeDirectories(context: Context, path: string, ask: Label): void {
  const program = context.program;
  const parts = path.substring(1).split('/');
  let parent = '/';
  for (let index = 0; index < parts.length; index++) {
    const row = openDirectoryInRoot(context, parent, context.parent);
    if (index > 0) row.tolerate(ENOENT, ask);
    program
      .call(Call.MKDIRAT, program.load(context.parent), program.text(parts[index]), program.mode(0o755))
      .tolerate(EEXIST);
    context.close(context.parent);
    parent = parent == '/' ? `/${parts[index]}` : `${parent}/${parts[index]}`;
  }
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.substring(0, slash);
}

export function nameOf(path: string): string {
  return path.substring(path.lastIndexOf('/') + 1);
}

/** Attaches the mount in `context.mount` to the place in `context.target`, and lets go of both. */
export function attach(context: Context): void {
  moveToTarget(context);
  context.close(context.mount);
  context.close(context.target);
}

function moveToTarget(context: Context): Row {
  const program = context.program;
  return program.call(
    Call.MOVE_MOUNT,
    program.load(context.mount),
    program.text(''),
    program.load(context.target),
    program.text(''),
    program.flags(MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH, MOVE_MOUNT),
  );
}

/** mount_setattr on an fd; fields are those of struct mount_attr. */
export function setAttributes(context: Context, fd: Cell, flags: u64, set: u64, clear: u64, propagation: u64): void {
  const program = context.program;
  program.call(
    Call.MOUNT_SETATTR,
    program.load(fd),
    program.text(''),
    program.flags(AT_EMPTY_PATH | flags, AT_FLAGS),
    program.struct(MOUNT_ATTR_FIELDS, [
      program.flags(set, MOUNT_ATTR),
      program.flags(clear, MOUNT_ATTR),
      program.flags(propagation, MOUNT_FLAGS),
      program.number(0),
    ]),
    program.number(32),
  );
}

/** Goes on at `target` if the fd is a directory, be it one that the caller may not enter. */
export function branchOnDirectory(context: Context, fd: Cell, target: Label): void {
  const program = context.program;
  statFd(context, fd);
  program.branch(program.field(context.stat, STAT_MODE, 'stat.mode'), S_IFMT, S_IFDIR, target);
}

export function statFd(context: Context, fd: Cell): void {
  const program = context.program;
  program.call(
    Call.NEWFSTATAT,
    program.load(fd),
    program.text(''),
    program.at(context.stat),
    program.flags(AT_EMPTY_PATH, AT_FLAGS),
  );
}

/**
 * A file is hidden by the host's /dev/null, a directory by an empty filesystem; what is not there stays so. Which of the
 * two it is, move_mount says: it puts no file on a directory.
 */
export function lowerMask(context: Context, step: TextStep): void {
  const program = context.program;
  const directory = new Label('directory');
  const done = new Label('done');
  const skip = new Label('skip');
  makeBlank(context);
  openInRoot(context, step.text, context.target).tolerate(ENOENT, skip).tolerate(ENOTDIR, skip);
  // On a read-only mount nobody changes the mode or owner of the host's own file; a device is written all the same.
  cloneTree(context, atCwd(program), '/dev/null', 0);
  setAttributes(context, context.mount, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0, MS_PRIVATE);
  moveToTarget(context).tolerate(EINVAL, directory).tolerate(ENOTDIR, directory);
  program.jump(done);
  program.place(directory);
  context.close(context.mount);
  cloneTree(context, program.load(context.blank), '', AT_EMPTY_PATH);
  moveToTarget(context);
  program.place(done);
  context.close(context.mount);
  context.close(context.target);
  program.place(skip);
}

/**
 * One empty filesystem serves all masked directories. Only a mount that is in the tree can be cloned, so it goes where
 * nobody sees it: on the old root's /proc, which leaves with the old root.
 */
function makeBlank(context: Context): void {
  if (context.hasBlank) return;
  context.hasBlank = true;
  const program = context.program;
  const attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  const data = ['ro'];
  addLabel(data, mountLabel(context.planner));
  lowerFilesystem(context, 'tmpfs', 'tmpfs', data, attributes, context.blank);
  unshareOldProc(context);
  program.call(
    Call.MOVE_MOUNT,
    program.load(context.blank),
    program.text(''),
    atCwd(program),
    program.text('/proc'),
    program.flags(MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT),
  );
}

/** The mount of the old root's /proc is private: where rootfsPropagation is shared, the host would get what is put on it. */
export function unshareOldProc(context: Context): void {
  const program = context.program;
  program.call(
    Call.MOUNT_SETATTR,
    atCwd(program),
    program.text('/proc'),
    program.number(0),
    program.struct(MOUNT_ATTR_FIELDS, [
      program.flags(0, MOUNT_ATTR),
      program.flags(0, MOUNT_ATTR),
      program.flags(MS_PRIVATE, MOUNT_FLAGS),
      program.number(0),
    ]),
    program.number(32),
  );
}

/** A copy of a mount, not attached yet, in `context.mount`. */
export function cloneTree(context: Context, from: Operand, path: string, flags: u64): Row {
  const program = context.program;
  return program
    .call(Call.OPEN_TREE, from, program.text(path), program.flags(OPEN_TREE_CLONE | O_CLOEXEC | flags, OPEN_TREE))
    .into(context.mount);
}

export function lowerReadonly(context: Context, step: TextStep): void {
  const program = context.program;
  const skip = new Label('skip');
  openInRoot(context, step.text, context.target).tolerate(ENOENT, skip).tolerate(ENOTDIR, skip);
  cloneTree(context, program.load(context.target), '', AT_EMPTY_PATH | AT_RECURSIVE);
  setAttributes(context, context.mount, 0, MOUNT_ATTR_RDONLY, 0, 0);
  attach(context);
  program.place(skip);
}

/** The mount itself becomes read-only, last of all. */
export function lowerSeal(context: Context, step: TextStep): void {
  openInRoot(context, step.text, context.target);
  setAttributes(context, context.target, 0, MOUNT_ATTR_RDONLY, 0, 0);
  context.close(context.target);
}

export function lowerDirectory(context: Context, step: TextStep): void {
  openDirectory(context, step.text, context.target);
  context.close(context.target);
}
