import { PivotStep, PropagationStep, RootStep } from '../plan/filesystem';
import { Call } from './calls';
import {
  AT_FLAGS,
  AT_RECURSIVE,
  MNT_DETACH,
  MOUNT_ATTR_FIELDS,
  MOUNT_FLAGS,
  MOVE_MOUNT,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_SYMLINKS,
  MS_PRIVATE,
  MS_REC,
} from './constants';
import { Context } from './context';
import { EINVAL } from './errno';
import { Label } from './label';
import { atCwd } from './lower-launcher';
import { setAttributes } from './lower-path';
import { openSource } from './lower-source';
import { Row } from './program';

export function lowerPropagation(context: Context, step: PropagationStep): void {
  setPropagation(context, '/', step.propagation);
}

/** The propagation of the mount at a path; below it too with MS_REC. */
function setPropagation(context: Context, path: string, propagation: u64): Row {
  const program = context.program;
  const zero = program.number(0);
  return program.call(
    Call.MOUNT_SETATTR,
    atCwd(program),
    program.text(path),
    program.flags(propagation & MS_REC ? AT_RECURSIVE : 0, AT_FLAGS),
    program.struct(MOUNT_ATTR_FIELDS, [zero, zero, program.flags(propagation & ~MS_REC, MOUNT_FLAGS), zero]),
    program.number(32),
  );
}

/**
 * The tree of the rootfs, put on top of "/": its parent is then the one mount that has to be private for pivot_root,
 * and no path of the bundle is mounted on. Everything of the container is reached through this fd from here on.
 *
 * Hooks expect it on its own path: some mount things there, or enter the mount namespace, whose root is what is on top
 * of "/". For their time it is put there, and PIVOT moves it.
 */
export function lowerRoot(context: Context, step: RootStep): void {
  const opened = step.opened;
  if (opened) context.root = context.sources[opened.index];
  else openSource(context, step.text, true, false, null, false, context.root);
  setPropagation(context, '/', MS_PRIVATE);
  // A clone of a slave is one too, and pivot_root takes it.
  if (!step.isSlave) setAttributes(context, context.root, 0, 0, 0, MS_PRIVATE);
  if (context.planner.hasEarlyHooks) {
    unshareParent(context, step.text);
    moveRoot(context, step.text, MOVE_MOUNT_T_SYMLINKS);
  } else moveRoot(context, '/', 0);
}

function moveRoot(context: Context, path: string, flags: u64): void {
  const program = context.program;
  program.call(
    Call.MOVE_MOUNT,
    program.load(context.root),
    program.text(''),
    atCwd(program),
    program.text(path),
    program.flags(MOVE_MOUNT_F_EMPTY_PATH | flags, MOVE_MOUNT),
  );
}

/** The mount that a path is in becomes private: it is at the nearest parent where mount_setattr finds one. */
function unshareParent(context: Context, path: string): void {
  const program = context.program;
  const done = new Label('done');
  for (let parent = path; parent != '/' && parent != ''; parent = parent.substring(0, parent.lastIndexOf('/'))) {
    const next = new Label('next');
    setPropagation(context, parent, MS_PRIVATE).tolerate(EINVAL, next);
    program.jump(done);
    program.place(next);
  }
  program.place(done);
}

/** man 2 pivot_root, `pivot_root(".", ".")`: the old root ends on top of the new one, and is let go there. */
export function lowerPivot(context: Context, step: PivotStep): void {
  const program = context.program;
  if (context.planner.hasEarlyHooks) moveRoot(context, '/', 0);
  if (step.isChroot) {
    program.call(Call.FCHDIR, program.load(context.root));
    program.call(Call.CHROOT, program.text('.'));
  } else {
    context.openPlain(atCwd(program), '/').into(context.source);
    program.call(Call.FCHDIR, program.load(context.root));
    program.call(Call.PIVOT_ROOT, program.text('.'), program.text('.'));
    program.call(Call.FCHDIR, program.load(context.source));
    // Private first: the unmount must not travel to the host.
    setPropagation(context, '.', MS_PRIVATE | MS_REC);
    program.call(Call.UMOUNT2, program.text('.'), program.named(MNT_DETACH, 'MNT_DETACH'));
    context.close(context.source);
  }
  program.call(Call.CHDIR, program.text('/'));
  if (step.propagation) setPropagation(context, '/', step.propagation);
}
