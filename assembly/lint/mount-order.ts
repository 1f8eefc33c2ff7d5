import { join } from '../json/text';
import { Severity } from '../report';
import { Context } from './context';
import { fixing } from './edits';
import { MountView } from './mount-view';
import { Explanation, Fixable, Preset, Rule } from './rule';

/** Mounts beyond this number are not compared with each other: nobody reads what comes of it, and it takes ever longer. */
const COMPARED = 500;

export class HiddenMount extends Rule {
  constructor() {
    super('OCI310', Severity.WARNING, Preset.RECOMMENDED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'a later mount hides an earlier one',
      'Mounts are made in the listed order: what is mounted on a directory covers all that was below it.',
      '{"mounts":[{"destination":"/srv/data","type":"tmpfs","source":"tmpfs"},{"destination":"/srv","type":"tmpfs","source":"tmpfs"}]}',
      '{"mounts":[{"destination":"/srv","type":"tmpfs","source":"tmpfs"},{"destination":"/srv/data","type":"tmpfs","source":"tmpfs"}]}',
      'runtime-spec config.md#mounts',
    );
  }

  override check(context: Context): void {
    const mounts = context.mounts;
    for (let later = 1; later < min(mounts.length, COMPARED); later++) {
      const cover = mounts[later];
      if (cover.options.isRemount || cover.destination == '') continue;
      for (let earlier = sameBefore(mounts, later) + 1; earlier < later; earlier++) {
        if (!isBelow(mounts[earlier], cover) || context.findings.omits(this.id, Severity.WARNING)) continue;
        const hidden = mounts[earlier];
        const message = `the mount on ${hidden.destination} is hidden by a later one on ${cover.destination}`;
        const finding = this.found(context, hidden.node, message, `list ${cover.destination} first`);
        finding.relate(cover.node, 'hidden by this one');
        fixing(context.document, finding, `move ${cover.destination} before it`, false).move(cover.node, hidden.node);
      }
    }
  }
}

/** The last mount before on the same destination, -1 without one: it hides already what is before it. */
function sameBefore(mounts: MountView[], later: i32): i32 {
  let index = later - 1;
  while (index >= 0 && (mounts[index].options.isRemount || mounts[index].destination != mounts[later].destination)) {
    index--;
  }
  return index;
}

function isBelow(mount: MountView, cover: MountView): bool {
  const path = mount.destination;
  if (cover.destination == '/') return path != '/' && path != '';
  return path.charCodeAt(cover.destination.length) == 0x2f && path.startsWith(cover.destination);
}

export class DuplicateDestination extends Rule {
  constructor() {
    super('OCI311', Severity.WARNING, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'two mounts have the same destination',
      'The later one covers the earlier one, which costs a start and is never seen.',
      '{"mounts":[{"destination":"/srv","type":"tmpfs","source":"tmpfs"},{"destination":"/srv/","type":"tmpfs","source":"tmpfs"}]}',
      '{"mounts":[{"destination":"/srv","type":"tmpfs","source":"tmpfs"}]}',
      'runtime-spec config.md#mounts',
    );
  }

  override check(context: Context): void {
    const mounts = context.mounts;
    const seen = new Map<string, i32>();
    for (let index = 0; index < mounts.length; index++) {
      const mount = mounts[index];
      if (mount.options.isRemount || mount.destination == '') continue;
      if (seen.has(mount.destination) && !context.findings.omits(this.id, Severity.WARNING)) {
        const message = `something is mounted on ${mount.destination} already`;
        const finding = this.found(context, mount.destinationNode, message, 'remove one of them');
        finding.relate(seen.get(mount.destination), 'the first one');
      }
      seen.set(mount.destination, mount.node);
    }
  }
}

export class DefaultFilesystemMissing extends Rule {
  constructor() {
    super('OCI312', Severity.INFO, Preset.STRICT);
  }

  override explain(): Explanation {
    return new Explanation(
      'nothing is mounted on /proc, /sys, /dev/pts or /dev/shm',
      'The spec asks for them: many programs do not work without.',
      '{"mounts":[]}',
      '{"mounts":[{"destination":"/proc","type":"proc","source":"proc"},{"destination":"/sys","type":"sysfs","source":"sysfs","options":["ro"]},{"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["size=64k"]},{"destination":"/dev/pts","type":"devpts","source":"devpts","options":["newinstance"]},{"destination":"/dev/shm","type":"tmpfs","source":"shm","options":["size=64m"]}]}',
      'runtime-spec config-linux.md#default-filesystems',
    );
  }

