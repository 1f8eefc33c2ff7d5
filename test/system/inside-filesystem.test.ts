// What a container sees of its files, devices and cgroups, and what the host sees of them.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Config, type Patch, shell, Workplace } from './support/bundle.ts';
import { Inside } from './support/inside.ts';
import { leavesNothing } from './support/leftovers.ts';
import { mountsOf } from './support/mountinfo.ts';
import { Orlop } from './support/orlop.ts';
import { linux, privileged, process_ } from './support/patches.ts';

const place = new Workplace('inside-filesystem');
const orlop = new Orlop(place);
const container = new Inside(place, orlop);
afterAll(() => place.remove());
leavesNothing(place, () => orlop, { sweeps: true });

describe('the filesystem', () => {
  it('has the mounts of the config and no mount of the host', () => {
    const seen = mountsOf(container.lines('cat /proc/self/mountinfo', linux({ maskedPaths: [], readonlyPaths: [] })));
    const points = [...seen.keys()].filter((point) => !point.startsWith('/sys/fs/cgroup/'));
    expect(points.sort()).toEqual(
      ['/', '/dev', '/dev/mqueue', '/dev/pts', '/dev/shm', '/proc', '/sys', '/sys/fs/cgroup'].sort(),
    );
    expect(seen.get('/proc')?.type).toBe('proc');
    expect(seen.get('/dev')).toMatchObject({
      type: 'tmpfs',
      data: expect.arrayContaining(['size=65536k', 'mode=755']),
    });
    expect(seen.get('/dev/shm')?.options).toEqual(expect.arrayContaining(['nosuid', 'nodev', 'noexec']));
    expect(seen.get('/dev/pts')?.data).toEqual(expect.arrayContaining(['gid=5', 'mode=620', 'ptmxmode=666']));
    expect(seen.get('/sys')).toMatchObject({ type: 'sysfs', options: expect.arrayContaining(['ro', 'noexec']) });
    expect(seen.get('/dev/mqueue')?.type).toBe('mqueue');
    expect([...seen.values()].flatMap(({ tags }) => tags.filter((tag) => tag.startsWith('shared:')))).toEqual([]);
  });

  it('has a read-only root if asked for', () => {
    const readonly: Patch = (config) => {
      config.root.readonly = true;
    };
    expect(container.lines('touch /x 2>&1; touch /dev/shm/x && echo fine', readonly)).toEqual([
      'touch: /x: Read-only file system',
      'fine',
    ]);
    expect(container.lines('touch /x && echo fine')).toEqual(['fine']);
  });

  it('hides masked paths and protects read-only ones', () => {
    const bundle = place.bundle(
      shell(
        'cat /etc/secret; ls -A /etc/secrets; touch /etc/secrets/x; echo y > /etc/fixed; touch /usr/x; cat /etc/fixed; true',
      ),
      linux({
        maskedPaths: ['/etc/secret', '/etc/secrets', '/no/such/path'],
        readonlyPaths: ['/etc/fixed', '/usr', '/no/such/path'],
      }),
      privileged,
    );
    bundle.write('etc/secret', 'secret').write('etc/fixed', 'fixed\n');
    mkdirSync(join(bundle.rootfs, 'etc/secrets/a'), { recursive: true });
    const result = orlop.run(bundle, place.id()).ok();
    expect(result.stdout).toBe('fixed\n');
    expect(result.stderr.trimEnd().split('\n')).toEqual([
      'touch: /etc/secrets/x: Read-only file system',
      expect.stringContaining("can't create /etc/fixed: Read-only file system"),
      'touch: /usr/x: Read-only file system',
    ]);
  });

  it('cannot change the file that masked paths show', () => {
    const { mode, uid } = statSync('/dev/null');
    const capabilities = ['CAP_FOWNER', 'CAP_CHOWN', 'CAP_SYS_ADMIN'];
    try {
      const lines = container.lines(
        'chmod 640 /proc/keys 2>&1; chown 5 /proc/keys 2>&1; wc -c < /proc/keys',
        process_({ capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities } }),
      );
      expect(lines.at(-1)).toBe('0');
      expect(statSync('/dev/null')).toMatchObject({ mode, uid });
    } finally {
      chmodSync('/dev/null', mode);
      chownSync('/dev/null', uid, 0);
    }
  });
});

