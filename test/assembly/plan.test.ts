import { describe, expect, test } from 'vitest';
import type { Request } from '../../src/spec/index.ts';
import { fixture } from './module.ts';
import { changed, findings, open, plan, request, V1, V2 } from './plans.ts';

/** What `runc spec` writes, without the ambient capability that it does not make inheritable. */
const runc = changed(fixture('runc'), { '/process/capabilities/ambient': [] });
const rule = ({ rule, name, severity, path }: { rule: string; name: string; severity: string; path: string }) =>
  `${severity} ${rule} ${name} ${path}`;

test('the default config has a plan; of its ambient capability runc and the kernel say nothing', () => {
  const { diagnostics } = plan(fixture('runc'), request(V1));
  expect(diagnostics.map(rule)).toEqual(['info OCI111 ambient-not-inheritable /process/capabilities/ambient']);
});

test('a plan has the host, the steps and no findings', () => {
  const { steps, diagnostics, ...rest } = plan(runc, request(V1));
  expect(diagnostics).toEqual([]);
  expect(rest).toMatchObject({ version: 1, id: 'box', bundle: '/bundle', ociVersion: '1.0.2-dev' });
  expect(steps.at(-1)).toMatchObject({ verb: 'execute', by: 'init', path: '/process/args/0', text: 'exec of "sh"' });
});

test('the cgroup comes first, then the launcher, then the init, and every limit before the program', () => {
  for (const cgroup of [V1, V2]) {
    const { steps } = plan(runc, request(cgroup, { ignoreUnsupported: true }));
    expect(steps[0]?.verb).toBe('create-cgroup');
    const actors = steps.map(({ by }) => by);
    expect(actors.lastIndexOf('launcher')).toBeLessThan(actors.indexOf('init'));
    expect(steps.at(-1)?.verb).toBe('execute');
    expect(steps.filter(({ verb }) => verb === 'execute')).toHaveLength(1);
  }
});

test('without a request it is a reference host', () => {
  const config = changed(runc, { '/linux/resources': undefined });
  expect(plan(config, { version: 1 })).toMatchObject({ id: 'ID', bundle: '/bundle' });
});

test('what copies up is a mount for the host to know, and writable until the end', () => {
  const config = changed(runc, { '/mounts/1/options': ['tmpcopyup', 'rro', 'size=64k'] });
  const document = open(config);
  const [copied, ...others] = document.prepare(request(V1)).steps.filter(({ verb }) => verb === 'mount');
  expect(others).toEqual([]);
  expect(copied).toMatchObject({ destination: '/dev', copiesUp: true, data: ['size=64k'] });
  expect(document.place(copied?.step ?? -1).path).toBe('/mounts/1');
  const steps = plan(config, request(V1)).steps.filter(({ path }) => path === '/mounts/1');
  expect(steps.map(({ verb }) => verb)).toEqual(['mount', 'seal']);
  expect(steps[0]).not.toHaveProperty('attributes');
});

test('every step that the config asked for names its place', () => {
  const lines = runc.split('\n');
  for (const step of plan(runc, request(V1)).steps) {
    if (step.path === undefined) continue;
    const key = step.path.split('/').findLast((part) => !/^\d+$/.test(part)) ?? '';
    expect(runc).toContain(`"${key}"`);
    expect(lines[(step.line ?? 0) - 1]?.length).toBeGreaterThanOrEqual(step.column ?? 0);
  }
});