  override check(context: Context): void {
    const wanted = ['/proc', '/sys', '/dev/pts', '/dev/shm'];
    const missing: string[] = [];
    for (let index = 0; index < wanted.length; index++)
      if (!isThere(context.mounts, wanted[index])) missing.push(wanted[index]);
    if (missing.length == 0) return;
    const list = context.spec.mounts;
    const node = list ? list.node : context.document.root;
    this.found(context, node, `nothing is mounted on ${join(missing, ', ')}`, 'add what the program needs');
  }
}

/** Mounted, or part of a directory of the host that is. */
function isThere(mounts: MountView[], path: string): bool {
  for (let index = 0; index < mounts.length; index++) {
    const mount = mounts[index];
    if (mount.destination == path) return true;
    if (mount.isBind && mount.destination.length > 1 && path.startsWith(mount.destination + '/')) return true;
  }
  return false;
}

export class TmpfsWithoutSize extends Rule {
  constructor() {
    super('OCI313', Severity.WARNING, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      'a tmpfs without a size',
      'It may take half of the memory of the host. What is in it counts as memory of the cgroup, if that has a limit.',
      '{"mounts":[{"destination":"/tmp","type":"tmpfs","source":"tmpfs","options":["nosuid"]}]}',
      '{"mounts":[{"destination":"/tmp","type":"tmpfs","source":"tmpfs","options":["nosuid","size=64m"]}]}',
      'man 5 tmpfs',
    );
  }

  override check(context: Context): void {
    const mounts = context.mounts;
    for (let index = 0; index < mounts.length; index++) {
      const mount = mounts[index];
      if (mount.type != 'tmpfs' || mount.isBind || mount.options.isRemount || mount.isReadonly || hasSize(mount))
        continue;
      if (context.findings.omits(this.id, Severity.WARNING)) continue;
      const message = `the tmpfs on ${mount.destination} may take half of the memory`;
      this.found(context, mount.node, message, 'add an option such as "size=64m"');
    }
  }
}

function hasSize(mount: MountView): bool {
  const data = mount.options.data;
  for (let index = 0; index < data.length; index++) {
    if (data[index].startsWith('size=') || data[index].startsWith('nr_blocks=')) return true;
  }
  return false;
}

export class CopyUpWithoutTmpfs extends Rule {
  constructor() {
    super('OCI314', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'tmpcopyup on a mount that is no new tmpfs',
      'What stands at the destination is copied into the tmpfs: elsewhere runtimes refuse the option, or hand it to the filesystem.',
      '{"mounts":[{"destination":"/proc","type":"proc","source":"proc","options":["tmpcopyup"]}]}',
      '{"mounts":[{"destination":"/tmp","type":"tmpfs","source":"tmpfs","options":["tmpcopyup","size=64m"]}]}',
      'runtime-spec config.md#linux-mount-options',
    );
  }
}

export class MountWithoutType extends Rule {
  constructor() {
    super('OCI320', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a mount has neither a type nor the option bind',
      'Nobody can tell what is to be mounted; the kernel says: no such device.',
      '{"mounts":[{"destination":"/data","source":"/srv/data"}]}',
      '{"mounts":[{"destination":"/data","source":"/srv/data","options":["rbind"]}]}',
      'runtime-spec config.md#mounts',
    );
  }
}

export class MountOnRoot extends Rule {
  constructor() {
    super('OCI321', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a filesystem is to be mounted on the root itself',
      'It would cover the whole root filesystem, and there would be no program to start.',
      '{"mounts":[{"destination":"/","type":"tmpfs","source":"tmpfs"}]}',
      '{"mounts":[{"destination":"/tmp","type":"tmpfs","source":"tmpfs"}]}',
      'runtime-spec config.md#root',
    );
  }
}

export class MountWithoutNamespace extends Rule {
  constructor() {
    super('OCI316', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'proc, sysfs or mqueue in a user namespace, without the namespace that it shows',
      'It shows processes, network devices or queues of the host then, and the kernel lets only the owner of their namespace mount it (EPERM).',
      '{"mounts":[{"destination":"/sys","type":"sysfs","source":"sysfs"}],"linux":{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}',
      '{"mounts":[{"destination":"/sys","type":"sysfs","source":"sysfs"}],"linux":{"namespaces":[{"type":"mount"},{"type":"user"},{"type":"network"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}',
      'man 7 user_namespaces',
    );
  }
}
