// What orlop check --host says, against what happens: where it finds nothing, the container runs; where it names what will
// stop one, run fails, and blames the same field.

import { chmodSync, mkdirSync, rmdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { rootlessSpec } from '../../src/container/default-spec.ts';
import type { Diagnostic } from '../../src/spec/types.ts';
import { type Bundle, type Patch, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, snapshot } from './support/leftovers.ts';
import { GID, OrdinaryUser, UID } from './support/ordinary.ts';
import { builds, type CallOptions, fastest, Orlop } from './support/orlop.ts';
import { joining, linux, mount, process_ } from './support/patches.ts';

const place = new Workplace('check');
afterAll(() => place.remove());

/** In a new user namespace, as root who maps ids that are nobody's. */
const users: Patch = (config) => {
  config.linux.namespaces.push({ type: 'user' });
  config.linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
  config.linux.gidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
};

interface Case {
  name: string;
  patches?: Patch[];
  prepare?: (bundle: Bundle) => void;
  options?: CallOptions;
  /** Of the finding. */
  finding?: string;
  says?: (string | RegExp)[];
  pointer?: string;
  /** Where run notices it only later than at the field to blame. */
  runPointer?: string;
}

/** The mounts of the default config come first. */
const MOUNT = '/mounts/7';

const STOPPERS: Case[] = [
  {
    name: 'a root that is missing',
    patches: [
      (config) => {
        config.root.path = 'no/where';
      },
    ],
    finding: 'missing-rootfs',
    says: [/bundle-\d+\/no does not exist, on the way to .*no\/where \(ENOENT\)/],
    pointer: '/root/path',
  },
  {
    name: 'a root that is a file',
    patches: [
      (config) => {
        config.root.path = 'config.json';
      },
    ],
    finding: 'missing-rootfs',
    says: ['is no directory'],
    pointer: '/root/path',
  },
  {
    name: 'a root that the container’s root may not enter',
    patches: [users],
    prepare: (bundle) => chmodSync(bundle.rootfs, 0o700),
    finding: 'unreachable-rootfs',
    says: ['uid 100000 of the host', 'drwx------ of 0:0', /help: chown -R 100000:100000|chmod/],
    pointer: '/root/path',
    runPointer: '/mounts/0',
  },
  {
    name: 'a source with mounts below it, in a user namespace',
    patches: [users, mount({ destination: '/tmp', source: '/dev', options: ['bind'] })],
    finding: 'mount-below-source',
    says: [/the source of \/tmp has \/dev\/\w+ mounted below it/, /help: use "rbind"/],
    pointer: MOUNT,
  },
  {
    name: 'a mount point that the container’s root may not make',
    patches: [users, mount({ destination: '/new', type: 'tmpfs', source: 'x' })],
    finding: 'missing-mount-point',
    says: ['/new is missing in the root filesystem', 'drwxr-xr-x of 0:0'],
    pointer: MOUNT,
  },
  {
    name: 'a filesystem that the kernel has not',
    patches: [mount({ destination: '/x', type: 'nosuchfs', source: 'x' })],
    finding: 'missing-filesystem',
    says: ['"nosuchfs"', 'ENODEV'],
    pointer: MOUNT,
  },
  {
    name: 'a source that is missing',
    patches: [mount({ destination: '/x', source: '/no/such/source', options: ['bind'] })],
    finding: 'missing-source',
    says: ['/no does not exist, on the way to /no/such/source'],
    pointer: MOUNT,
  },
  {
    name: 'a source below a file',
    patches: [mount({ destination: '/x', source: '/etc/hostname/x', options: ['bind'] })],
    finding: 'missing-source',
    says: ['/etc/hostname is no directory, on the way to /etc/hostname/x (ENOTDIR)'],
    pointer: MOUNT,
  },
  {
    name: 'a file on a directory',
    patches: [mount({ destination: '/etc', source: '/etc/hostname', options: ['bind'] })],
    finding: 'mount-on-other-kind',
    pointer: MOUNT,
  },
  {
    name: 'a directory on a file',
    patches: [mount({ destination: '/bin/busybox', source: '/etc', options: ['bind'] })],
    finding: 'mount-on-other-kind',
    pointer: MOUNT,
  },
  {
    name: 'a destination below a file',
    patches: [mount({ destination: '/bin/busybox/x', type: 'tmpfs', source: 'x' })],
    finding: 'mount-on-other-kind',
    says: ['/bin/busybox is in the way'],
    pointer: MOUNT,
  },
  {
    name: 'a destination below a file that another bind has brought',
    patches: [
      mount({ destination: '/data', source: '/etc', options: ['rbind', 'ro'] }),
      mount({ destination: '/data/hostname/x', type: 'tmpfs', source: 'x' }),
    ],
    finding: 'mount-on-other-kind',
    pointer: '/mounts/8',
  },
  {
    name: 'a namespace that is missing',
    patches: [joining('network', '/run/no/such/namespace')],
    finding: 'missing-namespace-file',
    says: ['/run/no does not exist, on the way'],
    pointer: '/linux/namespaces/5/path',
  },
  {
    name: 'a namespace of another type',
    patches: [joining('network', '/proc/self/ns/uts')],
    finding: 'other-namespace',
    says: ['is a uts namespace', 'EINVAL'],
    pointer: '/linux/namespaces/5/path',
  },
  {
    name: 'a namespace that is none',
    patches: [joining('network', '/etc/hostname')],
    finding: 'other-namespace',
    says: ['/etc/hostname is no namespace'],
    pointer: '/linux/namespaces/5/path',
  },
  {
    name: 'a sysctl that is missing',
    patches: [linux({ sysctl: { 'net.ipv4.no_such_sysctl': '1' } })],
    finding: 'missing-sysctl',
    pointer: '/linux/sysctl/net.ipv4.no_such_sysctl',
  },
  {
    name: 'a command that PATH has not',
    patches: [process_({ args: ['nosuchcommand'] })],
    finding: 'missing-program',
    says: ['in no directory of PATH'],
    pointer: '/process/args/0',
  },
  {
    name: 'a command that may not be executed',
    patches: [process_({ args: ['/etc/script'] })],
    prepare: (bundle) => bundle.write('etc/script', '#!/bin/sh\n', 0o644),
    finding: 'missing-program',
    says: ['mode is 0644', 'EACCES'],
    pointer: '/process/args/0',
  },
  {
    name: 'a command that is a directory',
    patches: [process_({ args: ['/etc'] })],
    finding: 'missing-program',
    says: ['/etc is a directory'],
    pointer: '/process/args/0',
  },
  {
    name: 'a script whose interpreter is missing',
    patches: [process_({ args: ['/etc/script'] })],
    prepare: (bundle) => bundle.write('etc/script', '#!/no/such/interpreter -x\n', 0o755),
    finding: 'missing-interpreter',
    says: ['needs /no/such/interpreter'],
    pointer: '/process/args/0',
  },
  {
    name: 'a program without its loader',
    patches: [
      process_({ args: ['/usr/bin/true'] }),
      mount({ destination: '/usr/bin/true', source: '/usr/bin/true', options: ['bind'] }),
    ],
    finding: 'missing-interpreter',
    says: ['needs /lib64/ld-linux'],
    pointer: '/process/args/0',
  },
  {
    name: 'a command in no format that the kernel knows',
    patches: [process_({ args: ['/etc/text'] })],
    prepare: (bundle) => bundle.write('etc/text', 'no program\n', 0o755),
    finding: 'unknown-format',
    says: ['ENOEXEC'],
    pointer: '/process/args/0',
  },
  {
    name: 'a working directory that is a file',
    patches: [process_({ cwd: '/bin/busybox' })],
    finding: 'no-working-directory',
    pointer: '/process/cwd',
  },
  {
    name: 'a limit above what the kernel allows',
    patches: [process_({ rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 2 ** 40 }] })],
    finding: 'rlimit-too-high',
    says: ['fs.nr_open'],
    pointer: '/process/rlimits/0',
  },
  {
    name: 'a limit above that of the caller',
    patches: [process_({ rlimits: [{ type: 'RLIMIT_CORE', soft: 0, hard: 1 << 20 }] })],
    options: { prefix: ['setpriv', '--bounding-set', '-sys_resource', 'prlimit', '--core=0:0'] },
    finding: 'rlimit-too-high',
    pointer: '/process/rlimits/0',
  },
  {
    name: 'an out-of-memory score that takes a privilege',
    patches: [process_({ oomScoreAdj: -1000 })],
    options: { prefix: ['setpriv', '--bounding-set', '-sys_resource'] },
    finding: 'oom-score-too-low',
    pointer: '/process/oomScoreAdj',
  },
  {
    name: 'CPUs that the machine has not',
    patches: [linux({ resources: { cpu: { cpus: '4000-4001' } } })],
    finding: 'no-such-cpu',
    says: ['cpuset.cpus = 4000-4001'],
    pointer: '/linux/resources/cpu/cpus',
  },
  {
    name: 'a disk that is not there',
    patches: [linux({ resources: { blockIO: { throttleReadBpsDevice: [{ major: 240, minor: 99, rate: 1 << 20 }] } } })],
    finding: 'missing-device',
    says: ['no block device 240:99'],
    pointer: '/linux/resources/blockIO/throttleReadBpsDevice/0/rate',
  },
  {
    name: 'a file where a device is to be',
    patches: [linux({ devices: [{ path: '/etc/file', type: 'c', major: 1, minor: 3 }] })],
    prepare: (bundle) => bundle.write('etc/file', ''),
    finding: 'file-in-place-of-device',
    says: ['EEXIST'],
    pointer: '/linux/devices/0',
  },
  {
    name: 'a network device that is not there',
    patches: [linux({ netDevices: { nosuch0: {} } })],
    finding: 'missing-net-device',
    pointer: '/linux/netDevices/nosuch0',
  },
  {
    name: 'a hook that is missing',
    patches: [
      (config) => {
        config.hooks = { createRuntime: [{ path: '/no/such/hook' }] };
      },
    ],
    finding: 'missing-hook',
    says: ['/no does not exist, on the way to /no/such/hook'],
    pointer: '/hooks/createRuntime/0',
  },
  {
    name: 'a hook that is no program',
    patches: [
      (config) => {
        config.hooks = { createRuntime: [{ path: '/etc/passwd' }] };
      },
    ],
    finding: 'missing-hook',
    says: ['may not be executed'],
    pointer: '/hooks/createRuntime/0',
  },
  {
    name: 'a caller without the privileges',
    options: { prefix: ['setpriv', '--bounding-set', '-sys_admin,-sys_chroot'] },
    finding: 'missing-privileges',
    says: ['CAP_SYS_ADMIN', 'CAP_SYS_CHROOT'],
    pointer: '',
  },
  {
    name: 'a config with an error',
    patches: [process_({ cwd: 'relative' })],
    finding: 'cwd-not-absolute',
    pointer: '/process/cwd',
  },
];

