import { NONE } from '../json/document';
import { cleanPath } from '../plan/paths';
import { Severity } from '../report';
import { Context } from './context';
import { fixing } from './edits';
import { MountView, NODEV, NOSUID } from './mount-view';
import { Explanation, Fixable, Preset, Rule } from './rule';

/** MS_SHARED of include/uapi/linux/mount.h */
const SHARED: u64 = 1 << 20;

const SOCKETS: string[] = [
  'docker.sock',
  'containerd.sock',
  'crio.sock',
  'podman.sock',
  'dockershim.sock',
  'cri-dockerd.sock',
  'buildkitd.sock',
];

export class RuntimeSocket extends Rule {
  constructor() {
    super('OCI910', Severity.ERROR, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'the socket of a container engine is mounted',
      'Who may talk to it starts a container with all of the host in it: it is the same as being root there.',
      '{"mounts":[{"destination":"/var/run/docker.sock","type":"bind","source":"/var/run/docker.sock","options":["rbind"]}]}',
      '{"mounts":[]}',
      'CIS Docker Benchmark 5.32; https://docs.docker.com/engine/security/',
    );
  }

  override check(context: Context): void {
    const mounts = context.mounts;
    for (let index = 0; index < mounts.length; index++) {
      const mount = mounts[index];
      if (!mount.isBind) continue;
      const name = mount.source.substring(mount.source.lastIndexOf('/') + 1);
      if (!SOCKETS.includes(name) || context.findings.omits(this.id, Severity.ERROR)) continue;
      const message = `${mount.source} is the engine: with it the container is root of the host`;
      this.found(context, mount.sourceNode, message, 'remove it, or put a proxy in between that filters requests');
    }
  }
}

/** Themselves, and nothing that is below them but what leadsToHost() names. */
const DIRECTORIES: string[] = [
  '/',
  '/etc',
  '/proc',
  '/boot',
  '/dev',
  '/root',
  '/home',
  '/usr',
  '/var',
  '/var/lib',
  '/var/lib/docker',
  '/var/lib/containerd',
  '/var/lib/containers',
  '/var/lib/kubelet',
  '/var/run',
  '/run',
  '/etc/kubernetes',
  '/etc/ssh',
  '/etc/shadow',
  '/etc/sudoers',
];

export class HostDirectory extends Rule {
  constructor() {
    super('OCI911', Severity.ERROR, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'a directory of the host is mounted that leads to all of it',
      'With /etc, /root or the files of the engine come keys, passwords and ways to run programs as root; writable ones at once.',
      '{"mounts":[{"destination":"/host","type":"bind","source":"/etc","options":["rbind"]}]}',
      '{"mounts":[{"destination":"/etc/app","type":"bind","source":"/etc/app","options":["rbind","ro"]}]}',
      'CIS Docker Benchmark 5.6',
    );
  }

  override check(context: Context): void {
    const mounts = context.mounts;
    for (let index = 0; index < mounts.length; index++) {
      const mount = mounts[index];
      if (!mount.isBind || !leadsToHost(mount) || context.findings.omits(this.id, Severity.ERROR)) continue;
      const how = mount.isReadonly ? 'readable' : 'writable';
      const message = `${mount.source} of the host is ${how} in the container`;
      const help = mount.isReadonly
        ? 'mount the files that are needed, and not the whole directory'
        : 'mount the files that are needed, and not the whole directory; "ro" makes it less bad';
      this.found(context, mount.sourceNode, message, help);
    }
  }
}

/** A read-only /sys is what rootless containers have in place of their own (`runc spec --rootless`). */
function leadsToHost(mount: MountView): bool {
  if (!mount.source.startsWith('/')) return false;
  const path = cleanPath(mount.source);
  if (path == '/sys') return !mount.isReadonly;
  if (DIRECTORIES.includes(path) || path.startsWith('/proc/sys')) return true;
  return path.endsWith('/.ssh') || path.includes('/.ssh/') || path.includes('/.gnupg') || path.includes('/.kube/');
}

