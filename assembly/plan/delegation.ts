import { NONE } from '../json/document';
import { Writer } from '../json/writer';
import { cleanPath } from './paths';
import { Planner } from './planner';
import { Actor, Step, Verb } from './step';

/** include/uapi/linux/capability.h */
const CAP_CHOWN: i32 = 0;

/** The container's user may make cgroups in that of the container: cgroup-v2.rst#delegation */
export class DelegateStep extends Step {
  constructor(
    public directory: string,
    /** On the host. */
    public uid: i64,
    node: i32,
  ) {
    super(Verb.DELEGATE, node);
    this.actor = Actor.HOST;
  }

  override describe(): string {
    return `give the cgroup to user ${this.uid}`;
  }

  override write(writer: Writer): void {
    writer.field('directory', this.directory);
    writer.fieldInteger('uid', this.uid);
  }
}

/** Only with a namespace of its own and a mount of it to write, as under runc; and only on v2, where that is safe. */
export function planDelegation(planner: Planner): void {
  const cgroup = planner.facts.cgroup;
  if (!planner.hasCgroup || !cgroup.isUnified || !planner.namespaces.creates('cgroup')) return;
  const node = writableMount(planner);
  const uid = hostUid(planner);
  if (node != NONE && uid > 0) planner.add(new DelegateStep(cgroup.mount + planner.cgroupPath, uid, node));
}

/** Of the mount of the container's cgroup that it may write to. */
function writableMount(planner: Planner): i32 {
  const mounts = planner.spec.mounts;
  if (!mounts) return NONE;
  for (let index = 0; index < mounts.items.length; index++) {
    const mount = mounts.items[index];
    const type = mount.type;
    const destination = mount.destination;
    if (!type || !destination || (type.value != 'cgroup' && type.value != 'cgroup2')) continue;
    if (cleanPath(destination.value) != '/sys/fs/cgroup') continue;
    const options = mount.options;
    let isReadonly = false;
    for (let item = 0; options && item < options.items.length; item++) {
      if (options.items[item].value == 'ro') isReadonly = true;
      if (options.items[item].value == 'rw') isReadonly = false;
    }
    if (!isReadonly) return mount.node;
  }
  return NONE;
}

/** Of the container's process; -1 if it has none that is known, or that is anybody else's to be given. */
function hostUid(planner: Planner): i64 {
  const user = planner.user;
  if (!user.exists) return planner.uid;
  if (user.uids.isEmpty || !planner.holds(CAP_CHOWN)) return -1;
  return user.uids.toHost(planner.uid);
}