describe('a config that cannot be launched', () => {
  const cases: [string, string, Record<string, unknown>][] = [
    ['OCI008 root-missing', '', { '/root': undefined }],
    ['OCI009 root-path-empty', '/root/path', { '/root/path': '' }],
    ['OCI013 hidden-character', '/mounts/0/destination', { '/mounts/0/destination': '/a\0b' }],
    ['OCI013 hidden-character', '/process/args/1', { '/process/args/1': 'a\0b' }],
    ['OCI101 process-missing', '', { '/process': undefined }],
    ['OCI102 args-empty', '/process/args', { '/process/args': [] }],
    ['OCI102 args-empty', '/process', { '/process/args': undefined }],
    ['OCI102 args-empty', '/process/args/0', { '/process/args/0': '' }],
    ['OCI103 cwd-not-absolute', '/process/cwd', { '/process/cwd': 'tmp' }],
    ['OCI103 cwd-not-absolute', '/process/cwd', { '/process/cwd': '' }],
    ['OCI105 env-without-name', '/process/env/1', { '/process/env/1': 'TERM' }],
    ['OCI105 env-without-name', '/process/env/2', { '/process/env/2': '=x' }],
    [
      'OCI110 effective-not-permitted',
      '/process/capabilities/effective',
      { '/process/capabilities/effective': ['CAP_SYS_ADMIN'] },
    ],
    [
      'OCI113 duplicate-rlimit',
      '/process/rlimits/1/type',
      { '/process/rlimits/1': { type: 'RLIMIT_NOFILE', soft: 1, hard: 1 } },
    ],
    ['OCI114 soft-above-hard', '/process/rlimits/0/soft', { '/process/rlimits/0/soft': 1025 }],
    ['OCI115 unknown-rlimit', '/process/rlimits/0/type', { '/process/rlimits/0/type': 'RLIMIT_FILES' }],
    ['OCI116 oom-score-range', '/process/oomScoreAdj', { '/process/oomScoreAdj': 1001 }],
    ['OCI116 oom-score-range', '/process/oomScoreAdj', { '/process/oomScoreAdj': -1001 }],
    ['OCI117 umask-range', '/process/user/umask', { '/process/user/umask': 512 }],
    ['OCI201 duplicate-namespace', '/linux/namespaces/5/type', { '/linux/namespaces/5': { type: 'pid' } }],
    [
      'OCI201 duplicate-namespace',
      '/linux/namespaces/5/type',
      { '/linux/namespaces/5': { type: 'pid', path: '/proc/1/ns/pid' } },
    ],
    ['OCI202 relative-namespace-path', '/linux/namespaces/1/path', { '/linux/namespaces/1/path': 'run/netns/x' }],
    ['OCI203 hostname-without-uts', '/hostname', { '/linux/namespaces/3': { type: 'cgroup' } }],
    [
      'OCI203 hostname-without-uts',
      '/domainname',
      { '/linux/namespaces/3': { type: 'cgroup' }, '/hostname': undefined, '/domainname': 'example.org' },
    ],
    ['OCI208 time-offsets-without-namespace', '/linux/timeOffsets', { '/linux/timeOffsets': { boottime: {} } }],
    [
      'OCI209 clock-offset',
      '/linux/timeOffsets/realtime',
      { '/linux/namespaces/5': { type: 'time' }, '/linux/timeOffsets': { realtime: { secs: 1 } } },
    ],
    [
      'OCI209 clock-offset',
      '/linux/timeOffsets/monotonic/nanosecs',
      { '/linux/namespaces/5': { type: 'time' }, '/linux/timeOffsets': { monotonic: { nanosecs: 1000000000 } } },
    ],
    ['OCI211 relative-protected-path', '/linux/maskedPaths/0', { '/linux/maskedPaths/0': 'proc/acpi' }],
    ['OCI211 relative-protected-path', '/linux/readonlyPaths/4', { '/linux/readonlyPaths/4': '' }],
    ['OCI212 sysctl-not-namespaced', '/linux/sysctl/vm.swappiness', { '/linux/sysctl': { 'vm.swappiness': '1' } }],
    ['OCI212 sysctl-not-namespaced', '/linux/sysctl/kernel~1panic', { '/linux/sysctl': { 'kernel/panic': '1' } }],
    ['OCI212 sysctl-not-namespaced', '/linux/sysctl/net...', { '/linux/sysctl': { 'net...': '1' } }],
    [
      'OCI213 sysctl-without-namespace',
      '/linux/sysctl/net.core.somaxconn',
      { '/linux/namespaces/1': { type: 'cgroup' }, '/linux/sysctl': { 'net.core.somaxconn': '1' } },
    ],
    [
      'OCI213 sysctl-without-namespace',
      '/linux/sysctl/kernel.sem',
      { '/linux/namespaces/2': { type: 'cgroup' }, '/linux/sysctl': { 'kernel.sem': '1 2 3 4' } },
    ],
    ['OCI214 sysctl-hostname', '/linux/sysctl/kernel.hostname', { '/linux/sysctl': { 'kernel.hostname': 'x' } }],
    [
      'OCI302 bind-without-option',
      '/mounts/7/type',
      { '/mounts/7': { destination: '/a', type: 'bind', source: '/b' } },
    ],
    ['OCI320 mount-without-type', '/mounts/7', { '/mounts/7': { destination: '/a', source: '/b' } }],
    ['OCI303 bind-without-source', '/mounts/7', { '/mounts/7': { destination: '/a', options: ['rbind'] } }],
    ['OCI314 copy-up-without-tmpfs', '/mounts/0', { '/mounts/0/options': ['tmpcopyup'] }],
    ['OCI321 mount-on-root', '/mounts/7/destination', { '/mounts/7': { destination: '/a/..', type: 'tmpfs' } }],
    [
      'OCI321 mount-on-root',
      '/mounts/7/destination',
      { '/mounts/7': { destination: '/', source: '/a', options: ['rbind'] } },
    ],
    ['OCI601 device-without-number', '/linux/devices/0', { '/linux/devices': [{ path: '/dev/x', type: 'c' }] }],
    [
      'OCI601 device-without-number',
      '/linux/devices/0',
      { '/linux/devices': [{ path: '/dev/x', type: 'b', major: 1 }] },
    ],
    [
      'OCI602 relative-device',
      '/linux/devices/0/path',
      { '/linux/devices': [{ path: 'dev/x', type: 'c', major: 1, minor: 3 }] },
    ],
    ['OCI909 no-mount-namespace', '', { '/linux/namespaces/4': { type: 'cgroup' } }],
  ];
  test.each(cases)('%s at %s: %j', (id, path, changes) => {
    const errors = findings(changed(runc, changes), request(V1)).filter(({ severity }) => severity === 'error');
    expect(errors.map(rule)).toEqual([`error ${id} ${path}`]);
    expect(errors[0]?.message).not.toBe('');
  });

  test('everything that is wrong is told at once', () => {
    const config = changed(runc, {
      '/process/cwd': 'x',
      '/process/args': [],
      '/linux/maskedPaths/0': 'y',
      '/linux/zzz': 1,
      '/hostname': 3,
    });
    expect(findings(config, request(V1)).map(({ rule, path }) => `${rule} ${path}`)).toEqual([
      'OCI102 /process/args',
      'OCI103 /process/cwd',
      'OCI004 /hostname',
      'OCI211 /linux/maskedPaths/0',
      'OCI003 /linux/zzz',
    ]);
  });

  test('what is no JSON is told once', () => {
    expect(findings('{"process": }', request(V1)).map(({ rule }) => rule)).toEqual(['OCI001']);
    expect(findings('', request(V1)).map(({ rule }) => rule)).toEqual(['OCI001']);
  });

  test('the error names the place', () => {
    const config = changed(runc, { '/process/cwd': 'x' });
    expect(() => plan(config, request(V1))).toThrow(
      expect.objectContaining({
        code: 'spec/invalid',
        path: '/process/cwd',
        message: expect.stringMatching(/^\/process\/cwd: /),
      }),
    );
  });
});

