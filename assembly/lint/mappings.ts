import { NONE } from '../json/document';
import { Diagnostic, Severity } from '../report';
import { IdMapping } from '../spec/mounts';
import { List, Value } from '../spec/value';
import { Context } from './context';
import { namespaceOf } from './namespaces';
import { Explanation, Preset, Rule } from './rule';

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

  override complete(context: Context, finding: Diagnostic): bool {
    const entry = namespaceOf(context, 'user');
    if (entry) finding.relate(entry.node, 'the namespace');
    return true;
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

  override complete(context: Context, finding: Diagnostic): bool {
    const document = context.document;
    // Only of two that overlap it is one of the ids that the finding is about.
    const isInside = document.keyEquals(finding.node, 'containerID');
    if (!isInside && !document.keyEquals(finding.node, 'hostID')) return true;
    const mapping = document.parent(finding.node);
    const list = mappingsAt(context, document.parent(mapping));
    const first = list ? firstOverlap(list, mapping, isInside) : NONE;
    if (first != NONE) finding.relate(first, 'mapped here first');
    return true;
  }
}

function mappingsAt(context: Context, node: i32): List<IdMapping> | null {
  const linux = context.linux;
  const uids = linux ? linux.uidMappings : null;
  if (uids && uids.node == node) return uids;
  const gids = linux ? linux.gidMappings : null;
  if (gids && gids.node == node) return gids;
  const mounts = context.mounts;
  for (let index = 0; index < mounts.length; index++) {
    const ofUids = mounts[index].mount.uidMappings;
    if (ofUids && ofUids.node == node) return ofUids;
    const ofGids = mounts[index].mount.gidMappings;
    if (ofGids && ofGids.node == node) return ofGids;
  }
  return null;
}

function firstOverlap(list: List<IdMapping>, node: i32, isInside: bool): i32 {
  let mapping: IdMapping | null = null;
  for (let index = 0; index < list.items.length; index++) {
    if (list.items[index].node == node) mapping = list.items[index];
  }
  if (!mapping || !isWhole(mapping)) return NONE;
  for (let index = 0; index < list.items.length; index++) {
    const before = list.items[index];
    if (before.node == node) break;
    if (!isWhole(before)) continue;
    const one = isInside ? before.containerID! : before.hostID!;
    const other = isInside ? mapping.containerID! : mapping.hostID!;
    if (overlaps(one, before.size!, other, mapping.size!)) return before.node;
  }
  return NONE;
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

  override complete(context: Context, finding: Diagnostic): bool {
    const linux = context.linux;
    if (!linux) return true;
    const list = context.document.keyEquals(finding.node, 'uid') ? linux.uidMappings : linux.gidMappings;
    if (list) finding.relate(list.node, 'what is mapped');
    return true;
  }
}

/** The owner that a mount's options name: uid=1000. */
export class OwnerNotMapped extends Rule {
  constructor() {
    super('OCI317', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'the owner that an option of a mount names is not mapped',
      'For the kernel it is no id of this user namespace, and it refuses the mount (EINVAL).',
      '{"mounts":[{"destination":"/run","type":"tmpfs","source":"tmpfs","options":["uid=70000"]}],"linux":{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}',
      '{"mounts":[{"destination":"/run","type":"tmpfs","source":"tmpfs","options":["uid=1000"]}],"linux":{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}',
      'man 5 tmpfs; man 7 user_namespaces',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const linux = context.linux;
    if (!linux) return true;
    const isUid = context.document.text(finding.node).startsWith('uid=');
    const list = isUid ? linux.uidMappings : linux.gidMappings;
    if (list) finding.relate(list.node, 'what is mapped');
    return true;
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
