import { NONE } from '../json/document';
import { Severity } from '../report';
import { IdMapping } from '../spec/mounts';
import { List, Value } from '../spec/value';
import { Context } from './context';
import { namespaceOf } from './namespaces';
import { Explanation, Preset, Rule } from './rule';

const IDS: u64 = (<u64>1) << 32;

/** kernel/user_namespace.c, UID_GID_MAP_MAX_EXTENTS */
const MOST_LINES = 340;

export class MappingsWithoutUserNamespace extends Rule {
  constructor() {
    super('OCI204', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'ids are mapped, and the container has no user namespace',
      'runc refuses it; elsewhere the mappings have no effect, and root in the container is root of the host.',
      '{"linux":{"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}',
      'man 7 user_namespaces; runtime-spec config-linux.md#user-namespace-mappings',
    );
  }

  override check(context: Context): void {
    const linux = context.linux;
    if (!linux || context.hasNamespace('user')) return;
    const uids = linux.uidMappings;
    const gids = linux.gidMappings;
    const list = uids && uids.items.length > 0 ? uids : gids;
    if (!list || list.items.length == 0) return;
    const help = 'add { "type": "user" } to linux.namespaces, or remove the mappings';
    this.found(context, list.node, 'ids are mapped in a user namespace, and the container has none', help);
  }
}

export class UserNamespaceWithoutMappings extends Rule {
  constructor() {
    super('OCI205', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a new user namespace without uidMappings or gidMappings',
      'Until ids are mapped all of them are the overflow id: the process cannot become its own user.',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}',
      'man 7 user_namespaces',
    );
  }

  override check(context: Context): void {
    const linux = context.linux;
    if (!linux || !context.createsNamespace('user')) return;
    const uids = linux.uidMappings;
    const gids = linux.gidMappings;
    const hasUids = uids != null && uids.items.length > 0;
    const hasGids = gids != null && gids.items.length > 0;
    if (hasUids && hasGids) return;
    const missing = hasUids ? 'gidMappings are' : hasGids ? 'uidMappings are' : 'uidMappings and gidMappings are';
    const help = 'add linux.uidMappings and linux.gidMappings';
    const message = `a new user namespace has no ids until they are mapped: ${missing} missing`;
    const finding = this.found(context, linux.namespaces!.node, message, help);
    const entry = namespaceOf(context, 'user');
    if (entry) finding.relate(entry.node, 'the namespace');
  }
}

export class InvalidMapping extends Rule {
  constructor() {
    super('OCI206', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'an id mapping is empty, too large, overlaps another one, or is one too many',
      'The kernel refuses the whole list (EINVAL), after the container has been half made.',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536},{"containerID":1000,"hostID":200000,"size":1}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536},{"containerID":65536,"hostID":200000,"size":1}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}',
      'man 7 user_namespaces, "Defining user and group ID mappings"',
    );
  }

  override check(context: Context): void {
    const linux = context.linux;
    if (linux) {
      this.checkList(context, linux.uidMappings);
      this.checkList(context, linux.gidMappings);
    }
    const mounts = context.mounts;
    for (let index = 0; index < mounts.length; index++) {
      this.checkList(context, mounts[index].mount.uidMappings);
      this.checkList(context, mounts[index].mount.gidMappings);
    }
  }

  private checkList(context: Context, list: List<IdMapping> | null): void {
    if (!list) return;
    if (list.items.length > MOST_LINES) {
      this.found(context, list.node, `${list.items.length} mappings`, `the kernel takes ${MOST_LINES}`);
      return;
    }
    for (let index = 0; index < list.items.length; index++) {
      const mapping = list.items[index];
      if (!isWhole(mapping)) continue;
      const size = mapping.size!.value;
      if (size == 0) {
        this.found(context, mapping.size!.node, 'a mapping of no ids', 'give it the number of ids');
      } else if (mapping.containerID!.value + size > IDS || mapping.hostID!.value + size > IDS) {
        this.found(
          context,
          mapping.node,
          'the mapping goes beyond the last id, which is 4294967295',
          'make it smaller',
        );
      } else this.checkOverlap(context, list, index);
    }
  }

  private checkOverlap(context: Context, list: List<IdMapping>, index: i32): void {
    const mapping = list.items[index];
    for (let other = 0; other < index; other++) {
      const before = list.items[other];
      if (!isWhole(before)) continue;
      const inContainer = overlaps(before.containerID!, before.size!, mapping.containerID!, mapping.size!);
      if (!inContainer && !overlaps(before.hostID!, before.size!, mapping.hostID!, mapping.size!)) continue;
      const where = inContainer ? 'ids of the container' : 'ids of the host';
      const message = `${where} are mapped that are mapped already`;
      this.found(context, mapping.node, message, 'make the ranges disjoint').relate(before.node, 'mapped here first');
      return;
    }
  }
}

