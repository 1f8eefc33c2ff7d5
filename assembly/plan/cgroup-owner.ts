import { Writer } from '../json/writer';
import { cleanPath, readOptions } from './mounts';
import { Planner } from './planner';
import { Actor, Step, Verb } from './step';

/** include/uapi/linux/capability.h */
const CAP_CHOWN: i32 = 0;
/** include/uapi/linux/mount.h */
const MOUNT_ATTR_RDONLY: u64 = 1;

/** The container's root may make cgroups below its own. */
export class OwnCgroupStep extends Step {
  constructor(
    public directory: string,
    /** Of the host. */
    public uid: u64,
    node: i32,
  ) {
    super(Verb.OWN_CGROUP, node);
    this.actor = Actor.HOST;
  }

  override describe(): string {
    return `cgroup ${this.directory} belongs to ${this.uid}`;
  }

  override write(writer: Writer): void {
    writer.field('directory', this.directory);
    writer.fieldInteger('uid', this.uid);
  }
}

/**
 * runtime-spec config-linux.md#cgroup-ownership: the cgroup belongs to the user of the process where it is mounted to be
 * written, and shows nothing above it. On v1 it is never given away.
 */
export function planCgroupOwner(planner: Planner): void {
  const cgroup = planner.facts.cgroup;
  if (!planner.hasCgroup || !cgroup.isUnified || !planner.namespaces.creates('cgroup') || !planner.holds(CAP_CHOWN))
    return;
  const uid = planner.user.uids.toHost(planner.uid);
  const mounts = planner.spec.mounts;
  if (uid == planner.facts.uid || !mounts) return;
  for (let index = 0; index < mounts.items.length; index++) {
    const mount = mounts.items[index];
    const type = mount.type;
    const destination = mount.destination;
    if (!type || !destination || !type.value.startsWith('cgroup') || cleanPath(destination.value) != '/sys/fs/cgroup') {
      continue;
    }
    const options = readOptions(mount);
    if ((options.set | options.setRecursive) & MOUNT_ATTR_RDONLY) continue;
    planner.add(new OwnCgroupStep(cgroup.mount + planner.cgroupPath, uid, mount.node));
    return;
  }
}
