import { MountOptions } from '../plan/mount-options';
import { BindStep, MountStep, RemountStep } from '../plan/mounts';
import { Call } from './calls';
import { AT_RECURSIVE, FSCONFIG_CMD_RECONFIGURE, FSPICK_CLOEXEC, FSPICK_EMPTY_PATH, MS_REC } from './constants';
import { Context, RecordKind } from './context';
import { ENOENT } from './errno';
import { Label } from './label';
import { closeFilesystem, configure, makeFilesystem } from './lower-filesystem';
import { lowerCopyLink } from './lower-link';
import { attach, branchOnDirectory, openDirectory, openFile, openPlace, setAttributes, statFd } from './lower-path';
import { openSource } from './lower-source';
import { Cell } from './operand';
import { rightsMessage } from './rights';
import { STAT_MODE } from './x86_64';

export function lowerMount(context: Context, step: MountStep): void {
  const options = step.options;
  makeFilesystem(context, step);
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
  statFd(context, context.target);
  // The kernel takes 16 bits of it, of which it leaves the type out (man 2 fchmodat).
  const mode = program.load(program.field(context.stat, STAT_MODE, 'stat.mode'));
  program.call(Call.FCHMODAT, program.load(context.mount), program.text('.'), mode);
  context.close(context.target);
  program.place(none);
}

/** Gives the host an fd of its own of a directory; the record's value is the step. */
function offer(context: Context, kind: RecordKind, name: string, directory: Cell): void {
  const program = context.program;
  const message = rightsMessage(context, kind, program.step, name);
  context.openPlain(program.load(directory), '.').into(message.fd);
  message.send(context);
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
