// One config for each kind of step that makes it fail: the error says what, where and why, and the host is as before.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Bundle, type Patch, Workplace } from './support/bundle.ts';
import { expectNothingLeft, snapshot } from './support/leftovers.ts';
import { builds, type CallOptions, Orlop, until } from './support/orlop.ts';
import { joining, linux, mount, process_ } from './support/patches.ts';
import { placeOf } from './support/refused.ts';

const place = new Workplace('failure');
afterAll(() => place.remove());

const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers');

interface Failure {
  name: string;
  patch?: Patch;
  /** What else the bundle needs. */
  prepare?: (bundle: Bundle) => void;
  /** More than a bundle: answers how to undo it. */
  arrange?: (orlop: Orlop, bundle: Bundle, id: string) => Promise<() => unknown>;
  command?: 'create' | 'run';
  words?: string[];
  options?: CallOptions;
  /** What standard error says, the failed call first. */
  says: (RegExp | string)[];
  /** The field to blame; undefined where no field is. */
  pointer?: string;
}

/** The mounts of the default config come first. */
const MOUNT = '/mounts/7';
const occupied = `${place.tag}-occupied`;

const FAILURES: Failure[] = [
  {
    name: 'a root that is missing',
    patch: (config) => {
      config.root.path = 'nowhere';
    },
    says: [/stat\(".*\/nowhere"\) failed: ENOENT/],
    pointer: '/root/path',
  },
  {
    name: 'a root that is a file',
    patch: (config) => {
      config.root.path = 'config.json';
    },
    says: [/config\.json.*(not a|no) directory/],
    pointer: '/root/path',
  },
  {
    name: 'a filesystem that the kernel has not',
    patch: mount({ destination: '/x', type: 'nosuchfs', source: 'x' }),
    says: ['fsopen("nosuchfs"', 'ENODEV'],
    pointer: MOUNT,
  },
  {
    name: 'an option that the filesystem has not',
    patch: mount({ destination: '/x', type: 'tmpfs', source: 'x', options: ['nosuchoption=1'] }),
    says: ['fsconfig(', 'nosuchoption', 'EINVAL'],
    pointer: MOUNT,
  },
  {
    name: 'a value that the filesystem refuses',
    patch: mount({ destination: '/x', type: 'tmpfs', source: 'x', options: ['size=banana'] }),
    says: ['fsconfig(', 'banana', 'EINVAL'],
    pointer: MOUNT,
  },
  {
    name: 'a source that is missing',
    patch: mount({ destination: '/x', source: '/no/such/source', options: ['bind'] }),
    says: ['/no/such/source', 'ENOENT', 'open_tree('],
    pointer: MOUNT,
  },
  {
    name: 'a file on a directory',
    patch: mount({ destination: '/etc', source: '/etc/hostname', options: ['bind'] }),
    says: ['/etc/hostname', 'move_mount('],
    pointer: MOUNT,
  },
  {
    name: 'a directory on a file',
    patch: mount({ destination: '/bin/busybox', source: '/etc', options: ['bind'] }),
    says: ['/bin/busybox', 'ENOTDIR', 'openat2('],
    pointer: MOUNT,
  },
  {
    name: 'a destination below a file',
    patch: mount({ destination: '/bin/busybox/x', type: 'tmpfs', source: 'x' }),
    says: ['/bin/busybox/x', 'ENOTDIR'],
    pointer: MOUNT,
  },
  {
    name: 'a namespace that is missing',
    patch: joining('network', '/no/such/namespace'),
    says: ['/no/such/namespace', 'ENOENT', 'openat2('],
    pointer: '/linux/namespaces/5/path',
  },
  {
    name: 'a namespace of another type',
    patch: joining('network', '/proc/self/ns/uts'),
    says: ['/proc/self/ns/uts', 'setns(', 'EINVAL'],
    pointer: '/linux/namespaces/5/path',
  },
  {
    name: 'a namespace that is none',
    patch: joining('network', '/etc/hostname'),
    says: ['/etc/hostname', 'setns(', 'EINVAL'],
    pointer: '/linux/namespaces/5/path',
  },
  {
    name: 'a sysctl that takes no such value',
    patch: linux({ sysctl: { 'net.ipv4.ip_default_ttl': 'banana' } }),
    says: ['banana', 'EINVAL', 'write('],
    pointer: '/linux/sysctl/net.ipv4.ip_default_ttl',
  },
  {
    name: 'a sysctl that is missing',
    patch: linux({ sysctl: { 'net.ipv4.no_such_sysctl': '1' } }),
    says: ['no_such_sysctl', 'ENOENT', 'openat2('],
    pointer: '/linux/sysctl/net.ipv4.no_such_sysctl',
  },
  {
    name: 'a command that PATH has not',
    patch: process_({ args: ['nosuchcommand'] }),
    says: ['exec', 'nosuchcommand', 'executable file not found in $PATH'],
    pointer: '/process/args/0',
  },
  {
    name: 'a command that is missing',
    patch: process_({ args: ['/no/such/command'] }),
    says: ['exec', '/no/such/command', 'no such file or directory', 'ENOENT'],
    pointer: '/process/args/0',
  },
  {
    name: 'a command that may not be executed',
    patch: process_({ args: ['/etc/script'] }),
    prepare: (bundle) => bundle.write('etc/script', '#!/bin/sh\n', 0o644),
    says: ['exec', '/etc/script', 'permission denied', 'EACCES'],
    pointer: '/process/args/0',
  },
  {
    name: 'a command that is a directory',
    patch: process_({ args: ['/etc'] }),
    says: ['exec', '/etc', 'permission denied', 'EISDIR', 'O_DIRECTORY'],
    pointer: '/process/args/0',
  },
  {
    name: 'a command that is a directory wherever PATH leads',
    patch: process_({ args: ['local'], env: ['PATH=/no/such:/usr'] }),
    prepare: (bundle) => mkdirSync(join(bundle.rootfs, 'usr/local')),
    says: ['exec', 'local', 'permission denied', 'EISDIR'],
    pointer: '/process/args/0',
  },
  {
    name: 'a command in no format that the kernel knows',
    patch: process_({ args: ['/etc/text'] }),
    prepare: (bundle) => bundle.write('etc/text', 'no program\n', 0o755),
    says: ['execve("/etc/text"', 'ENOEXEC'],
    pointer: '/process/args/0',
  },
  {
    name: 'a script whose interpreter is missing',
    patch: process_({ args: ['/etc/script'] }),
    prepare: (bundle) => bundle.write('etc/script', '#!/no/such/interpreter\n', 0o755),
    says: ['execve("/etc/script"', 'ENOENT'],
    pointer: '/process/args/0',
  },
  {
    name: 'a limit above what the kernel allows',
    patch: process_({ rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 2 ** 40 }] }),
    says: ['RLIMIT_NOFILE', 'prlimit64(', 'EPERM'],
    pointer: '/process/rlimits/0',
  },
  {
    name: 'a limit above that of the caller',
    patch: process_({ rlimits: [{ type: 'RLIMIT_CORE', soft: 0, hard: 1 << 20 }] }),
    options: { prefix: ['setpriv', '--bounding-set', '-sys_resource', 'prlimit', '--core=0:0'] },
    says: ['RLIMIT_CORE', 'prlimit64(', 'EPERM'],
    pointer: '/process/rlimits/0',
  },
  {
    name: 'CPUs that the machine has not',
    patch: linux({ resources: { cpu: { cpus: '4000-4001' } } }),
    says: ['write("/sys/fs/cgroup', 'cpuset.cpus', '4000-4001'],
    pointer: '/linux/resources/cpu/cpus',
  },
  {
    name: 'a limit that the kernel refuses',
    patch: linux({ resources: { cpu: { cpus: '4000' } } }),
    says: ['write("/sys/fs/cgroup', 'cpuset.cpus', /EINVAL|ERANGE/],
    pointer: '/linux/resources/cpu/cpus',
  },
  {
    name: 'less memory than a process takes',
    patch: linux({ resources: { memory: { limit: 4096 } } }),
    says: [/memory|killed/],
  },
  {
    name: 'a cgroup that has processes',
    patch: linux({ cgroupsPath: `/${occupied}` }),
    arrange: async () => {
      const directory = join('/sys/fs/cgroup', isUnified ? '' : 'pids', occupied);
      mkdirSync(directory);
      const process = spawn('sleep', ['1000'], { stdio: 'ignore' });
      writeFileSync(join(directory, 'cgroup.procs'), String(process.pid));
      return async () => {
        expect(readFileSync(join(directory, 'cgroup.procs'), 'utf8')).toBe(`${process.pid}\n`);
        await end(process);
        await until('the cgroup is empty', () => readFileSync(join(directory, 'cgroup.procs'), 'utf8') === '');
        rmdirSync(directory);
      };
    },
    says: [occupied, 'has processes'],
    pointer: '/linux/cgroupsPath',
  },
  {
    name: 'a device where a file is',
    patch: linux({ devices: [{ path: '/etc/file', type: 'c', major: 1, minor: 3 }] }),
    prepare: (bundle) => bundle.write('etc/file', ''),
    says: ['/etc/file', 'EEXIST'],
    pointer: '/linux/devices/0',
  },
  {
    name: 'a working directory that is a file',
    patch: process_({ cwd: '/bin/busybox' }),
    says: ['/bin/busybox', 'ENOTDIR'],
    pointer: '/process/cwd',
  },
  {
    name: 'a host name that is too long',
    patch: (config) => {
      config.hostname = 'h'.repeat(65);
    },
    says: [/hostname/i],
    pointer: '/hostname',
  },
  {
    name: 'an out-of-memory score that takes a privilege',
    patch: process_({ oomScoreAdj: -1000 }),
    options: { prefix: ['setpriv', '--bounding-set', '-sys_resource'] },
    says: ['oom-score', 'write(', 'EACCES'],
    pointer: '/process/oomScoreAdj',
  },
  {
    name: 'a terminal that nobody takes',
    command: 'create',
    patch: process_({ terminal: true }),
    says: ['--console-socket'],
    pointer: '/process/terminal',
  },
  {
    name: 'a console socket that is missing',
    command: 'create',
    patch: process_({ terminal: true }),
    words: ['--console-socket', place.path('no.socket')],
    says: ['connect(', 'no.socket', 'ENOENT'],
  },
  {
    name: 'a console socket that is a file',
    command: 'create',
    patch: process_({ terminal: true }),
    words: ['--console-socket', '/etc/hostname'],
    says: ['connect(', '/etc/hostname', 'ECONNREFUSED'],
  },
  {
    name: 'a pid file in a directory that is missing',
    words: ['--pid-file', place.path('missing/pid')],
    says: ['missing/pid', 'ENOENT'],
  },
  {
    name: 'fds to preserve that are not open',
    words: ['--preserve-fds', '100'],
    says: [/preserve-fds|EBADF/],
  },
  {
    name: 'an id that is taken',
    arrange: async (orlop, bundle, id) => {
      orlop.create(bundle, id).ok();
      return () => orlop.call(['delete', '--force', id]).ok();
    },
    says: ['already exists', 'EEXIST'],
  },
  {
    name: 'a caller without the privileges',
    options: { prefix: ['setpriv', '--bounding-set', '-sys_admin,-sys_chroot'] },
    says: ['CAP_SYS_ADMIN', 'CAP_SYS_CHROOT'],
  },
  {
    name: 'a config with an error',
    patch: (config) => {
      config.process.cwd = 'relative';
    },
    says: ['cwd'],
    pointer: '/process/cwd',
  },
  {
    name: 'a config of a feature to come',
    patch: linux({ seccomp: { defaultAction: 'SCMP_ACT_NOSUCH' } }),
    says: ['seccomp'],
  },
  {
    name: 'a config that is no JSON',
    prepare: (bundle) => writeFileSync(bundle.config, '{ "ociVersion": '),
    says: ['config.json:1:17'],
  },
];

