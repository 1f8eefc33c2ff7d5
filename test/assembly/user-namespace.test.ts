import { describe, expect, test } from 'vitest';
import type { CgroupFacts, Facts, Plan, Request } from '../../src/spec/index.ts';
import { fixture } from './module.ts';
import { changed, findings, open, plan, request, V1, V2 } from './plans.ts';

// User namespaces, id-mapped mounts and callers without privileges: man 7 user_namespaces.

const RANGE = [{ containerID: 0, hostID: 100000, size: 65536 }];
const NAMESPACES = ['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup', 'user'].map((type) => ({ type }));

const runc = changed(fixture('runc'), { '/process/capabilities/ambient': [], '/linux/resources': undefined });
const users = changed(runc, {
  '/linux/namespaces': NAMESPACES,
  '/linux/uidMappings': RANGE,
  '/linux/gidMappings': RANGE,
});
const joined = (path: string) => [...NAMESPACES.slice(0, -1), { type: 'user', path }];

/** An ordinary user. */
function user(more: Partial<Facts> = {}): Request {
  return request(V2, { facts: { capabilities: '0', uid: 1000, gid: 1000, cgroup: V2, ...more } });
}

const alone = [{ containerID: 0, hostID: 1000, size: 1 }];
const rootless = changed(users, {
  '/linux/uidMappings': alone,
  '/linux/gidMappings': alone,
  '/mounts/2/options': ['newinstance'],
});

const verbs = ({ steps }: Plan, ...wanted: string[]): string[] =>
  steps.map(({ verb }) => verb).filter((verb) => wanted.length === 0 || wanted.includes(verb));
const step = ({ steps }: Plan, verb: string) => steps.find((candidate) => candidate.verb === verb);
const calls = (config: string, asked: Request, verb: string): string[] => {
  const document = open(config);
  const { steps } = document.plan(asked);
  document.image('/');
  return document
    .rows()
    .filter((row) => steps[row.step ?? -1]?.verb === verb)
    .map(({ text }) => text);
};
const rule = ({ rule, name, path }: { rule: string; name: string; path: string }) => `${rule} ${name} ${path}`;

