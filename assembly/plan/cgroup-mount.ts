import { Writer } from '../json/writer';
import { MountOptions } from './mount-options';
import { writeOptions } from './mounts';
import { Planner } from './planner';
import { Hierarchy } from './request';
import { mountLabel } from './security';
import { Step, Verb } from './step';

/** One hierarchy below the container's cgroup directory. */
export class CgroupBranch {
  constructor(
    /** Directory below the destination, '' for the destination itself. */
    public name: string,
    /** The host's directory to bind, '' if there is none; with a type too, only where that one cannot be mounted. */
    public source: string,
    /** Filesystem and data, where it is mounted: cgroup with its controllers, or cgroup2; '' where it is not. */
    public type: string,
    public data: string[],
  ) {}
}

/**
 * A mount of type cgroup: with a new cgroup namespace the hierarchies themselves, which then show the container's own
 * cgroup as their root; without one on v1 a bind of the container's directory, on v2 the whole hierarchy (unifiedBranch).
 * On v1 a tmpfs holds a directory for each hierarchy and a link for each controller of a joint one (cpu → cpu,cpuacct).
 */
export class CgroupMountStep extends Step {
  branches: CgroupBranch[] = [];
  /** Name and target of links, one after the other. */
  links: string[] = [];

  constructor(
    public destination: string,
    public isUnified: bool,
    public options: MountOptions,
    node: i32,
  ) {
    super(Verb.CGROUP_MOUNT, node);
  }

  override describe(): string {
    return `cgroup mount on ${this.destination}`;
  }

  override write(writer: Writer): void {
    writer.field('destination', this.destination);
    writer.fieldInteger('version', this.isUnified ? 2 : 1);
    writer.key('branches');
    writer.beginArray();
    for (let index = 0; index < this.branches.length; index++) {
      const branch = this.branches[index];
      writer.beginObject();
      writer.field('name', branch.name);
      if (branch.source != '') writer.field('source', branch.source);
      if (branch.type != '') writer.field('type', branch.type);
      writer.endObject();
    }
    writer.endArray();
    writeOptions(writer, this.options);
  }
}

export function planCgroupMount(planner: Planner, path: string, options: MountOptions, node: i32): void {
  const cgroup = planner.facts.cgroup;
  if (!cgroup.exists) {
    planner.error('OCI418', node, 'this host has no cgroups to mount', 'mount a cgroup filesystem on /sys/fs/cgroup');
    return;
  }
  for (let index = 0; index < options.data.length; index++) {
    planner.warning(
      'OCI305',
      options.dataNodes[index],
      `"${options.data[index]}" has no effect on a cgroup mount: the host's hierarchies are what they are`,
      'remove it',
    );
  }
  const isOwn = planner.namespaces.creates('cgroup');
  // Without a cgroup of its own the container is in that of the caller: it sees it, but shall not write there.
  if (!planner.hasCgroup && !isOwn && cgroup.denied == '' && !options.isReadOnly) {
    planner.error(
      'OCI418',
      node,
      'the container has no cgroup to mount, and that of the caller is not for it to write',
      'mount it "ro", or add { "type": "cgroup" } to linux.namespaces, or start without --cgroup-manager disabled',
    );
    return;
  }
  // Only the tmpfs that holds the hierarchies of v1 is a new filesystem.
  if (!cgroup.isUnified) options.label = mountLabel(planner);
  const step = new CgroupMountStep(path, cgroup.isUnified, options, node);
  if (cgroup.isUnified) {
    step.branches.push(unifiedBranch(planner));
  } else {
    for (let index = 0; index < cgroup.hierarchies.length; index++) {
      const hierarchy = cgroup.hierarchies[index];
      addHierarchy(step, hierarchy, planner.hasCgroup ? planner.cgroupPath : hierarchy.own, isOwn);
    }
  }
  planner.add(step);
}

/**
 * As the host shows it, to whoever has no cgroup namespace: bound, for a new mount would have its options, of which we
 * know none, take the place of the host's own (apply_cgroup_root_flags: nsdelegate would be gone, for all). Options given
 * in any other namespace change nothing, so a new or joined one shows itself. Only the image can tell whether the joined
 * one is the first, or not for the container to mount: it binds then.
 */
function unifiedBranch(planner: Planner): CgroupBranch {
  const namespaces = planner.namespaces;
  const source = namespaces.creates('cgroup') ? '' : planner.facts.cgroup.mount;
  return new CgroupBranch('', source, namespaces.has('cgroup') ? 'cgroup2' : '', []);
}

function addHierarchy(step: CgroupMountStep, hierarchy: Hierarchy, below: string, isOwn: bool): void {
  const name = hierarchy.mount.substring(hierarchy.mount.lastIndexOf('/') + 1);
  const data = hierarchy.name == '' ? hierarchy.controllers : ['none', `name=${hierarchy.name}`];
  step.branches.push(new CgroupBranch(name, isOwn ? '' : hierarchy.mount + below, isOwn ? 'cgroup' : '', data));
  if (hierarchy.controllers.length < 2) return;
  for (let index = 0; index < hierarchy.controllers.length; index++) {
    step.links.push(hierarchy.controllers[index]);
    step.links.push(name);
  }
}