describe('what a launch does not need, and goes on without', () => {
  test.each<[string, Record<string, unknown>]>([
    ['OCI003 unknown-key /zzz', { '/zzz': 1 }],
    ['OCI109 unknown-capability /process/capabilities/bounding/3', { '/process/capabilities/bounding/3': 'CAP_FLY' }],
    [
      'OCI305 ignored-mount-data /mounts/7/options/1',
      { '/mounts/7': { destination: '/a', source: '/b', options: ['bind', 'x=y'] } },
    ],
    ['OCI305 ignored-mount-data /mounts/6/options/5', { '/mounts/6/options/5': 'memory' }],
    ['OCI404 kernel-memory /linux/resources/memory/kernel', { '/linux/resources/memory': { kernel: 1 } }],
  ])('%s', (id, changes) => {
    expect(plan(changed(runc, changes), request(V1)).diagnostics.map(rule)).toEqual([`warning ${id}`]);
  });

  test('a capability that the caller does not hold', () => {
    const facts = { cgroup: V1, capabilities: '1' };
    const { diagnostics, steps } = plan(runc, request(V1, { facts }));
    expect(new Set(diagnostics.map(({ name }) => name))).toEqual(new Set(['capability-not-held']));
    expect(steps.find(({ verb }) => verb === 'bounding')).toMatchObject({ bounding: '0' });
  });
});

