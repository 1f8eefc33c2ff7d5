import { CgroupBranch, CgroupMountStep } from '../plan/cgroup-mount';
import { Call } from './calls';
import { AT_RECURSIVE, MOUNT_ATTR_RDONLY } from './constants';
import { Context } from './context';
import { Label } from './label';
import { addLabel, closeFilesystem, lowerFilesystem } from './lower-filesystem';
import { atCwd } from './lower-launcher';
import { attach, cloneTree, openDirectory, openInRoot, setAttributes } from './lower-path';
import { STAT_INO } from './x86_64';

/** include/uapi/linux/nsfs.h: the namespace that is there from boot on, whose mounts have their options for all. */
const CGROUP_NS_INIT_INO: u64 = 0xeffffffb;

/** cgroup v2 whole, or a tmpfs with the hierarchies of v1 in it. */
export function lowerCgroupMount(context: Context, step: CgroupMountStep): void {
  const attributes = step.options.set | step.options.setRecursive;
  if (step.isUnified) {
    makeBranch(context, step.branches[0], attributes);
    openDirectory(context, step.destination, context.target, step.options.coversLink);
    attach(context);
    return;
  }
  const program = context.program;
  // The tmpfs that holds the hierarchies is writable until they are in it.
  const data = ['mode=755'];
  addLabel(data, step.options.label);
  lowerFilesystem(context, 'tmpfs', 'tmpfs', data, attributes & ~MOUNT_ATTR_RDONLY, context.mount);
  openDirectory(context, step.destination, context.target, step.options.coversLink);
  attach(context);
  openInRoot(context, step.destination, context.parent);
  for (let index = 0; index < step.branches.length; index++) {
    const branch = step.branches[index];
    makeBranch(context, branch, attributes);
    program.call(Call.MKDIRAT, program.load(context.parent), program.text(branch.name), program.mode(0o755));
    openInside(context, branch.name);
    attach(context);
  }
  for (let index = 0; index < step.links.length; index += 2) {
    const target = program.text(step.links[index + 1]);
    program.call(Call.SYMLINKAT, target, program.load(context.parent), program.text(step.links[index]));
  }
  if (attributes & MOUNT_ATTR_RDONLY) setAttributes(context, context.parent, 0, MOUNT_ATTR_RDONLY, 0, 0);
  context.close(context.parent);
}

/** A hierarchy as the container's namespace shows it, or a directory of the host's with all that is mounted below. */
function makeBranch(context: Context, branch: CgroupBranch, attributes: u64): void {
  if (branch.source == '') mountBranch(context, branch, attributes);
  else if (branch.type == '') bindBranch(context, branch, attributes);
  else mountOrBindBranch(context, branch, attributes);
}

function mountBranch(context: Context, branch: CgroupBranch, attributes: u64, refused: Label | null = null): void {
  lowerFilesystem(context, branch.type, 'cgroup', branch.data, attributes, context.mount, refused);
}

function bindBranch(context: Context, branch: CgroupBranch, attributes: u64): void {
  cloneTree(context, atCwd(context.program), branch.source, AT_RECURSIVE);
  if (attributes) setAttributes(context, context.mount, AT_RECURSIVE, attributes, 0, 0);
}

/** unifiedBranch() of the plan says why. */
function mountOrBindBranch(context: Context, branch: CgroupBranch, attributes: u64): void {
  const program = context.program;
  const bind = new Label('bind');
  const refused = new Label('refused');
  const done = new Label('done');
  const file = program.text('self/ns/cgroup');
  program.call(Call.NEWFSTATAT, program.load(context.proc), file, program.at(context.stat), program.number(0));
  program.branch(program.field(context.stat, STAT_INO, 'stat.ino'), u64.MAX_VALUE, CGROUP_NS_INIT_INO, bind);
  mountBranch(context, branch, attributes, refused);
  program.jump(done);
  program.place(refused);
  closeFilesystem(context);
  program.place(bind);
  bindBranch(context, branch, attributes);
  program.place(done);
}

/** A directory just made in `context.parent`. */
function openInside(context: Context, name: string): void {
  const program = context.program;
  program
    .call(Call.OPENAT2, program.load(context.parent), program.text(name), context.directoryInRoot, program.number(24))
    .into(context.target);
}
