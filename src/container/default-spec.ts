import { OCI_VERSION } from '../version.ts';

const CAPABILITIES = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'];

/**
 * What `orlop spec --rootless` writes, as runc does: for an ordinary user, who maps himself alone. The network is the
 * host's, so sysfs cannot be mounted but is bound; no group can own the terminals, and there is no limit to set.
 */
export function rootlessSpec(uid: number, gid: number): Record<string, unknown> {
  const spec = defaultSpec() as { mounts: Mount[]; linux: { namespaces: { type: string }[] } };
  const namespaces = spec.linux.namespaces.filter(({ type }) => type !== 'network');
  return {
    ...spec,
    mounts: spec.mounts.map((mount) => {
      if (mount.destination === '/sys')
        return { ...mount, type: 'none', source: '/sys', options: ['rbind', ...mount.options] };
      return { ...mount, options: mount.options.filter((option) => !option.startsWith('gid=')) };
    }),
    linux: {
      ...spec.linux,
      namespaces: [...namespaces, { type: 'user' }],
      uidMappings: [{ containerID: 0, hostID: uid, size: 1 }],
      gidMappings: [{ containerID: 0, hostID: gid, size: 1 }],
    },
  };
}

interface Mount {
  destination: string;
  type: string;
  source: string;
  options: string[];
}

/** What `orlop spec` writes: a shell in namespaces of its own, with few privileges. */
export function defaultSpec(): Record<string, unknown> {
  const mount = (destination: string, type: string, options: string[], source = type): Mount => ({
    destination,
    type,
    source,
    options,
  });
  return {
    ociVersion: OCI_VERSION,
    process: {
      terminal: true,
      user: { uid: 0, gid: 0 },
      args: ['sh'],
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'TERM=xterm'],
      cwd: '/',
      capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    hostname: 'orlop',
    mounts: [
      mount('/proc', 'proc', []),
      mount('/dev', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
      mount('/dev/pts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']),
      mount('/dev/shm', 'tmpfs', ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'], 'shm'),
      mount('/dev/mqueue', 'mqueue', ['nosuid', 'noexec', 'nodev']),
      mount('/sys', 'sysfs', ['nosuid', 'noexec', 'nodev', 'ro']),
      mount('/sys/fs/cgroup', 'cgroup', ['nosuid', 'noexec', 'nodev', 'relatime', 'ro']),
    ],
    linux: {
      namespaces: ['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup'].map((type) => ({ type })),
      maskedPaths: [
        '/proc/acpi',
        '/proc/asound',
        '/proc/kcore',
        '/proc/keys',
        '/proc/latency_stats',
        '/proc/timer_list',
        '/proc/timer_stats',
        '/proc/sched_debug',
        '/proc/scsi',
        '/sys/firmware',
        '/sys/devices/virtual/powercap',
      ],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}