describe('the devices', () => {
  it('are those of the specification', () => {
    const names = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
    const lines = container.lines(`cd /dev; stat -c "%n %F %t:%T %a %u:%g" ${names.join(' ')}`);
    expect(lines).toEqual(
      ['null 1:3', 'zero 1:5', 'full 1:7', 'random 1:8', 'urandom 1:9', 'tty 5:0'].map((device) => {
        const [name, number] = device.split(' ');
        return `${name} character special file ${number} 666 0:0`;
      }),
    );
  });

  it('work', () => {
    expect(
      container.lines('echo x > /dev/null; head -c 3 /dev/zero | od -An -tx1; head -c 4 /dev/urandom | wc -c'),
    ).toEqual([' 00 00 00', '4']);
  });

  it('have the links of the specification', () => {
    const lines = container.lines(
      'cd /dev; for l in fd stdin stdout stderr ptmx; do readlink $l; done; (echo x > /dev/stderr) 2>&1 | cat',
    );
    expect(lines).toEqual(['/proc/self/fd', '/proc/self/fd/0', '/proc/self/fd/1', '/proc/self/fd/2', 'pts/ptmx', 'x']);
  });

  describe('to a caller who may make none', () => {
    const prefix = ['setpriv', '--bounding-set', '-mknod'];

    it("are the host's own, read-only but to write to", () => {
      const line = 'stat -c %t:%T /dev/null /dev/full; echo x > /dev/null; chmod 600 /dev/null 2>&1 | tail -c 22';
      expect(container.linesWith({ prefix }, [], line)).toEqual(['1:3', '1:7', 'Read-only file system']);
    });

    it('are refused where the host has none', () => {
      const device = { path: '/dev/own', type: 'c', major: 240, minor: 11 };
      const bundle = place.bundle(linux({ devices: [device] }));
      const result = orlop.call(['run', '-b', bundle.directory, place.id()], { prefix });
      expect(result.status).toBe(1);
      expect(result.stderr).toContain('ENOENT (no such file or directory): open_tree(AT_FDCWD, "/dev/own"');
      expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/linux\/devices\/0/);
      expect(result.stderr).toContain('without CAP_MKNOD');
    });
  });

  it('have nothing else', () => {
    expect(container.lines('ls /dev').sort()).toEqual(
      [
        ...[
          'fd',
          'full',
          'mqueue',
          'null',
          'ptmx',
          'pts',
          'random',
          'shm',
          'stderr',
          'stdin',
          'stdout',
          'tty',
          'urandom',
        ],
        'zero',
      ].sort(),
    );
  });

  it('have those of the config with mode and owner', () => {
    const devices = [
      { path: '/dev/fuse', type: 'c', major: 10, minor: 229, fileMode: 0o640, uid: 7, gid: 8 },
      { path: '/dev/disk/by/loop', type: 'b', major: 7, minor: 0, fileMode: 0o600 },
      { path: '/run/pipe', type: 'p', fileMode: 0o622, uid: 1 },
      { path: '/dev/null', type: 'c', major: 1, minor: 3, fileMode: 0o600 },
    ];
    const lines = container.lines(
      'stat -c "%F %t:%T %a %u:%g" /dev/fuse /dev/disk/by/loop /run/pipe /dev/null',
      linux({ devices }),
    );
    expect(lines).toEqual([
      'character special file a:e5 640 7:8',
      'block special file 7:0 600 0:0',
      'fifo 0:0 622 1:0',
      'character special file 1:3 600 0:0',
    ]);
  });

  it('are refused by the cgroup unless allowed', () => {
    if (!existsSync('/sys/fs/cgroup/devices')) return;
    const lines = container.lines(
      'mknod /dev/mem c 1 1 && (head -c 1 /dev/mem >/dev/null) 2>&1; head -c 1 /dev/zero | wc -c',
      privileged,
      linux({ resources: { devices: [{ allow: false, access: 'rwm' }] } }),
    );
    expect(lines[0]).toMatch(/Operation not permitted/);
    expect(lines.at(-1)).toBe('1');
  });
});

