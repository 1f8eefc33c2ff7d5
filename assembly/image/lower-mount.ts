import { join } from '../json/text';
import { MountOptions } from '../plan/mount-options';
import { BindStep, MountStep, RemountStep } from '../plan/mounts';
import { Call } from './calls';
import {
  AT_EMPTY_PATH,
  AT_FLAGS,
  AT_RECURSIVE,
  FSCONFIG_CMD_CREATE,
  FSCONFIG_CMD_RECONFIGURE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  FSPICK_CLOEXEC,
  FSPICK_EMPTY_PATH,
  MOUNT_ATTR,
  MOUNT_ATTR_RDONLY,
  MOUNT_FLAGS,
  MS_REC,
  O_CLOEXEC,
  OPEN_FLAGS,
} from './constants';
import { Context, RecordKind } from './context';
import { EBADF, ENOENT, EPERM } from './errno';
import { Label } from './label';
import { atCwd } from './lower-launcher';
import { lowerCopyLink } from './lower-link';
import {
  attach,
  branchOnDirectory,
  openDirectory,
  openFile,
  openPlace,
  setAttributes,
  unshareOldProc,
} from './lower-path';
import { openSource } from './lower-source';
import { Cell } from './operand';
import { rightsMessage } from './rights';
import { O_DIRECTORY, STAT_MODE } from './x86_64';

/** fs/fsopen.c: fsconfig() takes values of at most 255 bytes; longer ones (overlayfs) need mount(2). */
export const LONGEST_VALUE: i32 = 255;
/** fs/namespace.c, copy_mount_options(): what mount(2) takes of a longer text is its beginning, without a word. */
const LONGEST_DATA: i32 = 4095;

export function lowerMount(context: Context, step: MountStep): void {
  const options = step.options;
  if (options.isLegacy || isLong(step.source) || needsLegacy(options.data)) lowerLegacyMount(context, step);
  else lowerNewMount(context, step);
  if (options.propagation) {
    setAttributes(
      context,
      context.mount,
      options.propagation & MS_REC ? AT_RECURSIVE : 0,
      0,
      0,
      options.propagation & ~MS_REC,
    );
  }
  const isOfKernel = step.type == 'proc' || step.type == 'sysfs' || isKernelPlace(step.destination);
  const coversLink = options.coversLink || isOfKernel;
  if (step.takesMode) takeMode(context, step, coversLink);
  openDirectory(context, step.destination, context.target, coversLink);
  if (options.copiesUp) {
    offer(context, RecordKind.COPY_FROM, 'copy from', context.target);
    offer(context, RecordKind.COPY_TO, 'copy to', context.mount);
    context.readAnswer();
  }
  attach(context);
}

/**
 * Where masked and read-only paths look for what the kernel shows of itself. A link of the image there, followed, would
 * have it elsewhere, and without them.
 */
function isKernelPlace(path: string): bool {
  return path == '/proc' || path == '/sys';
}

/** The mode of the directory at the destination, if there is one, for the root of the mount in `context.mount`. */
function takeMode(context: Context, step: MountStep, coversLink: bool): void {
  const program = context.program;
  const none = new Label('none');
  openPlace(context, step.destination, true, coversLink, context.target).tolerate(ENOENT, none);
  program.call(
    Call.NEWFSTATAT,
    program.load(context.target),
    program.text(''),
    program.at(context.stat),
    program.flags(AT_EMPTY_PATH, AT_FLAGS),
  );
  // The kernel takes 16 bits of it, of which it leaves the type out (man 2 fchmodat).
  const mode = program.load(program.field(context.stat, STAT_MODE, 'stat.mode'));
  program.call(Call.FCHMODAT, program.load(context.mount), program.text('.'), mode);
  context.close(context.target);
  program.place(none);
}

/** A filesystem in `context.mount`, not attached yet. */
function lowerNewMount(context: Context, step: MountStep): void {
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

/** Gives the host an fd of its own of a directory; the record's value is the step. */
function offer(context: Context, kind: RecordKind, name: string, directory: Cell): void {
  const program = context.program;
  const message = rightsMessage(context, kind, program.step, name);
  context.openPlain(program.load(directory), '.').into(message.fd);
  message.send(context);
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

function configure(context: Context, data: string[]): void {
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
function lowerLegacyMount(context: Context, step: MountStep): void {
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

/** What the source is decides what the destination has to be; the kernel tells which when it happens. */
export function lowerBind(context: Context, step: BindStep): void {
  const program = context.program;
  const options = step.options;
  const opened = step.opened;
  const mount = context.mount;
  if (opened) context.mount = context.sources[opened.index];
  else {
    const isBelow = options.isIdMappedBelow;
    openSource(context, step.source, options.isRecursive, options.opensLink, step.ids, isBelow, mount);
  }
  const directory = new Label('directory');
  const place = new Label('place');
  const done = new Label('done');
  if (options.copiesLink) lowerCopyLink(context, step, done);
  applyAttributes(context, options);
  branchOnDirectory(context, context.mount, directory);
  const coversLink = options.coversLink || isKernelPlace(step.destination);
  openFile(context, step.destination, context.target, coversLink);
  program.jump(place);
  program.place(directory);
  openDirectory(context, step.destination, context.target, coversLink);
  program.place(place);
  attach(context);
  program.place(done);
  context.mount = mount;
}

/** The attributes of a mount that exists, in `context.mount`: of it alone, then of all below. */
function applyAttributes(context: Context, options: MountOptions): void {
  const propagation = options.propagation & ~MS_REC;
  const isRecursive = (options.propagation & MS_REC) != 0;
  if (options.set || options.clear || (propagation && !isRecursive)) {
    setAttributes(context, context.mount, 0, options.set, options.clear, isRecursive ? 0 : propagation);
  }
  if (options.setRecursive || options.clearRecursive || isRecursive) {
    setAttributes(
      context,
      context.mount,
      AT_RECURSIVE,
      options.setRecursive,
      options.clearRecursive,
      isRecursive ? propagation : 0,
    );
  }
}

export function lowerRemount(context: Context, step: RemountStep): void {
  const program = context.program;
  openPlace(context, step.destination, false, step.options.coversLink, context.mount);
  applyAttributes(context, step.options);
  if (step.options.data.length) {
    program
      .call(
        Call.FSPICK,
        program.load(context.mount),
        program.text(''),
        program.named(FSPICK_CLOEXEC | FSPICK_EMPTY_PATH, 'FSPICK_CLOEXEC|FSPICK_EMPTY_PATH'),
      )
      .into(context.filesystem);
    configure(context, step.options.data);
    program.call(
      Call.FSCONFIG,
      program.load(context.filesystem),
      program.named(FSCONFIG_CMD_RECONFIGURE, 'FSCONFIG_CMD_RECONFIGURE'),
      program.null(),
      program.null(),
      program.number(0),
    );
    closeFilesystem(context);
  }
  context.close(context.mount);
}