/** Near what stops one, and none of it does. */
const CLEAN: Case[] = [
  { name: 'the default' },
  {
    name: 'a script',
    patches: [process_({ args: ['/etc/script'] })],
    prepare: (bundle) => bundle.write('etc/script', '#!/bin/sh\nexit 0\n', 0o755),
  },
  {
    name: 'a program behind links, one of them absolute',
    patches: [process_({ args: ['/here/true'] })],
    prepare: (bundle) => {
      mkdirSync(join(bundle.rootfs, 'opt'));
      symlinkSync('/opt', join(bundle.rootfs, 'here'));
      symlinkSync('../../../bin/busybox', join(bundle.rootfs, 'opt/true'));
    },
  },
  {
    name: 'a program in a bind, behind a link of the root filesystem',
    patches: [
      process_({ args: ['tool'], env: ['PATH=/tools'] }),
      (config) => {
        config.mounts.push({ destination: '/opt', source: 'tools', options: ['rbind', 'ro'] });
      },
    ],
    prepare: (bundle) => {
      mkdirSync(join(bundle.directory, 'tools'));
      writeFileSync(join(bundle.directory, 'tools/tool'), '#!/bin/sh\n', { mode: 0o755 });
      symlinkSync('opt', join(bundle.rootfs, 'tools'));
    },
  },
  { name: 'a mount point that is missing', patches: [mount({ destination: '/a/b/c', type: 'tmpfs', source: 'x' })] },
  {
    name: 'a mount point behind a dangling link',
    patches: [mount({ destination: '/etc/resolv.conf', source: '/etc/hostname', options: ['bind'] })],
    prepare: (bundle) => symlinkSync('/run/deep/resolv.conf', join(bundle.rootfs, 'etc/resolv.conf')),
  },
  {
    name: 'a file of the host in a new filesystem',
    patches: [
      mount({ destination: '/tmp/x/y', type: 'tmpfs', source: 'x' }),
      mount({ destination: '/tmp/x/y/z', source: '/etc/hostname', options: ['bind'] }),
    ],
  },
  { name: 'a namespace by a process', patches: [joining('network', `/proc/${process.pid}/ns/net`)] },
  { name: 'sysctls', patches: [linux({ sysctl: { 'net.ipv4.ip_forward': '1', 'kernel.shm_rmid_forced': '1' } })] },
  {
    name: 'limits',
    patches: [
      linux({ resources: { memory: { limit: 64 << 20 }, pids: { limit: 50 }, cpu: { shares: 512, cpus: '0' } } }),
    ],
  },
  { name: 'users', patches: [users], prepare: (bundle) => chmodSync(bundle.rootfs, 0o755) },
  {
    name: 'a hook',
    patches: [
      (config) => {
        config.hooks = { createRuntime: [{ path: '/bin/true' }] };
      },
    ],
  },
  {
    name: 'a seccomp filter',
    patches: [
      linux({
        seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mount'], action: 'SCMP_ACT_ERRNO' }] },
      }),
    ],
  },
  { name: 'a cgroup of the config', patches: [linux({ cgroupsPath: `/${place.tag}-own/one` })] },
  {
    name: 'a program that cannot be seen yet',
    patches: [
      mount({ destination: '/x', type: 'tmpfs', source: 'x', options: ['tmpcopyup'] }),
      process_({ args: ['/x/tool'] }),
    ],
    prepare: (bundle) => {
      mkdirSync(join(bundle.rootfs, 'x'));
      bundle.write('x/tool', '#!/bin/sh\n', 0o755);
    },
  },
];

