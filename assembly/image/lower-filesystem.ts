import { join } from '../json/text';
import { MountStep } from '../plan/mounts';
import { Call } from './calls';
import {
  FSCONFIG_CMD_CREATE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  MOUNT_ATTR,
  MOUNT_ATTR_RDONLY,
  MOUNT_FLAGS,
  O_CLOEXEC,
  OPEN_FLAGS,
} from './constants';
import { Context } from './context';
import { EBADF, EPERM } from './errno';
import { Label } from './label';
import { atCwd } from './lower-launcher';
import { setAttributes, unshareOldProc } from './lower-path';
import { Cell } from './operand';
import { O_DIRECTORY } from './x86_64';

/** fs/fsopen.c: fsconfig() takes values of at most 255 bytes; longer ones (overlayfs) need mount(2). */
export const LONGEST_VALUE: i32 = 255;
/** fs/namespace.c, copy_mount_options(): what mount(2) takes of a longer text is its beginning, without a word. */
const LONGEST_DATA: i32 = 4095;

/** A filesystem in `context.mount`, not attached yet. */
export function makeFilesystem(context: Context, step: MountStep): void {
  const options = step.options;
  if (options.isLegacy || isLong(step.source) || needsLegacy(options.data)) makeByMount(context, step);
  else makeByFsmount(context, step);
}

function makeByFsmount(context: Context, step: MountStep): void {
  const options = step.options;
  const attributes = options.set | options.setRecursive;
  const data = options.data.slice(0);
  // As mount(2) has it: ro is a flag of the filesystem and of the mount.
  if (attributes & MOUNT_ATTR_RDONLY) data.push('ro');
  // The label of a message queue is no option of its filesystem but its root's own.
  const isMqueue = step.type == 'mqueue';
  if (!isMqueue) addLabel(data, options.label);
  lowerFilesystem(context, step.type, step.source, data, attributes, context.mount);
  if (isMqueue && options.label != '') labelRoot(context, options.label);
}

/** The SELinux context of all files of a new filesystem. */
export function addLabel(data: string[], label: string): void {
  if (label != '') data.push(`context=${label}`);
}

/** man 7 xattr, of the mount in `context.mount`; an O_PATH fd would not do. */
function labelRoot(context: Context, label: string): void {
  const program = context.program;
  program
    .call(
      Call.OPENAT2,
      program.load(context.mount),
      program.text('.'),
      program.how(program.flags(O_DIRECTORY | O_CLOEXEC, OPEN_FLAGS), 0, 0),
      program.number(24),
    )
    .into(context.target);
  program.call(
    Call.FSETXATTR,
    program.load(context.target),
    program.text('security.selinux'),
    program.text(label),
    program.number(String.UTF8.byteLength(label)),
    program.number(0),
  );
  context.close(context.target);
}

/**
 * Makes a filesystem that is not attached yet. What the kernel logs about it goes with a failure. Who may not mount it
 * goes on at `refused`, if that is given, with closeFilesystem().
 */
export function lowerFilesystem(
  context: Context,
  type: string,
  source: string,
  data: string[],
  attributes: u64,
  into: Cell,
  refused: Label | null = null,
): void {
  const program = context.program;
  program
    .call(Call.FSOPEN, program.text(type), program.named(FSOPEN_CLOEXEC, 'FSOPEN_CLOEXEC'))
    .into(context.filesystem);
  configureText(context, 'source', source);
  configure(context, data);
  const create = program.call(
    Call.FSCONFIG,
    program.load(context.filesystem),
    program.named(FSCONFIG_CMD_CREATE, 'FSCONFIG_CMD_CREATE'),
    program.null(),
    program.null(),
    program.number(0),
  );
  if (refused) create.tolerate(EPERM, refused);
  program
    .call(
      Call.FSMOUNT,
      program.load(context.filesystem),
      program.named(FSMOUNT_CLOEXEC, 'FSMOUNT_CLOEXEC'),
      program.flags(attributes, MOUNT_ATTR),
    )
    .into(into);
  closeFilesystem(context);
}

/** The second close fails, and its result is what says "no filesystem" to the failure rows. */
export function closeFilesystem(context: Context): void {
  const program = context.program;
  context.close(context.filesystem);
  program.call(Call.CLOSE, program.load(context.filesystem)).into(context.filesystem).tolerate(EBADF);
}

export function configure(context: Context, data: string[]): void {
  const program = context.program;
  for (let index = 0; index < data.length; index++) {
    const equals = data[index].indexOf('=');
    if (equals > 0) {
      configureText(context, data[index].substring(0, equals), data[index].substring(equals + 1));
    } else {
      program.call(
        Call.FSCONFIG,
        program.load(context.filesystem),
        program.named(FSCONFIG_SET_FLAG, 'FSCONFIG_SET_FLAG'),
        program.text(data[index]),
        program.null(),
        program.number(0),
      );
    }
  }
}

function configureText(context: Context, key: string, value: string): void {
  const program = context.program;
  program.call(
    Call.FSCONFIG,
    program.load(context.filesystem),
    program.named(FSCONFIG_SET_STRING, 'FSCONFIG_SET_STRING'),
    program.text(key),
    program.text(value),
    program.number(0),
  );
}

/**
 * The same by mount(2), which mounts on a path alone: on the old root's /proc, where nobody of the container leads it
 * elsewhere, and from there it is moved by fd like any other.
 */
function makeByMount(context: Context, step: MountStep): void {
  const program = context.program;
  const options = step.options;
  const data = options.data.slice(0);
  // A label may hold commas.
  addLabel(data, options.label == '' ? '' : `"${options.label}"`);
  unshareOldProc(context);
  program.call(
    Call.MOUNT,
    program.text(step.source),
    program.text('/proc'),
    program.text(step.type),
    program.flags(options.flags, MOUNT_FLAGS),
    program.text(join(data, ',')),
  );
  context.openPlain(atCwd(program), '/proc').into(context.mount);
  if (options.setRecursive || options.clearRecursive) {
    setAttributes(context, context.mount, 0, options.setRecursive, options.clearRecursive, 0);
  }
}

function isLong(value: string): bool {
  return value.length > LONGEST_VALUE / 3 && String.UTF8.byteLength(value) > LONGEST_VALUE;
}

/**
 * Commas and quotes are mount(2)'s to read: fsconfig() would take `size=1m,mode=700` for one value, quotes for a part of it.
 * More than mount(2) takes stays with fsconfig(), which refuses it.
 */
function needsLegacy(data: string[]): bool {
  let length = data.length - 1;
  for (let index = 0; index < data.length; index++) length += String.UTF8.byteLength(data[index]);
  if (length > LONGEST_DATA) return false;
  for (let index = 0; index < data.length; index++) {
    const text = data[index];
    if (text.includes(',') || text.includes('"')) return true;
    const equals = text.indexOf('=');
    if (equals > 0 && isLong(text.substring(equals + 1))) return true;
  }
  return false;
}