describe('details that are easy to get wrong', () => {
  const step = (verb: string, changes: Record<string, unknown>, asked: Request = request(V1)) =>
    plan(changed(runc, changes), asked).steps.filter((candidate) => candidate.verb === verb);

  test('64-bit limits keep every digit', () => {
    const config = changed(runc, {}).replace('"hard": 1024', '"hard": 18446744073709551615');
    expect(plan(config, request(V1)).steps.find(({ verb }) => verb === 'rlimit')).toMatchObject({
      soft: '1024',
      hard: '18446744073709551615',
    });
  });

  test.each([
    ['a file with a slash is not searched', ['bin/x'], undefined, ['bin/x']],
    ['PATH in its order', ['x'], ['PATH=/a:/b'], ['/a/x', '/b/x']],
    ['an empty directory of PATH is the working one', ['x'], ['PATH=:/b:'], ['./x', '/b/x', './x']],
    ['of two values the last one', ['x'], ['PATH=/a', 'PATH=/b'], ['/b/x']],
  ])('program: %s', (_, args, env, candidates) => {
    expect(step('execute', { '/process/args': args, ...(env && { '/process/env': env }) })).toMatchObject([
      { candidates },
    ]);
  });

  test('HOME is asked for where it is missing', () => {
    expect(plan(runc, request(V1)).home).toBeDefined();
    expect(plan(changed(runc, { '/process/env/2': 'HOME=/x' }), request(V1)).home).toBeUndefined();
  });

  test('paths from the config are names only', () => {
    expect(step('mask', { '/linux/maskedPaths': ['//a/./b/../c/'] })).toMatchObject([{ file: '/a/c' }]);
    expect(step('root', { '/root/path': '/x' })).toMatchObject([{ directory: '/x' }]);
    expect(step('root', {})).toMatchObject([{ directory: '/bundle/rootfs' }]);
    const bind = { destination: '../../a', source: 'b', options: ['rbind', 'ro', 'rprivate'] };
    expect(step('bind', { '/mounts/7': bind })).toMatchObject([
      { destination: '/a', source: '/bundle/b', recursive: true, attributes: ['ro'], propagation: 'rprivate' },
    ]);
  });

  test('a cgroup namespace is made when the process is in its cgroup', () => {
    const config = changed(runc, { '/linux/namespaces/5': { type: 'cgroup' } });
    const verbs = plan(config, request(V1)).steps.map(({ verb }) => verb);
    expect(verbs.indexOf('enter-cgroup')).toBeGreaterThan(verbs.indexOf('create-cgroup'));
    expect(verbs.indexOf('clone')).toBeGreaterThan(verbs.indexOf('enter-cgroup'));
    expect(verbs.indexOf('cgroup-namespace')).toBeGreaterThan(verbs.indexOf('clone'));
    const unified = plan(config, request(V2, { ignoreUnsupported: true })).steps;
    expect(unified.some(({ verb }) => verb === 'enter-cgroup')).toBe(false);
    expect(unified.find(({ verb }) => verb === 'clone')).toMatchObject({ intoCgroup: true });
  });

  test('namespaces are joined by their files, the mount namespace last', () => {
    const namespaces = ['mount', 'network', 'uts', 'ipc'].map((type) => ({ type, path: `/proc/1/ns/${type}` }));
    const joined = step('join', { '/linux/namespaces': namespaces });
    expect(joined.map(({ namespace }) => namespace)).toEqual(['network', 'ipc', 'uts', 'mount']);
  });

  test('a read-only tmpfs is sealed after everything is in it', () => {
    const steps = plan(changed(runc, { '/mounts/1/options/0': 'ro' }), request(V1)).steps;
    const seals = steps.filter(({ verb }) => verb === 'seal');
    expect(seals.map(({ file }) => file)).toEqual(['/dev', '/']);
    expect(steps.findLastIndex(({ verb }) => verb === 'device')).toBeLessThan(
      steps.findIndex(({ verb }) => verb === 'seal'),
    );
  });

  test('sysctl keys in both notations', () => {
    const sysctl = { 'net/ipv4/conf/eth0.1/mtu': '9', 'net.ipv4.conf.eth0/1.forwarding': '1' };
    expect(step('sysctl', { '/linux/sysctl': sysctl }).map(({ key }) => key)).toEqual([
      'net.ipv4.conf.eth0/1.mtu',
      'net.ipv4.conf.eth0/1.forwarding',
    ]);
  });
});

describe('a request that is wrong', () => {
  test.each([
    ['of another version', { version: 0 }],
    ['without a version', {}],
    ['with an unknown layout', { version: 1, facts: { cgroup: { layout: 'v3' } } }],
    ['with a number for an id', { version: 1, id: 5 }],
  ])('%s is refused', (_, asked) => {
    expect(() => plan(runc, { facts: { cgroup: V1 }, ...asked } as unknown as Request)).toThrow(
      expect.objectContaining({ code: 'spec/invalid' }),
    );
  });
});
