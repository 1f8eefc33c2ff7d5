import { CgroupBranch, CgroupMountStep } from '../plan/cgroup-mount';
import { Call } from './calls';
import { MOUNT_ATTR_RDONLY } from './constants';
import { Context } from './context';
import { atCwd } from './lower-launcher';
import { addLabel, lowerFilesystem } from './lower-mount';
import { attach, cloneTree, openDirectory, openInRoot, setAttributes } from './lower-path';

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

/** A hierarchy of its own, or the container's directory in the host's. */
function makeBranch(context: Context, branch: CgroupBranch, attributes: u64): void {
  if (branch.source == '') {
    lowerFilesystem(context, branch.type, 'cgroup', branch.data, attributes, context.mount);
    return;
  }
  cloneTree(context, atCwd(context.program), branch.source, 0);
  if (attributes) setAttributes(context, context.mount, 0, attributes, 0, 0);
}

/** A directory just made in `context.parent`. */
function openInside(context: Context, name: string): void {
  const program = context.program;
  program
    .call(Call.OPENAT2, program.load(context.parent), program.text(name), context.directoryInRoot, program.number(24))
    .into(context.target);
}