describe('a new user namespace', () => {
  test('the host maps the ids before anything else is done in it', () => {
    const made = plan(users, request(V2));
    const order = verbs(made, 'source', 'clone', 'map-ids', 'session', 'root', 'identity', 'ipc-namespace', 'mount');
    expect([...new Set(order)]).toEqual([
      'clone',
      'source',
      'map-ids',
      'session',
      'root',
      'identity',
      'ipc-namespace',
      'mount',
    ]);
    expect(step(made, 'map-ids')).toMatchObject({
      by: 'host',
      path: '/linux/uidMappings',
      uidMappings: RANGE,
      gidMappings: RANGE,
    });
    expect(step(made, 'clone')?.namespaces).toEqual(['user', 'pid', 'network', 'uts', 'mount']);
    expect(calls(users, request(V2), 'map-ids')[0]).toBe('read(socket, byte, 1) = answer');
  });

  test('trees of the host are opened by who may, and never shared with it', () => {
    const config = changed(users, {
      '/mounts/0': { destination: '/in', source: '/srv', options: ['rbind'] },
      '/linux/rootfsPropagation': 'shared',
    });
    const sources = plan(config, request(V2)).steps.filter(({ verb }) => verb === 'source');
    expect(sources).toMatchObject([
      { by: 'launcher', file: '/bundle/rootfs', recursive: true, path: '/root/path' },
      { by: 'launcher', file: '/srv', recursive: true, path: '/mounts/0' },
    ]);
    const slaves = calls(config, request(V2), 'source').filter((call) => call.includes('propagation=MS_SLAVE'));
    expect(slaves).toHaveLength(2);
    expect(plan(config, user({ uid: 0 })).steps.filter(({ verb }) => verb === 'source')).toMatchObject([
      { by: 'init' },
      { by: 'init' },
    ]);
  });

  test('trees are opened in its mount namespace, where they are locked, and given to the process', () => {
    const rows = calls(users, request(V2), 'source');
    expect(rows).toEqual([
      'close(init.socket)',
      expect.stringMatching(/^recvmsg\(opener\.socket, \{mounts, SCM_RIGHTS\}, .* = answer +ECONNRESET → next$/),
      expect.stringMatching(/^if answer == 1 /),
      'exit_group(1)',
      'setns(mounts, CLONE_NEWNS)',
      'close(mounts)',
      expect.stringMatching(/^open_tree\(AT_FDCWD, "\/bundle\/rootfs", .* = tree$/),
      expect.stringMatching(/^mount_setattr\(tree, .*propagation=MS_SLAVE/),
      expect.stringMatching(/^sendmsg\(opener\.socket, \{tree, SCM_RIGHTS\}, MSG_NOSIGNAL\) /),
      'exit_group(0)',
      // From here on it is the container's process.
      'close(opener.socket)',
      expect.stringMatching(/^openat2\(proc, "self\/ns\/mnt", .* = mounts$/),
      expect.stringMatching(/^sendmsg\(init\.socket, \{mounts, SCM_RIGHTS\}, MSG_NOSIGNAL\) /),
      'close(mounts)',
      expect.stringMatching(/^recvmsg\(init\.socket, \{tree, SCM_RIGHTS\}, /),
      expect.stringMatching(/^if answer == 1 /),
      'exit_group(1)',
      'close(init.socket)',
    ]);
    expect(calls(users, user(), 'source')).toHaveLength(2);
  });

  test('devices are those of the host, pipes are made', () => {
    const config = changed(users, {
      '/linux/devices': [
        { path: '/dev/fuse', type: 'c', major: 10, minor: 229, fileMode: 0o600, uid: 5 },
        { path: '/dev/pipe', type: 'p' },
      ],
    });
    const made = plan(config, request(V2));
    const devices = made.steps.filter(({ verb }) => verb === 'device');
    expect(devices.filter(({ bound }) => bound !== true).map(({ file }) => file)).toEqual(['/dev/pipe']);
    expect(devices.find(({ file }) => file === '/dev/fuse')).not.toHaveProperty('fileMode');
    expect(made.diagnostics.map(rule)).toEqual(['OCI611 device-of-the-host /linux/devices/0']);
    const bound = calls(users, request(V2), 'device');
    expect(bound.some((call) => call.startsWith('open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE'))).toBe(true);
    expect(bound.filter((call) => call.includes('MOUNT_ATTR_RDONLY'))).toHaveLength(6);
  });

  test('clocks are set by the process, in its own user namespace', () => {
    const config = changed(users, {
      '/linux/namespaces/6': { type: 'time' },
      '/linux/namespaces/5': { type: 'user' },
      '/linux/timeOffsets': { boottime: { secs: 5 } },
    });
    const made = plan(config, request(V2));
    expect(verbs(made, 'clone', 'map-ids', 'offset-clock', 'time-namespace', 'identity')).toEqual([
      'clone',
      'map-ids',
      'offset-clock',
      'time-namespace',
      'identity',
    ]);
    expect(step(made, 'offset-clock')?.by).toBe('init');
  });

  test('limits are raised by the host, if it may', () => {
    const config = changed(users, { '/process/rlimits/0/hard': 1 << 30 });
    expect(step(plan(config, request(V2)), 'rlimit')).toMatchObject({ by: 'host', resource: 7, hard: '1073741824' });
    expect(step(plan(config, user({ capabilities: '200000' })), 'rlimit')?.by).toBe('init');
    expect(step(plan(runc, request(V2)), 'rlimit')?.by).toBe('init');
  });

  test('all capabilities are there, whatever the caller holds', () => {
    const { diagnostics } = plan(rootless, user());
    expect(diagnostics).toEqual([]);
  });

  test('the cgroup is the root’s only where it is mounted to be written, on version 2', () => {
    const cgroup = { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup' };
    const writable = changed(users, { '/mounts/6': cgroup });
    expect(step(plan(writable, request(V2)), 'delegate')).toMatchObject({
      by: 'host',
      directory: '/sys/fs/cgroup/orlop-box',
      uid: 100000,
    });
    expect(step(plan(writable, request(V1)), 'delegate')).toBeUndefined();
    expect(step(plan(users, request(V2)), 'delegate')).toBeUndefined();
    const shared = changed(writable, {
      '/linux/namespaces/5': { type: 'uts' },
      '/linux/namespaces/3': { type: 'time' },
    });
    expect(step(plan(shared, request(V2)), 'delegate')).toBeUndefined();
  });

  test('without container id 0 the first that is mapped makes things', () => {
    const config = changed(users, {
      '/linux/uidMappings': [{ containerID: 7, hostID: 1, size: 1 }],
      '/process/user/uid': 7,
    });
    expect(step(plan(config, request(V2)), 'identity')).toMatchObject({ uid: 7, gid: 0 });
  });
});

describe('a user namespace that is joined', () => {
  const config = changed(users, {
    '/linux/namespaces': [...joined('/proc/2/ns/user').slice(0, 6), { type: 'user', path: '/proc/2/ns/user' }],
    '/linux/namespaces/1': { type: 'network', path: '/proc/2/ns/net' },
  });
  const order = (asked: Request) =>
    plan(config, asked)
      .steps.filter(({ verb }) => verb === 'join')
      .map(({ namespace }) => namespace);

  test('last by a caller who has power over the others, first by one who gets it there', () => {
    expect(order(request(V2))).toEqual(['network', 'user']);
    expect(order(user())).toEqual(['user', 'network']);
  });

  test('who opens the trees is made before, and waited for', () => {
    expect(verbs(plan(config, request(V2)), 'source', 'join', 'clone')).toEqual(['source', 'join', 'join', 'clone']);
    const rows = calls(config, request(V2), 'source').map((call) => call.split('(')[0]);
    expect(rows.slice(0, 3)).toEqual(['socketpair', 'clone', expect.stringMatching(/^if opener == 0 /)]);
    const cloned = calls(config, request(V2), 'clone').map((call) => call.split('(')[0]);
    expect(cloned).toEqual([
      'clone3',
      expect.any(String),
      'write',
      'close',
      'wait4',
      'exit_group',
      'openat2',
      'sendmsg',
      'close',
      'recvmsg',
      expect.any(String),
      'exit_group',
      'close',
    ]);
  });

  test('nothing is mapped in it', () => {
    const made = plan(config, request(V2));
    expect(verbs(made, 'map-ids', 'identity')).toEqual(['identity']);
    // Whether groups may be set only the kernel knows.
    expect(calls(config, request(V2), 'identity')[0]).toMatch(/^setgroups\(0, NULL\) +EPERM → next$/);
  });
});

describe('a caller without privileges', () => {
  test('maps himself, and then nobody sets groups', () => {
    const made = plan(rootless, user());
    expect(step(made, 'map-ids')).toMatchObject({ uidMappings: alone, deniesGroups: true });
    expect(step(made, 'map-ids')).not.toHaveProperty('uidHelper');
    for (const verb of ['identity', 'user'])
      expect(calls(rootless, user(), verb).join('\n')).not.toContain('setgroups');
    const [first] = calls(rootless, user(), 'identity');
    expect(first).toBe('setresgid(0, 0, 0)');
  });

  test('has others mapped by newuidmap and newgidmap', () => {
    const made = plan(changed(rootless, { '/linux/gidMappings': [...alone, ...RANGE.map(above)] }), user());
    expect(step(made, 'map-ids')).toMatchObject({ gidHelper: 'newgidmap' });
    expect(step(made, 'map-ids')).not.toHaveProperty('uidHelper');
    expect(step(made, 'map-ids')).not.toHaveProperty('deniesGroups');
    expect(step(plan(users, user()), 'map-ids')).toMatchObject({ uidHelper: 'newuidmap', gidHelper: 'newgidmap' });
  });

  test('can be seen until his maps are written, a privileged one never', () => {
    const dumpable = (asked: Request, verb: string) =>
      calls(rootless, asked, verb).some((call) => call.includes('PR_SET_DUMPABLE'));
    expect([dumpable(user(), 'reset'), dumpable(user(), 'identity')]).toEqual([false, true]);
    expect([dumpable(request(V2), 'reset'), dumpable(request(V2), 'identity')]).toEqual([true, false]);
  });

  test('has a cgroup where he may make one, and else none', () => {
    const cgroup = { ...V2, base: '/user.slice/u/app.slice' };
    const made = plan(rootless, user({ cgroup }));
    expect(step(made, 'create-cgroup')).toMatchObject({ cgroup: '/user.slice/u/app.slice/orlop-box' });
    expect(step(made, 'clone')?.intoCgroup).toBe(true);
    const denied = user({ cgroup: { ...V2, denied: 'no' } });
    for (const asked of [denied, { ...denied, cgroupManager: 'disabled' as const }]) {
      const without = plan(rootless, asked);
      expect(verbs(without, 'create-cgroup', 'enter-cgroup', 'limit')).toEqual([]);
      expect(step(without, 'clone')).not.toHaveProperty('intoCgroup');
      expect(step(without, 'cgroup-mount')).toBeDefined();
    }
  });

  test('sees the cgroups of the caller, where it gets none and has no cgroup namespace', () => {
    const config = changed(rootless, { '/linux/namespaces': NAMESPACES.filter(({ type }) => type !== 'cgroup') });
    const branches = (cgroup: CgroupFacts): unknown => step(plan(config, user({ cgroup })), 'cgroup-mount')?.branches;
    expect(branches({ ...V2, denied: 'no' })).toEqual([{ name: '', source: '/sys/fs/cgroup' }]);
    const [first, second] = (V1.hierarchies ?? []).map((hierarchy) => ({ ...hierarchy, own: '/his' }));
    if (!first || !second) throw new Error('V1 has no hierarchies');
    expect(branches({ layout: 'v1', denied: 'no', hierarchies: [first, { ...second, own: '' }] })).toEqual([
      { name: 'cpuset', source: '/sys/fs/cgroup/cpuset/his' },
      { name: 'blkio', source: '/sys/fs/cgroup/blkio' },
    ]);
    // Root could write it: a container of his that asks for no cgroup of its own gets that of others to read.
    const disabled = { ...user(), cgroupManager: 'disabled' as const };
    expect(step(plan(config, disabled), 'cgroup-mount')?.branches).toEqual([{ name: '', source: '/sys/fs/cgroup' }]);
    const writable = changed(config, { '/mounts/6/options': ['rw'] });
    expect(findings(writable, disabled)).toMatchObject([
      { rule: 'OCI418', path: '/mounts/6', message: expect.stringContaining('no cgroup to mount') },
    ]);
  });

  test('a cgroup that the config names is tried, a limit without one refused', () => {
    const cgroup = { ...V2, denied: 'user 1000 may not' };
    const named = changed(rootless, { '/linux/cgroupsPath': '/mine' });
    expect(step(plan(named, user({ cgroup })), 'create-cgroup')).toMatchObject({ cgroup: '/mine' });
    const disabled = { ...user({ cgroup }), cgroupManager: 'disabled' as const };
    expect(verbs(plan(named, disabled), 'create-cgroup')).toEqual([]);
    const limited = changed(rootless, { '/linux/resources': { pids: { limit: 5 } } });
    expect(findings(limited, user({ cgroup }))).toMatchObject([
      { rule: 'OCI418', path: '/linux/resources/pids/limit', message: expect.stringContaining('user 1000 may not') },
    ]);
    // Who can make no device needs no rule against it, and the kernel would take none from him.
    const rules = changed(rootless, { '/linux/resources': { devices: [{ allow: false, access: 'rwm' }] } });
    expect(findings(rules, user({ cgroup }))).toEqual([]);
  });

  test('the user namespace of the caller is one too', () => {
    const made = plan(runc, request(V2, { facts: { cgroup: V2, userNamespace: true } }));
    expect(made.steps.filter(({ verb, bound }) => verb === 'device' && bound !== true)).toEqual([]);
    expect(verbs(made, 'identity', 'source')).toEqual([]);
  });
});

function above(range: { containerID: number; hostID: number; size: number }) {
  return { ...range, containerID: range.containerID + 1 };
}

describe('id-mapped mounts', () => {
  const mount = (more: object) => ({ destination: '/in', source: '/srv', ...more });
  const mapped = { uidMappings: RANGE, gidMappings: RANGE };

  test('with mappings of their own, one user namespace for those that are alike', () => {
    const config = changed(runc, {
      '/mounts/0': mount({ options: ['bind', 'idmap'], ...mapped }),
      '/mounts/1': mount({ options: ['rbind', 'ridmap'], ...mapped }),
      '/mounts/2': mount({ options: ['rbind', 'idmap'], ...mapped, gidMappings: alone }),
    });
    const made = plan(config, request(V2));
    expect(verbs(made, 'mount-ids', 'clone')).toEqual(['mount-ids', 'mount-ids', 'clone']);
    expect(step(made, 'mount-ids')).toMatchObject({ by: 'launcher', ...mapped, path: '/mounts/0' });
    expect(made.steps.filter(({ verb }) => verb === 'bind').map(({ ids }) => ids)).toEqual([
      'idmap',
      'ridmap',
      'idmap',
    ]);
    const rows = calls(config, request(V2), 'bind').filter((call) => call.includes('MOUNT_ATTR_IDMAP'));
    expect(rows.map((call) => call.includes('AT_RECURSIVE'))).toEqual([false, true, false]);
  });

  test('with those of the container', () => {
    const config = changed(users, { '/mounts/0': mount({ options: ['rbind', 'idmap'] }) });
    expect(step(plan(config, request(V2)), 'mount-ids')).toMatchObject(mapped);
    expect(calls(config, request(V2), 'source').some((call) => call.includes('MOUNT_ATTR_IDMAP'))).toBe(true);
    const inJoined = changed(config, { '/linux/namespaces': joined('/proc/2/ns/user') });
    expect(step(plan(inJoined, request(V2)), 'mount-ids')).toMatchObject({ file: '/proc/2/ns/user' });
  });

  test('mappings without the option are carried out, with a warning', () => {
    const config = changed(runc, { '/mounts/0': mount({ options: ['rbind'], ...mapped }) });
    expect(plan(config, request(V2)).diagnostics.map(rule)).toEqual([
      'OCI309 mapping-without-idmap /mounts/0/uidMappings',
    ]);
  });

  test.each<[string, object, Request?]>([
    ['OCI307 idmap-without-mapping /mounts/0', { options: ['bind', 'idmap'] }],
    ['OCI307 idmap-without-mapping /mounts/0', { options: ['bind', 'idmap'], uidMappings: [], gidMappings: [] }],
    ['OCI308 one-sided-mapping /mounts/0/uidMappings', { options: ['bind', 'idmap'], uidMappings: RANGE }],
    ['OCI308 one-sided-mapping /mounts/0/gidMappings', { options: ['bind'], gidMappings: RANGE, uidMappings: [] }],
    ['OCI318 id-mapped-filesystem /mounts/0', { type: 'tmpfs', options: ['idmap'], ...mapped }],
    ['OCI319 id-map-without-privileges /mounts/0', { options: ['bind', 'idmap'], ...mapped }, user()],
    [
      'OCI206 invalid-mapping /mounts/0/uidMappings/0/size',
      { options: ['bind', 'idmap'], ...mapped, uidMappings: [{ containerID: 0, hostID: 0, size: 0 }] },
    ],
  ])('%s', (expected, more, asked = request(V2)) => {
    const config = changed(runc, { '/mounts/0': mount(more), '/process/capabilities': {} });
    expect(findings(config, asked).map(rule)).toEqual([expected]);
  });
});

describe('mappings that the kernel would refuse', () => {
  const at = (containerID: number, hostID: number, size: number) => ({ containerID, hostID, size });
  const many = (count: number, from = 0) => Array.from({ length: count }, (_, index) => at(from + 2 * index, index, 1));
  const long = Array.from({ length: 200 }, (_, index) => at(4000000000 + index, 3000000000 + index, 1));

  test.each<[string, Record<string, unknown>]>([
    ['OCI204 mappings-without-user-namespace /linux/uidMappings', { '/linux/namespaces/6': { type: 'time' } }],
    ['OCI205 user-namespace-without-mappings /linux/namespaces', { '/linux/uidMappings': undefined }],
    ['OCI205 user-namespace-without-mappings /linux/namespaces', { '/linux/gidMappings': [] }],
    ['OCI206 invalid-mapping /linux/uidMappings/0/size', { '/linux/uidMappings': [at(0, 0, 0)] }],
    ['OCI206 invalid-mapping /linux/uidMappings/0', { '/linux/uidMappings': [at(0, 1, 4294967295)] }],
    ['OCI206 invalid-mapping /linux/gidMappings/0', { '/linux/gidMappings': [at(4294967295, 0, 1)] }],
    [
      'OCI206 invalid-mapping /linux/uidMappings/1/containerID',
      { '/linux/uidMappings': [at(0, 0, 10), at(9, 100, 1)] },
    ],
    ['OCI206 invalid-mapping /linux/uidMappings/1/hostID', { '/linux/uidMappings': [at(0, 5, 10), at(20, 0, 6)] }],
    ['OCI206 invalid-mapping /linux/uidMappings', { '/linux/uidMappings': many(341) }],
    ['OCI206 invalid-mapping /linux/uidMappings', { '/linux/uidMappings': long, '/process/user/uid': 4000000000 }],
    ['OCI207 unmapped-id /process/user/uid', { '/process/user/uid': 65536 }],
    ['OCI207 unmapped-id /process/user/gid', { '/process/user/gid': 65536 }],
    ['OCI207 unmapped-id /process/user/additionalGids/1', { '/process/user/additionalGids': [1, 65536] }],
    ['OCI316 mount-without-namespace /mounts/0', { '/linux/namespaces/0': { type: 'time' } }],
    ['OCI316 mount-without-namespace /mounts/5', { '/linux/namespaces/1': { type: 'time' } }],
    ['OCI316 mount-without-namespace /mounts/4', { '/linux/namespaces/2': { type: 'time' } }],
    ['OCI317 owner-not-mapped /mounts/2/options/5', { '/linux/gidMappings': [at(0, 7, 5)] }],
  ])('%#: %s', (expected, changes) => {
    const host = request(V2, { facts: { cgroup: V2 } });
    expect(findings(changed(changed(users, { '/process/user/additionalGids': [] }), changes), host).map(rule)).toEqual([
      expected,
    ]);
  });

  test('and those that it takes', () => {
    for (const list of [many(340), [at(0, 0, 4294967295)], [at(10, 0, 5), at(0, 5, 10)]]) {
      expect(findings(changed(users, { '/linux/uidMappings': list }), request(V2))).toEqual([]);
    }
  });

  test('groups that nobody may set', () => {
    const config = changed(rootless, { '/process/user/additionalGids': [0] });
    expect(findings(config, user()).map(rule)).toEqual(['OCI216 groups-denied /process/user/additionalGids']);
  });
});

test('what an id-mapped mount, a source and a device may fail with has words', () => {
  const config = changed(users, {
    '/mounts/0': { destination: '/in', source: '/srv', options: ['rbind', 'idmap'] },
    '/linux/devices': [{ path: '/dev/fuse', type: 'c', major: 10, minor: 229 }],
  });
  const document = open(config);
  const { steps } = document.plan(request(V2));
  document.image('/');
  const rows = document.rows();
  const hint = (verb: string, call: string, errno: number): string => {
    const row = rows.find(({ step, text }) => steps[step ?? -1]?.verb === verb && text.includes(call));
    return document.failure(row?.row ?? -1, errno, new Uint8Array()).hint ?? '';
  };
  const [EPERM, ENOENT, EACCES, EINVAL, ENOSPC] = [1, 2, 13, 22, 28] as const;
  expect(hint('source', 'MOUNT_ATTR_IDMAP', EINVAL)).toContain('cannot map the ids');
  expect(hint('source', 'open_tree', EACCES)).toContain('does not let the caller pass');
  expect(hint('clone', 'clone3', EPERM)).toContain('unprivileged_userns_clone');
  expect(hint('mount-ids', 'clone3', ENOSPC)).toContain('/proc/sys/user');
  expect(hint('device', 'open_tree(AT_FDCWD, "/dev/fuse"', ENOENT)).toContain('the host');
  expect(hint('mount', 'fsmount', EPERM)).toContain('not for user namespaces');
  expect(hint('bind', 'mkdirat', EACCES)).toContain('chown -R');
});