function end(process: ChildProcess): Promise<unknown> {
  const ended = new Promise((resolve) => process.once('exit', resolve));
  process.kill('SIGKILL');
  return ended;
}

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);

  it.each(FAILURES)('$name', async (failure) => {
    const id = place.id();
    const bundle = place.bundle(failure.patch ?? (() => undefined));
    failure.prepare?.(bundle);
    const before = snapshot(place, orlop);
    const undo = await failure.arrange?.(orlop, bundle, id);
    try {
      const words = [failure.command ?? 'run', '-b', bundle.directory, ...(failure.words ?? []), id];
      const result = orlop.call(words, failure.options);
      const { stderr } = result;
      for (const said of failure.says) expect(stderr).toMatch(said);
      expect(stderr).not.toContain('bug of orlop');
      expect(stderr).not.toContain('and then:');
      if (failure.pointer !== undefined) expect(stderr).toContain(placeOf(bundle, failure.pointer));
      expect(result.stdout).toBe('');
      expect(result.status).toBe(1);
    } finally {
      await undo?.();
    }
    // The state root is made by the first container that gets so far.
    await expectNothingLeft(place, orlop, before);
  });

  it('keeps a created container whose start has failed, until it is deleted', async () => {
    const id = place.id();
    const bundle = place.bundle(process_({ args: ['/etc/text'] }));
    bundle.write('etc/text', 'no program\n', 0o755);
    const before = snapshot(place, orlop);
    orlop.create(bundle, id).ok();
    const result = orlop.call(['start', id]);
    expect(result.stderr).toMatch(/execve\("\/etc\/text".*|ENOEXEC/);
    expect(result.stderr).toContain('/process/args');
    expect(result.status).toBe(1);
    await until('it is stopped', () => orlop.state(id).status === 'stopped');
    orlop.call(['delete', id]).ok();
    await expectNothingLeft(place, orlop, before);
  });

  it('logs no place in config.json for an error that has none', () => {
    const log = place.path(`log-${build.name}`);
    orlop.call(['--log', log, '--log-format', 'json', 'nosuchcommand']);
    const { msg, line } = JSON.parse(readFileSync(log, 'utf8'));
    expect({ msg, line }).toEqual({ msg: '"nosuchcommand" is not a command', line: undefined });
  });
});