function isWhole(mapping: IdMapping): bool {
  return mapping.containerID != null && mapping.hostID != null && mapping.size != null;
}

function overlaps(first: Value<u64>, firstSize: Value<u64>, second: Value<u64>, secondSize: Value<u64>): bool {
  return first.value < second.value + secondSize.value && second.value < first.value + firstSize.value;
}

export class UnmappedId extends Rule {
  constructor() {
    super('OCI207', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'the user or a group of the process is not mapped',
      'Nobody can have an id that the user namespace does not know (setuid: EINVAL).',
      '{"process":{"user":{"uid":70000,"gid":0}},"linux":{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}',
      '{"process":{"user":{"uid":1000,"gid":0}},"linux":{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}',
      'man 7 user_namespaces',
    );
  }

  override check(context: Context): void {
    const linux = context.linux;
    const process = context.process;
    const user = process ? process.user : null;
    if (!linux || !user || !context.createsNamespace('user')) return;
    const uid = user.uid;
    const gid = user.gid;
    if (uid) this.checkId(context, 'uid', uid, linux.uidMappings);
    if (gid) this.checkId(context, 'gid', gid, linux.gidMappings);
    const groups = user.additionalGids;
    if (!groups) return;
    for (let index = 0; index < groups.items.length; index++) {
      if (context.findings.omits(this.id, Severity.ERROR)) continue;
      this.checkId(context, 'gid', groups.items[index], linux.gidMappings);
    }
  }

  private checkId(context: Context, what: string, id: Value<u64>, list: List<IdMapping> | null): void {
    // A list that is missing is told of by another rule.
    if (!list || list.items.length == 0 || list.items.length > MOST_LINES) return;
    for (let index = 0; index < list.items.length; index++) {
      const mapping = list.items[index];
      if (!isWhole(mapping)) continue;
      const first = mapping.containerID!.value;
      if (id.value >= first && id.value - first < mapping.size!.value) return;
    }
    const message = `${what} ${id.value} is not mapped in the user namespace`;
    const help = `add it to linux.${what}Mappings, or choose another`;
    this.found(context, id.node, message, help).relate(list.node, 'what is mapped');
  }
}

export class HostRootMapped extends Rule {
  constructor() {
    super('OCI925', Severity.INFO, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      "the user namespace maps the host's root",
      'What the process does with that id to files of the host it does as root.',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"pid"},{"type":"ipc"},{"type":"network"},{"type":"uts"},{"type":"cgroup"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":0,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"pid"},{"type":"ipc"},{"type":"network"},{"type":"uts"},{"type":"cgroup"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}',
      'man 7 user_namespaces',
    );
  }

  override check(context: Context): void {
    const linux = context.linux;
    const list = linux ? linux.uidMappings : null;
    if (!list) return;
    for (let index = 0; index < list.items.length; index++) {
      const host = list.items[index].hostID;
      const size = list.items[index].size;
      if (!host || !size || host.value != 0 || size.value == 0) continue;
      this.found(context, host.node, 'uid 0 of the host is mapped', 'map ids that belong to nobody, as in /etc/subuid');
      return;
    }
  }
}

export class RootWithoutUserNamespace extends Rule {
  constructor() {
    super('OCI907', Severity.WARNING, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      'the process is root, and there is no user namespace',
      'It has the uid of the root of the host: whatever leads out of the container leads there as root.',
      '{"process":{"user":{"uid":0,"gid":0}}}',
      '{"process":{"user":{"uid":1000,"gid":1000}}}',
      'man 7 user_namespaces; CIS Docker Benchmark 4.1',
    );
  }

  override check(context: Context): void {
    const process = context.process;
    if (!process || context.hasNamespace('user')) return;
    const user = process.user;
    const uid = user ? user.uid : null;
    if (uid && uid.value != 0) return;
    const node = uid ? uid.node : user ? user.node : process.node;
    const help = 'run it as another user, or map its root in a user namespace';
    this.found(context, node == NONE ? process.node : node, 'the process is the root of the host', help);
  }
}