interface Document {
  stops: boolean;
  files: [{ file: string; diagnostics: Diagnostic[] }];
  fine: { what: string; path?: string }[];
}

function check(orlop: Orlop, bundle: Bundle, options?: CallOptions): { status: number | null; document: Document } {
  const { status, stdout } = orlop.call(
    ['check', '--host', '--json', '--id', 'checked', '-b', bundle.directory],
    options,
  );
  return { status, document: JSON.parse(stdout) as Document };
}

const errors = ({ files }: Document): Diagnostic[] =>
  files[0].diagnostics.filter(({ severity }) => severity === 'error');

describe('with the fastest build', () => {
  const orlop = new Orlop(place, fastest());

  it.each(STOPPERS)('names $name, and it stops run', async (one) => {
    const bundle = place.bundle(...(one.patches ?? []));
    one.prepare?.(bundle);
    const before = snapshot(place, orlop);
    const { status, document } = check(orlop, bundle, one.options);
    const [finding, ...others] = errors(document);
    expect(others.map(({ message }) => message)).toEqual([]);
    expect(finding).toMatchObject({ name: one.finding, path: one.pointer });
    const text = `${finding?.message}\nhelp: ${finding?.help}`;
    for (const said of one.says ?? []) expect(text).toMatch(said);
    expect(document.stops).toBe(true);
    expect(status).toBe(1);

    const run = orlop.call(['run', '-b', bundle.directory, place.id()], one.options);
    expect(run.status).not.toBe(0);
    const pointer = one.runPointer ?? one.pointer;
    if (pointer) expect(run.stderr).toMatch(new RegExp(`config\\.json:\\d+:\\d+ ${pointer}\\n`));
    if (one.runPointer === undefined && finding?.path) {
      expect(run.stderr).toContain(`config.json:${finding.line}:${finding.column} ${finding.path}`);
    }
    await expectNothingLeft(place, orlop, before);
  });

  it.each(CLEAN)('finds nothing about $name, and it runs', async (one) => {
    const bundle = place.bundle(...(one.patches ?? []));
    one.prepare?.(bundle);
    const before = snapshot(place, orlop);
    const { status, document } = check(orlop, bundle, one.options);
    expect(document.files[0].diagnostics.map(({ message }) => message)).toEqual([]);
    expect(document.stops).toBe(false);
    expect(status).toBe(0);
    orlop.run(bundle, place.id()).ok();
    await expectNothingLeft(place, orlop, { ...before, state: snapshot(place, orlop).state });
  });
});

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);

  it('says it to people, and with --verbose what is fine too', () => {
    const bundle = place.bundle(mount({ destination: '/x', source: '/no/such/source', options: ['bind'] }));
    const { status, stdout } = orlop.call(['check', '--host', '--verbose', '-b', bundle.directory]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/error\[HOST\] missing-source: .*\n +┌─ .*config\.json:\d+:\d+ \/mounts\/7\n/);
    expect(stdout).toContain('= help: make it, or correct the path');
    expect(stdout).toMatch(/fine: the kernel has the filesystem proc +\/mounts\/0\n/);
    expect(stdout).toMatch(/1 thing will stop bundle-\d+ here \(\d+ checks passed\)\n$/);
  });

  it('tells of a hook that others may write, and of a terminal that nobody takes, and stops nothing', () => {
    const hook = place.path(`hook-${build.name}`);
    writeFileSync(hook, '#!/bin/sh\n');
    chmodSync(hook, 0o777);
    const bundle = place.bundle(process_({ terminal: true }), (config) => {
      config.hooks = { poststop: [{ path: hook }] };
    });
    const { status, document } = check(orlop, bundle);
    expect(status).toBe(0);
    const found = document.files[0].diagnostics.map(({ rule, severity, path }) => [rule, severity, path]);
    expect(found).toEqual([
      ['OCI122', 'warning', '/process/terminal'],
      ['OCI923', 'warning', '/hooks/poststop/0'],
    ]);
    unlinkSync(hook);
  });

  it('names a cgroup that has processes', () => {
    const id = place.id();
    const bundle = place.bundle(shell('sleep 1000'), linux({ cgroupsPath: `/${place.tag}-taken` }));
    orlop.create(bundle, id).ok();
    try {
      const { document } = check(orlop, bundle);
      expect(errors(document).map(({ name, path }) => [name, path])).toContainEqual([
        'occupied-cgroup',
        '/linux/cgroupsPath',
      ]);
    } finally {
      orlop.call(['delete', '--force', id]).ok();
    }
  });

  it('has an answer without a bundle', () => {
    const empty = place.path(`empty-${build.name}`);
    mkdirSync(empty);
    const { status, stdout } = orlop.call(['check', '--host', '-b', empty]);
    rmdirSync(empty);
    expect(status).toBe(1);
    expect(stdout).toContain('orlop spec');
  });

  it('has 2 for what is no such command line', () => {
    const without = orlop.call(['check']);
    expect([without.status, without.stderr]).toEqual([2, expect.stringContaining('--host')]);
    expect(orlop.call(['check', '--host', 'word']).status).toBe(2);
  });
});