export class WritableSysfs extends Rule {
  constructor() {
    super('OCI912', Severity.WARNING, Preset.HARDENED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      '/sys or /sys/fs/cgroup is writable',
      'Files there configure the kernel and its devices; release_agent of cgroup v1 runs a program on the host.',
      '{"mounts":[{"destination":"/sys","type":"sysfs","source":"sysfs","options":["nosuid","noexec","nodev"]}]}',
      '{"mounts":[{"destination":"/sys","type":"sysfs","source":"sysfs","options":["nosuid","noexec","nodev","ro"]}]}',
      'man 5 sysfs; CVE-2022-0492',
    );
  }

  override check(context: Context): void {
    const mounts = context.mounts;
    for (let index = 0; index < mounts.length; index++) {
      const mount = mounts[index];
      const isSysfs = mount.type == 'sysfs' || mount.type == 'cgroup' || mount.type == 'cgroup2';
      if ((!isSysfs && mount.destination != '/sys' && mount.destination != '/sys/fs/cgroup') || mount.isReadonly)
        continue;
      if (context.findings.omits(this.id, Severity.WARNING)) continue;
      const finding = this.found(context, mount.node, `${mount.destination} is writable`, 'add "ro" to options');
      if (mount.optionsNode == NONE) continue;
      const writable = mount.nodeOfOption('rw');
      const edits = fixing(context.document, finding, 'make it read-only', false);
      if (writable == NONE) edits.addItem(mount.optionsNode, '"ro"');
      else edits.replace(writable, '"ro"');
    }
  }
}

export class BindWithoutNosuidNodev extends Rule {
  constructor() {
    super('OCI920', Severity.WARNING, Preset.HARDENED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'a bind mount without nosuid and nodev',
      'A setuid program or a device node in it works in the container as it does on the host; and what the container makes there works on the host.',
      '{"mounts":[{"destination":"/data","type":"bind","source":"/srv/data","options":["rbind"]}]}',
      '{"mounts":[{"destination":"/data","type":"bind","source":"/srv/data","options":["rbind","nosuid","nodev"]}]}',
      'man 8 mount; runtime-spec config.md#linux-mount-options',
    );
  }

  override check(context: Context): void {
    const mounts = context.mounts;
    for (let index = 0; index < mounts.length; index++) {
      const mount = mounts[index];
      const set = mount.options.set | mount.options.setRecursive;
      if (!mount.isBind || (set & (NOSUID | NODEV)) == (NOSUID | NODEV)) continue;
      if (context.findings.omits(this.id, Severity.WARNING)) continue;
      const missing: string = set & NOSUID ? '"nodev"' : set & NODEV ? '"nosuid"' : '"nosuid", "nodev"';
      const message = `the bind mount on ${mount.destination} has not ${missing.replace(', ', ' and ')}`;
      const finding = this.found(context, mount.node, message, `add ${missing} to options`);
      if (mount.optionsNode == NONE) continue;
      fixing(context.document, finding, `add ${missing}`, false).addItem(mount.optionsNode, missing);
    }
  }
}

export class SharedPropagation extends Rule {
  constructor() {
    super('OCI921', Severity.WARNING, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      'mounts that the container makes on a bind mount appear on the host',
      'Propagation "shared" goes both ways: with CAP_SYS_ADMIN the container mounts filesystems where the host looks.',
      '{"mounts":[{"destination":"/data","type":"bind","source":"/srv/data","options":["rbind","nosuid","nodev","rshared"]}]}',
      '{"mounts":[{"destination":"/data","type":"bind","source":"/srv/data","options":["rbind","nosuid","nodev","rslave"]}]}',
      'man 7 mount_namespaces, "Shared subtrees"',
    );
  }

  override check(context: Context): void {
    const mounts = context.mounts;
    for (let index = 0; index < mounts.length; index++) {
      const mount = mounts[index];
      if (!mount.isBind || !(mount.options.propagation & SHARED)) continue;
      if (context.findings.omits(this.id, Severity.WARNING)) continue;
      const node = max(mount.nodeOfOption('shared'), mount.nodeOfOption('rshared'));
      const message = `what is mounted below ${mount.destination} appears on the host`;
      this.found(
        context,
        node == NONE ? mount.node : node,
        message,
        'use "rslave": mounts then come in, and do not go out',
      );
    }
  }
}
