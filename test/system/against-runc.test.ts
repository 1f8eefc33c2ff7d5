// The same config under runc and orlop. What differs has to stand in the table, with the reason why.

import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { type Bundle, type Patch, shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { Orlop } from './support/orlop.ts';

const RUNC = spawnSync('runc', ['--version'], { encoding: 'utf8' });
const hasRunc = RUNC.status === 0;
if (!hasRunc) console.warn('\n*** runc is missing: nothing is compared. apt-get install runc ***\n');

const place = new Workplace('against-runc');
const orlop = new Orlop(place);
afterAll(() => place.remove());
leavesNothing(place, () => orlop);

interface Difference {
  /** Which lines, and in which probe. */
  probe: string;
  runc?: RegExp;
  orlop?: RegExp;
  reason: string;
}

/** Lines that one of the two has and the other has not. */
const ALLOWED: readonly Difference[] = [
  {
    probe: 'mounts',
    runc: /^\/sys\/fs\/cgroup .*rw tmpfs/,
    orlop: /^\/sys\/fs\/cgroup .*ro\S* tmpfs/,
    reason:
      'the config mounts cgroups read-only: so is the directory that holds the hierarchies, which runc leaves writable',
  },
  {
    probe: 'mounts',
    runc: /^\/sys\/fs\/cgroup\/systemd .* cgroup systemd /,
    orlop: /^\/sys\/fs\/cgroup\/systemd .* cgroup cgroup /,
    reason: 'the source of a named hierarchy is a word for people; the hierarchy is the same',
  },
  {
    probe: 'mounts',
    runc: /^\/(proc\/acpi|sys\/firmware) relatime,ro tmpfs/,
    orlop: /^\/(proc\/acpi|sys\/firmware) nodev,noexec,nosuid,relatime,ro tmpfs/,
    reason: 'nothing is in the directory that hides a masked one; orlop forbids more of it',
  },
  {
    probe: 'mounts',
    runc: /^\/proc\/(keys|timer_list|kcore|sched_debug) \S+ tmpfs tmpfs/,
    orlop: /^\/proc\/(keys|timer_list|kcore|sched_debug) \S+ devtmpfs devtmpfs/,
    reason:
      "a masked file is hidden by the host's /dev/null: the container's own is in the hands of whoever made the root " +
      'filesystem (CVE-2025-31133)',
  },
  {
    probe: 'mounts',
    runc: /^\/ relatime,rw ext4$/,
    orlop: /^\/ relatime,rw shared:N ext4$/,
    reason: 'rootfsPropagation is shared, and so is the root, as the specification has it; runc 1.1 leaves it private',
  },
  {
    probe: 'mounts',
    runc: /^\/(dev\/\w+|proc\/(keys|timer_list)) relatime,rw devtmpfs devtmpfs/,
    orlop: /^\/dev\/\w+ noexec,nosuid,relatime,ro devtmpfs devtmpfs/,
    reason:
      "in a user namespace devices are the host's own nodes: on a read-only mount even a root who is mapped to the host's " +
      'cannot change their mode or owner, and they are written all the same',
  },
  {
    probe: 'cgroup',
    runc: /^memory:\/.+\/ID$/,
    orlop: /^memory:\/ID$/,
    reason: "without a cgroupsPath runc starts from its own cgroup, orlop from the hierarchy's root",
  },
];

const PROBES: Record<string, { line: string; normalize?: (lines: string[]) => string[] }> = {
  // Not SigQ: it counts what is queued for the user on the whole machine. Its limit is among the limits.
  status: { line: 'grep -E "^(Cap|NoNewPrivs|Seccomp|Umask|Sig[^Q]|Shd|Groups|Uid|Gid|Name)" /proc/self/status' },
  mounts: { line: 'cat /proc/self/mountinfo', normalize: (lines) => lines.map(withoutIds) },
  limits: { line: 'cat /proc/self/limits' },
  dev: { line: 'ls -lAn /dev', normalize: (lines) => lines.map(withoutTimes).filter((line) => !/^total/.test(line)) },
  fds: { line: 'ls /proc/1/fd; :' },
  environment: { line: 'tr "\\0" "\\n" < /proc/1/environ; :' },
  namespaces: {
    line: 'readlink /proc/self/ns/*',
    normalize: (lines) =>
      lines.map((line) => `${line.split(':')[0]} ${HOST_NAMESPACES.includes(line) ? "the host's" : 'its own'}`),
  },
  cgroup: {
    line: 'cat /proc/self/cgroup',
    normalize: (lines) => lines.map((line) => line.replace(/^\d+:/, '').replace(/\/[^/]*orlop-test-[^/]*$/, '/ID')),
  },
  process: {
    line: 'cat /proc/self/oom_score_adj /proc/self/coredump_filter /proc/self/timerslack_ns; pwd; hostname; cat /proc/self/comm',
  },
  keyring: { line: 'cat /proc/keys | tr -s " " | cut -d" " -f5-' },
  sysctls: { line: 'cat /proc/sys/net/ipv4/ping_group_range /proc/sys/net/ipv4/ip_unprivileged_port_start' },
};

const HOST_NAMESPACES = spawnSync('sh', ['-c', 'readlink /proc/self/ns/*'], { encoding: 'utf8' }).stdout.split('\n');

/** Mount point, options, tags, type and data: everything but ids, devices and the path within the host's filesystem. */
function withoutIds(line: string): string {
  const [left = '', right = ''] = line.split(' - ');
  const [, , , , point = '', options = '', ...tags] = left.split(' ');
  const [type = '', source = '', data = ''] = right.split(' ');
  const kinds = tags.map((tag) => tag.replace(/\d+/, 'N'));
  const shown = point === '/' ? '' : ` ${source} ${data.split(',').sort().join(',')}`;
  return [point, options.split(',').sort().join(','), ...kinds, type].join(' ') + shown;
}

function withoutTimes(line: string): string {
  return line.replace(/ +\w{3} +\d+ +[\d:]+ /, ' ').replaceAll(/ +/g, ' ');
}

const CONFIGS: Record<string, Patch> = {
  default: () => undefined,
  'user and groups': (config) => {
    config.process.user = { uid: 1000, gid: 1000, umask: 0o77, additionalGids: [10, 20] };
  },
  'capabilities of all kinds': (config) => {
    const some = ['CAP_CHOWN', 'CAP_NET_RAW', 'CAP_KILL'];
    config.process.capabilities = {
      bounding: some,
      permitted: some,
      effective: some,
      inheritable: some,
      ambient: some,
    };
    config.process.noNewPrivileges = false;
  },
  'read-only root': (config) => {
    config.root.readonly = true;
  },
  'no limits': (config) => {
    delete config.process.rlimits;
  },
  'mount options': (config) => {
    config.mounts.push(
      { destination: '/tmp', type: 'tmpfs', source: 'scratch', options: ['noexec', 'size=1m', 'mode=1777', 'ro'] },
      { destination: '/in', type: 'bind', source: '/etc', options: ['rbind', 'ro', 'nosuid', 'nodev', 'rslave'] },
      { destination: '/hosts', type: 'bind', source: '/etc/hosts', options: ['bind', 'noexec'] },
      { destination: '/a/b/c', type: 'tmpfs', source: 'tmpfs', options: ['relatime', 'nosuid', 'noatime'] },
    );
  },
  'no network and no cgroup namespace': (config) => {
    config.linux.namespaces = config.linux.namespaces.filter(({ type }) => !['network', 'cgroup'].includes(type));
    // Both mount cgroups as they are seen from the host, which has another name for each container.
    config.mounts = config.mounts.filter(({ type }) => type !== 'cgroup');
  },
  'oom score, cwd, sysctl': (config) => {
    config.process.oomScoreAdj = 100;
    config.process.cwd = '/usr/bin';
    config.linux.sysctl = { 'net.ipv4.ping_group_range': '0 10' };
  },
  devices: (config) => {
    config.linux.devices = [
      { path: '/dev/fuse', type: 'c', major: 10, minor: 229, fileMode: 0o666, uid: 1, gid: 2 },
      { path: '/dev/loop', type: 'b', major: 7, minor: 0 },
    ];
  },
  'user namespace': (config) => {
    config.linux.namespaces.push({ type: 'user' });
    config.linux.uidMappings = [{ containerID: 0, hostID: 0, size: 65536 }];
    config.linux.gidMappings = [{ containerID: 0, hostID: 0, size: 65536 }];
    config.linux.devices = [{ path: '/dev/fuse', type: 'c', major: 10, minor: 229 }];
  },
  'shared root': (config) => {
    config.linux.rootfsPropagation = 'shared';
  },
};

const SEPARATOR = '=====';

/** One container for all probes. */
function probe(run: (bundle: Bundle) => { status: number | null; stdout: string; stderr: string }, patch: Patch) {
  const line = Object.values(PROBES)
    .map((one) => one.line)
    .join(` 2>&1; echo ${SEPARATOR}\n`);
  const bundle = place.bundle(
    (config) => {
      // The runc of today's distributions knows no later version, and both say the same to it.
      config.ociVersion = '1.0.2';
      config.hostname = 'same';
    },
    shell(`${line} 2>&1; :`),
    patch,
  );
  const { status, stdout, stderr } = run(bundle);
  if (status !== 0) throw new Error(`exit ${status}: ${stderr}`);
  const parts = stdout.split(`${SEPARATOR}\n`);
  return Object.fromEntries(
    Object.entries(PROBES).map(([name, { normalize }], index) => {
      const lines = (parts[index] ?? '').trimEnd().split('\n');
      return [name, normalize ? normalize(lines) : lines];
    }),
  );
}

function underRunc(bundle: Bundle) {
  const root = ['--root', place.path('runc')];
  const args = [...root, 'run', '-b', bundle.directory, place.id('runc')];
  return spawnSync('runc', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

describe.skipIf(!hasRunc)('against runc', () => {
  it.each(Object.entries(CONFIGS))('%s', (_name, patch) => {
    const theirs = probe(underRunc, patch);
    const ours = probe((bundle) => {
      const result = orlop.run(bundle, place.id());
      return { status: result.status, stdout: result.stdout, stderr: result.stderr };
    }, patch);
    const differences = Object.keys(PROBES).flatMap((name) => {
      const [left, right] = [theirs[name] ?? [], ours[name] ?? []];
      const isAllowed = (who: 'runc' | 'orlop', line: string): boolean =>
        ALLOWED.some((entry) => entry.probe === name && entry[who]?.test(line));
      return [
        ...left.filter((line) => !right.includes(line) && !isAllowed('runc', line)).map((line) => `${name} - ${line}`),
        ...right.filter((line) => !left.includes(line) && !isAllowed('orlop', line)).map((line) => `${name} + ${line}`),
      ];
    });
    expect(differences).toEqual([]);
  });
});
