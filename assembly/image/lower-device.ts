import { DeviceStep, LinkStep } from '../plan/filesystem';
import { Call } from './calls';
import {
  AT_FLAGS,
  AT_SYMLINK_NOFOLLOW,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  MS_PRIVATE,
  O_CLOEXEC,
  O_PATH,
  OPEN_FLAGS,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
} from './constants';
import { Context } from './context';
import { EEXIST, ENOENT } from './errno';
import { Label } from './label';
import { atCwd } from './lower-launcher';
import { attach, cloneTree, nameOf, openDirectory, parentOf, setAttributes, statFd } from './lower-path';
import { Row } from './program';
import { STAT_MODE, STAT_RDEV } from './x86_64';

/** Keeps the directory open for the steps that follow: /dev gets a dozen things, one after the other. */
function holdDirectory(context: Context, path: string): void {
  if (context.directoryPath == path) return;
  context.releaseDirectory();
  openDirectory(context, path, context.directory);
  context.directoryPath = path;
}

/** A node that is there already has to be the same device: runtime-spec config-linux.md#devices. */
export function lowerDevice(context: Context, step: DeviceStep): void {
  if (step.isBound) {
    bindDevice(context, step);
    return;
  }
  const program = context.program;
  const exists = new Label('exists');
  const differs = new Label('differs');
  const same = new Label('same');
  const done = new Label('done');
  const type = typeOf(step);
  const device = numberOf(step);
  const name = nameOf(step.path);

  holdDirectory(context, parentOf(step.path));
  makeNode(context, name, type | step.mode, device).tolerate(EEXIST, exists);
  if (step.uid || step.gid) {
    program.call(
      Call.FCHOWNAT,
      program.load(context.directory),
      program.text(name),
      program.number(step.uid),
      program.number(step.gid),
      program.flags(AT_SYMLINK_NOFOLLOW, AT_FLAGS),
    );
  }
  program.jump(done);

  program.place(exists);
  program.call(
    Call.NEWFSTATAT,
    program.load(context.directory),
    program.text(name),
    program.at(context.stat),
    program.flags(AT_SYMLINK_NOFOLLOW, AT_FLAGS),
  );
  program.branch(program.field(context.stat, STAT_MODE, 'stat.mode'), S_IFMT, type, same);
  program.place(differs);
  makeNode(context, name, type | step.mode, device);
  program.place(same);
  program.branch(
    program.field(context.stat, STAT_RDEV, 'stat.rdev'),
    u64.MAX_VALUE,
    step.type == 'p' ? 0 : device,
    done,
  );
  program.jump(differs);
  program.place(done);
}

function typeOf(step: DeviceStep): u64 {
  return step.type == 'b' ? S_IFBLK : step.type == 'p' ? S_IFIFO : S_IFCHR;
}

/** include/linux/kdev_t.h: new_encode_dev */
function numberOf(step: DeviceStep): u64 {
  return (step.minor & 0xff) | (step.major << 8) | ((step.minor & ~0xff) << 12);
}

/**
 * The host's node of the same path, if it is that device; else the kernel says that nobody makes one here. On a read-only
 * mount nobody changes the mode or owner of what is the host's; a device is written all the same.
 */
function bindDevice(context: Context, step: DeviceStep): void {
  const program = context.program;
  const differs = new Label('differs');
  const same = new Label('same');
  const done = new Label('done');
  const name = nameOf(step.path);
  cloneTree(context, atCwd(program), step.path, 0);
  statFd(context, context.mount);
  holdDirectory(context, parentOf(step.path));
  program.branch(program.field(context.stat, STAT_MODE, 'stat.mode'), S_IFMT, typeOf(step), same);
  program.place(differs);
  makeNode(context, name, typeOf(step) | step.mode, numberOf(step));
  program.place(same);
  program.branch(program.field(context.stat, STAT_RDEV, 'stat.rdev'), u64.MAX_VALUE, numberOf(step), done);
  program.jump(differs);
  program.place(done);
  setAttributes(context, context.mount, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0, MS_PRIVATE);
  openNode(context, step.path);
  attach(context);
}

/** A file to mount a device on in `context.target`, made empty if it is not there; a link is none. */
export function openNode(context: Context, path: string): void {
  const program = context.program;
  const name = nameOf(path);
  holdDirectory(context, parentOf(path));
  makeNode(context, name, S_IFREG | 0o644, 0).tolerate(EEXIST);
  program
    .call(
      Call.OPENAT2,
      program.load(context.directory),
      program.text(name),
      program.how(program.flags(O_PATH | O_CLOEXEC, OPEN_FLAGS), 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS),
      program.number(24),
    )
    .into(context.target);
}

function makeNode(context: Context, name: string, mode: u64, device: u64): Row {
  const program = context.program;
  return program.call(
    Call.MKNODAT,
    program.load(context.directory),
    program.text(name),
    program.mode(mode),
    program.number(device),
  );
}

export function lowerLink(context: Context, step: LinkStep): void {
  const program = context.program;
  const name = nameOf(step.file);
  holdDirectory(context, parentOf(step.file));
  if (step.replaces) {
    program
      .call(Call.UNLINKAT, program.load(context.directory), program.text(name), program.number(0))
      .tolerate(ENOENT);
  }
  program
    .call(Call.SYMLINKAT, program.text(step.target), program.load(context.directory), program.text(name))
    .tolerate(EEXIST);
}