describe('the cgroup', () => {
  const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers');

  /** The container's own directory of a controller. */
  function directory(pid: number, controller: string): string {
    const line = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
      .split('\n')
      .find((entry) =>
        entry
          .split(':')[1]
          ?.split(',')
          .includes(isUnified ? '' : controller),
      );
    return join('/sys/fs/cgroup', isUnified ? '' : controller, line?.split(':')[2] ?? '');
  }

  function detached(...patches: Patch[]): number {
    const id = place.id();
    orlop.run(place.bundle(shell('sleep 1000'), ...patches), id, '-d').ok();
    return orlop.state(id).pid;
  }

  it('is its root in a namespace of its own', () => {
    expect(new Set(container.lines('cut -d: -f3 /proc/self/cgroup'))).toEqual(new Set(['/']));
  });

  it('is in every hierarchy below the name of the container', () => {
    const pid = detached();
    const paths = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trimEnd().split('\n');
    expect(paths.filter((line) => !line.includes(place.tag))).toEqual([]);
  });

  it('is where cgroupsPath says, with parents that go again', () => {
    const path = `/${place.tag}-parent/middle/own`;
    const pid = detached(linux({ cgroupsPath: path }));
    expect(directory(pid, 'memory')).toBe(`/sys/fs/cgroup/${isUnified ? '' : 'memory/'}${path.slice(1)}`);
  });

  const LIMITS: { name: string; resources: object; v1: [string, string, string]; v2: [string, string] }[] = [
    {
      name: 'memory.limit',
      resources: { memory: { limit: 32 << 20 } },
      v1: ['memory', 'memory.limit_in_bytes', String(32 << 20)],
      v2: ['memory.max', String(32 << 20)],
    },
    {
      name: 'memory.reservation',
      resources: { memory: { reservation: 16 << 20 } },
      v1: ['memory', 'memory.soft_limit_in_bytes', String(16 << 20)],
      v2: ['memory.low', String(16 << 20)],
    },
    { name: 'pids.limit', resources: { pids: { limit: 17 } }, v1: ['pids', 'pids.max', '17'], v2: ['pids.max', '17'] },
    {
      name: 'cpu.shares',
      resources: { cpu: { shares: 512 } },
      v1: ['cpu', 'cpu.shares', '512'],
      v2: ['cpu.weight', '59'],
    },
    {
      name: 'cpu.quota',
      resources: { cpu: { quota: 20000, period: 50000 } },
      v1: ['cpu', 'cpu.cfs_quota_us', '20000'],
      v2: ['cpu.max', '20000 50000'],
    },
    {
      name: 'cpu.period',
      resources: { cpu: { quota: 20000, period: 50000 } },
      v1: ['cpu', 'cpu.cfs_period_us', '50000'],
      v2: ['cpu.max', '20000 50000'],
    },
    {
      name: 'cpu.cpus',
      resources: { cpu: { cpus: '0' } },
      v1: ['cpuset', 'cpuset.cpus', '0'],
      v2: ['cpuset.cpus', '0'],
    },
  ];

  it.each(LIMITS)('has $name', ({ resources, v1, v2 }) => {
    const [controller, file, value] = isUnified ? ['', ...v2] : v1;
    const pid = detached(linux({ resources }));
    expect(readFileSync(join(directory(pid, controller as string), file as string), 'utf8').trim()).toBe(value);
  });

  it('limits for real', () => {
    const lines = container.lines(
      'for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done 2>/dev/null; echo done; exit 0',
      linux({ resources: { pids: { limit: 4 } } }),
      (config: Config) => {
        config.process.args = [
          '/bin/sh',
          '-c',
          '(for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done) 2>/dev/null || echo limited',
        ];
      },
    );
    expect(lines).toEqual(['limited']);
  });

  it('shows itself, read-only', () => {
    const controller = isUnified ? '' : '/memory';
    const lines = container.lines(
      `head -n 1 /sys/fs/cgroup${controller}/cgroup.procs; mkdir /sys/fs/cgroup${controller}/x 2>&1; true`,
      privileged,
    );
    expect(lines).toEqual(['1', expect.stringContaining('Read-only file system')]);
  });
});

// What is mounted for a container never shows on the host, not even where all mounts are shared, as under systemd.
it.each([undefined, 'private', 'slave', 'shared', 'unbindable'])(
  'keeps its mounts with rootfsPropagation %s',
  (value) => {
    const [first, last] = [place.path(`mounts-${value}-1`), place.path(`mounts-${value}-2`)];
    const script =
      'mount --make-rshared /; cut -d" " -f5- /proc/self/mountinfo > $0; "$@" || exit; cut -d" " -f5- /proc/self/mountinfo > ' +
      last;
    const prefix = ['unshare', '--mount', 'sh', '-c', script, first];
    container.linesWith({ prefix }, [], 'true', linux({ rootfsPropagation: value }));
    expect(readFileSync(last, 'utf8')).toBe(readFileSync(first, 'utf8'));
  },
);

it('leaves the host as it is', () => {
  const name = execFileSync('hostname', { encoding: 'utf8' });
  const links = readdirSync('/proc/self/ns').map((one) => readlinkSync(`/proc/self/ns/${one}`));
  const { mode } = statSync('/dev/null');
  container.lines('true', (config) => {
    config.hostname = 'other';
  });
  expect(execFileSync('hostname', { encoding: 'utf8' })).toBe(name);
  expect(readdirSync('/proc/self/ns').map((one) => readlinkSync(`/proc/self/ns/${one}`))).toEqual(links);
  expect(statSync('/dev/null').mode).toBe(mode);
});