describe('an ordinary user', () => {
  const user = new OrdinaryUser(place);
  const orlop = user.orlop(place);
  const rootless: Patch = (config) => {
    Object.assign(config, structuredClone(rootlessSpec(UID, GID)));
    config.process.terminal = false;
    config.process.args = ['/bin/true'];
  };

  it('may do what he may do', () => {
    const bundle = user.own(place.bundle(rootless));
    const { status, document } = check(orlop, bundle);
    expect(errors(document)).toEqual([]);
    expect(status).toBe(0);
    orlop.run(bundle, place.id()).ok();
  });

  it('is told which directory on the way is closed to him, and whose it is', () => {
    const closed = place.path('closed');
    mkdirSync(join(closed, 'below/data'), { recursive: true });
    chmodSync(closed, 0o700);
    const bundle = user.own(
      place.bundle(rootless, (config) => {
        config.mounts.push({ destination: '/data', source: join(closed, 'below/data'), options: ['rbind'] });
      }),
    );
    const [finding, ...others] = errors(check(orlop, bundle).document);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ name: 'missing-source', path: expect.stringMatching(/^\/mounts\/\d+$/) });
    expect(finding?.message).toContain(`user ${UID} may not pass ${closed}, which is drwx------ of 0:0 (EACCES)`);
    const { status, stderr } = orlop.run(bundle, place.id());
    expect(status).not.toBe(0);
    expect(stderr).toContain(`config.json:${finding?.line}:${finding?.column} ${finding?.path}`);
  });

  it('is told which ids are not his to map', () => {
    const range = [{ containerID: 0, hostID: 900000, size: 65536 }];
    const bundle = user.own(place.bundle(rootless, linux({ uidMappings: range, gidMappings: range })));
    const found = errors(check(orlop, bundle).document);
    expect(found.map(({ name }) => name)).toContain('no-subordinate-ids');
    expect(found.find(({ name }) => name === 'no-subordinate-ids')).toMatchObject({ path: '/linux/uidMappings' });
    expect(found.map(({ message }) => message).join()).toContain('uids 900000-965535 of the host');
    expect(orlop.run(bundle, place.id()).status).not.toBe(0);
  });

  it('is told that he needs a user namespace', () => {
    const found = errors(check(orlop, user.own(place.bundle())).document);
    expect(found.find(({ name }) => name === 'missing-privileges')?.help).toContain('orlop spec --rootless');
  });
});
