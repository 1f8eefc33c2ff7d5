import { describe, expect, test } from 'vitest';
import type { CgroupFacts, Request } from '../../src/spec/index.ts';
import { fixture } from './module.ts';
import { changed, open, plan, request, V1, V2 } from './plans.ts';

// Cgroup namespaces that are joined, and what a cgroup mount shows in which: man 7 cgroup_namespaces.

const HYBRID: CgroupFacts = { ...V1, layout: 'hybrid', unified: '/sys/fs/cgroup/unified' };
const FILE = '/proc/2/ns/cgroup';
const RANGE = [{ containerID: 0, hostID: 100000, size: 65536 }];

const runc = changed(fixture('runc'), { '/linux/resources': undefined });
const joined = changed(runc, { '/linux/namespaces/5': { type: 'cgroup', path: FILE } });
const users = (config: string, index: number): string =>
  changed(config, {
    [`/linux/namespaces/${index}`]: { type: 'user' },
    '/linux/uidMappings': RANGE,
    '/linux/gidMappings': RANGE,
  });
const inUsers = users(joined, 6);

const step = (config: string, asked: Request, verb: string) =>
  plan(config, asked).steps.find((candidate) => candidate.verb === verb);

/** Where the launch enters cgroups and namespaces and makes its child. */
const order = (config: string, asked: Request): string[] => {
  const document = open(config);
  if (asked.exec) document.exec(undefined, asked);
  else document.plan(asked);
  document.image('/root');
  const calls = document.rows().map(({ text }) => text);
  return calls.filter((text) => /^(setns|clone3|unshare)|"cgroup.procs"|\/tasks"/.test(text));
};

describe('a joined cgroup namespace', () => {
  test.each([
    ['', joined],
    [', with a new user namespace, which has no power over it', inUsers],
  ])('the launcher is in the cgroup of v2 before it joins%s', (_, config) => {
    const calls = order(config, request(V2));
    expect(calls[0]).toContain('openat2(cgroup, "cgroup.procs"');
    expect(calls[1]).toMatch(/^setns\(.*CLONE_NEWCGROUP\)$/);
    expect(calls[2]).toMatch(/^clone3\(/);
    expect(calls[2]).not.toContain('CLONE_INTO_CGROUP');
    expect(step(config, request(V2), 'enter-cgroup')).toMatchObject({ by: 'launcher', unified: true });
    expect(step(config, request(V2), 'enter-cgroup')).not.toHaveProperty('directories');
    expect(step(config, request(V2), 'create-cgroup')).toMatchObject({ birthplace: '/sys/fs/cgroup/orlop-box' });
  });

  test('the v2 part of a hybrid host comes after the hierarchies of v1', () => {
    const calls = order(joined, request(HYBRID));
    const own = calls.findIndex((text) => text.includes('cgroup.procs'));
    expect(calls.slice(0, own).every((text) => text.includes('/tasks"'))).toBe(true);
    expect(own).toBe(V1.hierarchies?.length);
    expect(calls.slice(own + 1).map((text) => text.slice(0, 5))).toEqual(['setns', 'clone']);
  });

  test('on v1 it is joined as it ever was', () => {
    expect(order(joined, request(V1)).filter((text) => text.includes('cgroup.procs'))).toEqual([]);
    expect(step(joined, request(V1), 'enter-cgroup')).not.toHaveProperty('unified');
  });

  test.each<[string, Request]>([
    ['no cgroup of its own', request(V2, { cgroupManager: 'disabled' })],
    ['one that systemd has put the launcher into', request(V2, { cgroupManager: 'systemd' })],
  ])('the launcher enters none for a container with %s', (_, asked) => {
    expect(order(joined, asked).map((text) => text.slice(0, 5))).toEqual(['setns', 'clone']);
  });

  test.each(['cgroupfs', 'systemd'] as const)('exec goes the same way, under %s too', (cgroupManager) => {
    const calls = order(inUsers, request(V2, { cgroupManager, exec: { args: ['id'] } }));
    expect(calls[0]).toContain('openat2(cgroup, "cgroup.procs"');
    expect(calls[1]).toMatch(/^setns\(pidfd, .*CLONE_NEWCGROUP/);
    expect(calls[1]).toContain('CLONE_NEWUSER');
    expect(calls[2]).toMatch(/^clone3\(/);
    expect(calls[2]).not.toContain('CLONE_INTO_CGROUP');
    expect(calls).toHaveLength(3);
  });
});

describe('a cgroup mount', () => {
  const own = changed(runc, { '/linux/namespaces/5': { type: 'cgroup' } });
  const branches = (config: string, cgroup: CgroupFacts): unknown =>
    step(config, request(cgroup), 'cgroup-mount')?.branches;
  const calls = (config: string): string[] => {
    const document = open(config);
    const { steps } = document.plan(request(V2));
    document.image('/root');
    return document
      .rows()
      .filter((row) => steps[row.step ?? -1]?.verb === 'cgroup-mount')
      .map(({ text }) => text);
  };

  test.each([
    ['', runc],
    [' in a user namespace', users(runc, 5)],
  ])('of v2 is the hierarchy as the host shows it%s, to whoever has no cgroup namespace', (_, config) => {
    expect(branches(config, V2)).toEqual([{ name: '', source: '/sys/fs/cgroup' }]);
    const rows = calls(config);
    expect(rows[0]).toMatch(/^open_tree\(AT_FDCWD, "\/sys\/fs\/cgroup", OPEN_TREE_CLONE.*AT_RECURSIVE/);
    expect(rows[1]).toMatch(/^mount_setattr\(.*AT_RECURSIVE.*MOUNT_ATTR_RDONLY/);
    expect(rows.filter((row) => row.startsWith('fsopen('))).toEqual([]);
  });

  test('of v2 is new in a new cgroup namespace', () => {
    for (const config of [own, users(own, 6)]) {
      expect(branches(config, V2)).toEqual([{ name: '', type: 'cgroup2' }]);
      expect(calls(config).filter((row) => row.startsWith('open_tree('))).toEqual([]);
    }
  });

  test('of v2 is new in a joined one, unless that is the first or not for the container to mount', () => {
    for (const config of [joined, inUsers]) {
      expect(branches(config, V2)).toEqual([{ name: '', source: '/sys/fs/cgroup', type: 'cgroup2' }]);
      const rows = calls(config);
      expect(rows[0]).toMatch(/^newfstatat\(proc, "self\/ns\/cgroup"/);
      expect(rows[1]).toContain('stat.ino');
      expect(rows.find((row) => row.includes('FSCONFIG_CMD_CREATE'))).toMatch(/EPERM → /);
      expect(rows.findIndex((row) => row.startsWith('open_tree('))).toBeGreaterThan(
        rows.findIndex((row) => row.startsWith('fsmount(')),
      );
    }
  });

  test('of v1 shows the container’s own cgroups, joined or not', () => {
    for (const config of [runc, joined]) {
      expect(branches(config, V1)).toContainEqual({ name: 'pids', source: '/sys/fs/cgroup/pids/orlop-box' });
    }
    expect(branches(own, V1)).toContainEqual({ name: 'pids', type: 'cgroup' });
  });
});
