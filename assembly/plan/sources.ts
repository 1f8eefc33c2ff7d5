import { Writer } from '../json/writer';
import { Mount } from '../spec/mounts';
import { IdMap, readIdMap } from './id-map';
import { MountOptions } from './mount-options';
import { cleanPath } from './paths';
import { Planner } from './planner';
import { Actor, Step, Verb } from './step';

/** A user namespace whose maps mounts shall have: a new one, which the host maps, or that of the container by its file. */
export class MountIdsStep extends Step {
  constructor(
    public index: i32,
    public uids: IdMap,
    public gids: IdMap,
    /** '' for a new one. */
    public path: string,
    node: i32,
  ) {
    super(Verb.MOUNT_IDS, node);
    this.actor = Actor.LAUNCHER;
  }

  override describe(): string {
    return this.path == '' ? 'user namespace for id-mapped mounts' : `ids of ${this.path} for mounts`;
  }

  override write(writer: Writer): void {
    if (this.path != '') writer.field('file', this.path);
    else {
      this.uids.write(writer, 'uidMappings');
      this.gids.write(writer, 'gidMappings');
    }
  }
}

/**
 * A tree of the host that is opened before its mount is made, above all for a container with a user namespace: in its
 * mount namespace, by who has the power to reach it. For a privileged caller that is a process that stays outside of the
 * user namespace, else the container's own, which is still the user who has called. What the host has locked stays locked
 * in both cases.
 */
export class SourceStep extends Step {
  /** How the ids of the mount are mapped, null for not at all. */
  ids: MountIdsStep | null = null;
  isMappedBelow: bool = false;

  constructor(
    public index: i32,
    public file: string,
    public isRecursive: bool,
    /** A symbolic link is opened itself. */
    public opensLink: bool,
    /** MS_SLAVE or MS_PRIVATE: what is mounted in it must not travel to the host. 0 where its mounts are so already. */
    public propagation: u64,
    node: i32,
  ) {
    super(Verb.SOURCE, node);
  }

  override describe(): string {
    return `open ${this.file}`;
  }

  override write(writer: Writer): void {
    writer.field('file', this.file);
    if (this.isRecursive) writer.fieldBoolean('recursive', true);
    if (this.opensLink) writer.fieldBoolean('nofollow', true);
  }
}

/**
 * Opens it early if the container has a user namespace; null if whoever needs it opens it then. The host's whole tree is
 * opened early in any case: later the container's own root is in it, on top of "/".
 */
export function planSource(
  planner: Planner,
  file: string,
  isRecursive: bool,
  node: i32,
  opensLink: bool = false,
): SourceStep | null {
  if (!planner.user.exists && !(isRecursive && cleanPath(file) == '/')) return null;
  const propagation = planner.user.exists ? planner.sourcePropagation : 0;
  const step = new SourceStep(planner.sources.length, file, isRecursive, opensLink, propagation, node);
  if (planner.user.exists && planner.isPrivileged) step.actor = Actor.LAUNCHER;
  planner.sources.push(step);
  return step;
}

/** runtime-spec config.md#mounts, idmap and ridmap: null for a mount whose ids are as they are. */
export function planMountIds(planner: Planner, mount: Mount, options: MountOptions): MountIdsStep | null {
  const uids = mount.uidMappings;
  const gids = mount.gidMappings;
  const hasUids = uids != null && uids.items.length > 0;
  const hasGids = gids != null && gids.items.length > 0;
  if (hasUids != hasGids) {
    planner.error(
      'OCI308',
      hasUids ? uids!.node : gids!.node,
      `the mount has ${hasUids ? 'uidMappings and no gidMappings' : 'gidMappings and no uidMappings'}`,
      'give both, or neither',
    );
    return null;
  }
  if (!hasUids && !options.isIdMapped) return null;
  if (!planner.isPrivileged) {
    planner.error(
      'OCI319',
      mount.node,
      'the ids of a mount are mapped by who has CAP_SYS_ADMIN where its filesystem was mounted: the caller has not',
      'start it as root, or remove the mapping',
    );
    return null;
  }
  if (!options.isBind) {
    planner.error(
      'OCI318',
      mount.node,
      'only the ids of a bind mount are mapped: a new filesystem has those of whoever mounts it',
      'add "bind" or "rbind" to options, or remove the mapping',
    );
    return null;
  }
  if (hasUids) {
    if (!options.isIdMapped) {
      planner.warning(
        'OCI309',
        uids!.node,
        'mappings without the option idmap: the mount gets them, those below it do not',
        'add "idmap" to options, or "ridmap" for all mounts below',
      );
    }
    return mountIds(planner, readIdMap(planner, uids), readIdMap(planner, gids), '', mount.node);
  }
  if (planner.user.isNew) return mountIds(planner, planner.user.uids, planner.user.gids, '', mount.node);
  if (planner.user.isJoined) return mountIds(planner, new IdMap(), new IdMap(), planner.user.path, mount.node);
  planner.error(
    'OCI307',
    mount.node,
    'idmap: neither the mount has mappings, nor the container a user namespace to take them from',
    'add uidMappings and gidMappings to the mount',
  );
  return null;
}

/** One for all mounts that are mapped alike. */
function mountIds(planner: Planner, uids: IdMap, gids: IdMap, path: string, node: i32): MountIdsStep {
  const key = path == '' ? `${uids.text}/${gids.text}` : path;
  if (planner.mountIdsByText.has(key)) return planner.mountIdsByText.get(key);
  const step = new MountIdsStep(planner.mountIds.length, uids, gids, path, node);
  planner.mountIds.push(step);
  planner.mountIdsByText.set(key, step);
  return step;
}

/**
 * Puts what the mounts have asked for where it belongs, places in the steps so far: user namespaces of mounts at
 * `outside`, sources at `sources`.
 */
export function insertSources(planner: Planner, outside: i32, sources: i32): void {
  const steps: Step[] = [];
  for (let index = 0; index < planner.steps.length; index++) {
    if (index == outside) {
      for (let ids = 0; ids < planner.mountIds.length; ids++) steps.push(planner.mountIds[ids]);
    }
    if (index == sources) {
      for (let source = 0; source < planner.sources.length; source++) steps.push(planner.sources[source]);
    }
    steps.push(planner.steps[index]);
  }
  planner.steps = steps;
}
