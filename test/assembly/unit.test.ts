import { describe, expect, test } from 'vitest';
import { specModule } from '../../src/spec/embedded.ts';
import { SpecDocument } from '../../src/spec/module.ts';
import type { CgroupFacts, SystemdFacts, UnitProperty } from '../../src/spec/types.ts';
import { fixture } from './module.ts';
import { changed, findings, open, plan, request, V1, V2 } from './plans.ts';

const runc = changed(fixture('runc'), {
  '/process/capabilities/ambient': [],
  '/linux/resources/devices': undefined,
  '/linux/cgroupsPath': '',
});

function asked(cgroup: CgroupFacts, systemd: SystemdFacts = { version: 252 }) {
  return request(cgroup, { cgroupManager: 'systemd', facts: { cgroup, systemd } });
}

const shown = (properties: UnitProperty[]): string[] =>
  properties.map(
    ({ name, type, value }) => `${name} ${type} ${Array.isArray(value) ? `[${value.join(', ')}]` : value}`,
  );

/** The properties that come with the limits, but those of devices. */
function limits(resources: object, cgroup = V2, systemd?: SystemdFacts): string[] {
  const { steps } = plan(changed(runc, { '/linux/resources': resources }), asked(cgroup, systemd));
  const step = steps.find(({ verb }) => verb === 'unit-properties');
  return shown((step?.properties ?? []) as UnitProperty[]).filter((text) => !text.startsWith('Device'));
}

describe('the unit', () => {
  const start = (path: string | undefined, systemd?: SystemdFacts) => {
    const { steps } = plan(changed(runc, { '/linux/cgroupsPath': path }), asked(V2, systemd));
    const cgroup = steps.find(({ verb }) => verb === 'create-cgroup')?.cgroup;
    const properties = steps.find(({ verb }) => verb === 'start-unit')?.properties;
    return [cgroup, shown(properties as UnitProperty[]).find((text) => text.startsWith('Slice'))];
  };

  test.each([
    [undefined, '/system.slice/orlop-box.scope', 'system.slice'],
    ['', '/system.slice/orlop-box.scope', 'system.slice'],
    ['machine.slice:libpod:1f', '/machine.slice/libpod-1f.scope', 'machine.slice'],
    [':a:b', '/system.slice/a-b.scope', 'system.slice'],
    ['-.slice:a:b', '/a-b.scope', '-.slice'],
    ['a-b-c.slice::x', '/a.slice/a-b.slice/a-b-c.slice/-x.scope', 'a-b-c.slice'],
  ])('of cgroupsPath %j', (path, cgroup, slice) => {
    expect(start(path)).toEqual([cgroup, `Slice s ${slice}`]);
  });

  test.each([
    [235, []],
    [236, ['CollectMode s inactive-or-failed']],
  ])('of systemd %i is forgotten when it has failed, if it can be', (version, expected) => {
    const { steps } = plan(runc, asked(V2, { version }));
    const properties = shown(steps.find(({ verb }) => verb === 'start-unit')?.properties as UnitProperty[]);
    expect(properties.filter((text) => text.startsWith('CollectMode'))).toEqual(expected);
  });

  test("of a user is below that user's systemd", () => {
    const systemd = { version: 252, controlGroup: '/user.slice/user-7.slice/user@7.service', isUser: true };
    expect(start(undefined, systemd)).toEqual([
      `${systemd.controlGroup}/user.slice/orlop-box.scope`,
      'Slice s user.slice',
    ]);
  });

  test.each([
    '/a',
    'a.slice:b',
    'a:b:c',
    'a.slice:b:c:d',
    '.slice:a:b',
    'a--b.slice:a:b',
    'a/b.slice:a:b',
    ':a:b.slice',
  ])('cannot be %j', (path) => {
    const all = findings(changed(runc, { '/linux/cgroupsPath': path }), asked(V2));
    expect(all).toMatchObject([{ rule: 'OCI415', path: '/linux/cgroupsPath', severity: 'error' }]);
  });

  test('is one for systemd alone', () => {
    const all = findings(changed(runc, { '/linux/cgroupsPath': 'a.slice:b:c' }), request(V2));
    expect(all).toMatchObject([{ rule: 'OCI415', help: expect.stringContaining('--systemd-cgroup') }]);
  });

  test('is waited for by the launcher, which is not born in it', () => {
    const document = open(runc);
    const verbs = document.plan(asked(V2)).steps.map(({ verb }) => verb);
    expect(verbs.slice(0, 2)).toEqual(['start-unit', 'create-cgroup']);
    expect(verbs.indexOf('await-unit')).toBe(verbs.indexOf('reset') + 1);
    document.image('/');
    const rows = document.rows().map(({ text }) => text);
    expect(rows.find((text) => text.startsWith('clone3'))).not.toContain('CLONE_INTO_CGROUP');
    const answer = rows.findIndex((text) => text.startsWith('read(socket'));
    expect(answer).toBeGreaterThan(0);
    expect(answer).toBeLessThan(rows.findIndex((text) => text.startsWith('clone3')));
  });
});

describe('properties', () => {
  const infinity = '18446744073709551615';
  test.each<[object, string[]]>([
    [{}, []],
    [{ memory: { limit: 7 } }, ['MemoryMax t 7']],
    [{ memory: { limit: 7, swap: 9, reservation: 3 } }, ['MemorySwapMax t 2', 'MemoryMax t 7', 'MemoryLow t 3']],
    [{ memory: { limit: -1 } }, [`MemoryMax t ${infinity}`]],
    [{ cpu: { shares: 1024 } }, ['CPUWeight t 100']],
    [{ cpu: { idle: 1 } }, ['CPUWeight t 0']],
    [{ cpu: { idle: 0, shares: 1024 } }, ['CPUWeight t 100']],
    [{ cpu: { quota: 50000 } }, ['CPUQuotaPerSecUSec t 500000']],
    [{ cpu: { quota: 33333 } }, ['CPUQuotaPerSecUSec t 340000']],
    [{ cpu: { quota: -1, period: 5000 } }, ['CPUQuotaPeriodUSec t 5000', `CPUQuotaPerSecUSec t ${infinity}`]],
    [{ cpu: { quota: 4000, period: 2000 } }, ['CPUQuotaPeriodUSec t 2000', 'CPUQuotaPerSecUSec t 2000000']],
    [{ cpu: { cpus: '0-2,8', mems: '1' } }, ['AllowedCPUs ay 0701', 'AllowedMemoryNodes ay 02']],
    [{ cpu: { cpus: 'all' } }, []],
    [{ cpu: { cpus: '3-1' } }, []],
    [{ cpu: { cpus: '0-99999' } }, []],
    [{ pids: { limit: 5 } }, ['TasksMax t 5']],
    [{ pids: { limit: 0 } }, ['TasksMax t 1']],
    [{ pids: { limit: -1 } }, [`TasksMax t ${infinity}`]],
    [{ blockIO: { weight: 1000 } }, ['IOWeight t 10000']],
    [{ unified: { 'memory.high': '5', 'memory.min': 'max' } }, ['MemoryHigh t 5', `MemoryMin t ${infinity}`]],
    [{ memory: { limit: 1 }, unified: { 'memory.max': '2' } }, ['MemoryMax t 2']],
    [{ unified: { 'memory.max': 'much', 'hugetlb.2MB.max': '1' } }, []],
  ])('%j on version 2', (resources, expected) => {
    expect(limits(resources)).toEqual(expected);
  });

  test.each<[object, string[]]>([
    [{ memory: { limit: 7, swap: 9 } }, ['MemoryLimit t 7']],
    [{ cpu: { shares: 5 } }, ['CPUShares t 5']],
    [{ cpu: { quota: 50000, period: 200000 } }, ['CPUQuotaPeriodUSec t 200000', 'CPUQuotaPerSecUSec t 250000']],
    [{ blockIO: { weight: 500 } }, ['BlockIOWeight t 500']],
  ])('%j on version 1', (resources, expected) => {
    expect(limits(resources, V1)).toEqual(expected);
  });

  test('that an old systemd does not know are left to the files', () => {
    expect(limits({ cpu: { quota: 4000, period: 2000, cpus: '1', idle: 1 } }, V2, { version: 241 })).toEqual([
      'CPUQuotaPerSecUSec t 2000000',
    ]);
  });

  test('an update names the unit, and knows the period in force', () => {
    const update = (resources: object, current: Record<string, string>) => {
      const document = new SpecDocument(specModule(), Buffer.from(JSON.stringify(resources)));
      const { steps } = document.update({
        ...asked({ layout: 'v2', mount: '/own', controllers: ['cpu', 'memory'] }),
        unit: 'a.scope',
        current,
      });
      return steps.flatMap((step) => (step.verb === 'unit-properties' ? [step.unit, ...shown(step.properties)] : []));
    };
    expect(update({ cpu: { quota: 5000 } }, { 'cpu.max': '1000 10000\n' })).toEqual([
      'a.scope',
      'CPUQuotaPeriodUSec t 10000',
      'CPUQuotaPerSecUSec t 500000',
    ]);
    expect(update({ memory: { limit: 5 } }, {})).toEqual(['a.scope', 'MemoryMax t 5']);
    expect(update({}, {})).toEqual([]);
    const devices = [{ allow: true, access: 'rwm' }];
    expect(update({ devices }, {})).toEqual(['a.scope', 'DevicePolicy s auto', 'DeviceAllow a(ss) []']);
  });
});

describe('devices', () => {
  const told = (devices: object[], cgroup = V2) => {
    const { steps } = plan(changed(runc, { '/linux/resources': { devices } }), asked(cgroup));
    const step = steps.find(({ verb }) => verb === 'unit-properties');
    return shown(step?.properties as UnitProperty[]);
  };
  const wide = { allow: true, type: 'c', minor: 7, access: 'rw' };
  const all = { allow: true, access: 'rwm' };
  const denied = { allow: false, type: 'b', major: 8, access: 'w' };

  test('as a list of what is allowed', () => {
    const [policy, empty, list] = told([{ allow: true, type: 'b', major: 8, access: 'r' }]);
    expect([policy, empty]).toEqual(['DevicePolicy s strict', 'DeviceAllow a(ss) []']);
    expect(list).toMatch(/^DeviceAllow a\(ss\) \[block-8 r, char-\* m, block-\* m, \/dev\/char\/1:3 rwm, /);
  });

  test.each([
    ['all', [all]],
    ['all but one', [all, denied]],
    ['of any class', [wide]],
  ])('%s on version 2: systemd allows them, and the program decides', (_, devices) => {
    expect(told(devices)).toEqual(['DevicePolicy s auto', 'DeviceAllow a(ss) []']);
  });

  test('what systemd has no word for is closed to it on version 1', () => {
    expect(told([all], V1)[0]).toBe('DevicePolicy s auto');
    expect(told([all, denied], V1)).toEqual(['DevicePolicy s strict', 'DeviceAllow a(ss) []']);
    expect(told([wide], V1)[0]).toBe('DevicePolicy s strict');
  });
});

describe('annotations', () => {
  const property = (name: string, value: string): string | undefined => {
    const config = changed(runc, { '/annotations': { [`org.systemd.property.${name}`]: value } });
    const { steps } = plan(config, asked(V2));
    const start = steps.find(({ verb }) => verb === 'start-unit');
    return shown(start?.properties as UnitProperty[]).slice(9)[0];
  };

  test.each([
    ['TimeoutStopUSec', 'uint64 123000', 'TimeoutStopUSec t 123000'],
    ['TimeoutStopSec', '5', 'TimeoutStopUSec t 5000000'],
    ['TimeoutStopSec', '1.5', 'TimeoutStopUSec t 1500000'],
    ['CollectMode', "'inactive-or-failed'", 'CollectMode s inactive-or-failed'],
    ['CollectMode', '"it\'s"', "CollectMode s it's"],
    ['Description', "'a \\'b\\' \\\\ c'", "Description s a 'b' \\ c"],
    ['SendSIGHUP', ' true ', 'SendSIGHUP b true'],
    ['After', "['a.service', 'b.service']", 'After as [a.service, b.service]'],
    ['After', '@as []', 'After as []'],
    ['Number', '-5', 'Number i -5'],
    ['Number', '@t 5', 'Number t 5'],
    ['Number', 'byte 255', 'Number y 255'],
    ['Number', 'int64 -9', 'Number x -9'],
    ['Number', '1.25', 'Number d 1.25'],
  ])('%s: %s', (name, value, expected) => {
    expect(property(name, value)).toBe(expected);
  });

  test.each([
    ['X', 'true'],
    ['With space', 'true'],
    ['Name', ''],
    ['Name', 'word'],
    ['Name', "'open"],
    ['Name', 'true false'],
    ['Name', 'byte 256'],
    ['Name', 'uint64 -1'],
    ['Name', 'uint64 18446744073709551616'],
    ['Name', '[]'],
    ['Name', '[1, 2]'],
    ['Name', "['a', ]"],
    ['Name', "uint64 'a'"],
    ['Name', '1.'],
    ['TimeoutSec', "'a'"],
    ['TimeoutSec', '-1'],
  ])('%s: %j is refused', (name, value) => {
    const config = changed(runc, { '/annotations': { [`org.systemd.property.${name}`]: value } });
    expect(findings(config, asked(V2))).toMatchObject([{ rule: 'OCI708', severity: 'error' }]);
    expect(findings(config, request(V2))).toEqual([]);
  });
});

describe('without a cgroup', () => {
  const disabled = (cgroup: CgroupFacts) => request(cgroup, { cgroupManager: 'disabled' });
  const plain = changed(runc, { '/linux/resources': undefined, '/mounts/6/options': ['ro'] });

  test.each([V1, V2])('nothing is made, entered or limited ($layout)', (cgroup) => {
    const own = changed(plain, { '/linux/namespaces/5': { type: 'cgroup' } });
    const verbs = plan(own, disabled(cgroup)).steps.map(({ verb }) => verb);
    for (const verb of ['create-cgroup', 'enter-cgroup', 'limit', 'device-filter', 'start-unit', 'delegate']) {
      expect(verbs).not.toContain(verb);
    }
  });

  test('a limit is an error, and device rules are not in force', () => {
    const own = changed(plain, { '/linux/namespaces/5': { type: 'cgroup' } });
    const limited = changed(own, { '/linux/resources': { pids: { limit: 5 }, devices: [{ allow: false }] } });
    expect(findings(limited, disabled(V2))).toMatchObject([
      { rule: 'OCI418', path: '/linux/resources/pids/limit', severity: 'error' },
      { rule: 'OCI418', path: '/linux/resources/devices', severity: 'warning' },
    ]);
  });

  test('there is none to mount without a namespace, but for that of the caller to read', () => {
    expect(findings(plain, disabled(V2))).toEqual([]);
    const writable = changed(plain, { '/mounts/6/options': ['rw'] });
    expect(findings(writable, disabled(V2))).toMatchObject([{ rule: 'OCI418', path: '/mounts/6', severity: 'error' }]);
  });
});

describe('delegation', () => {
  const config = changed(runc, {
    '/linux/namespaces/5': { type: 'cgroup' },
    '/mounts/6': { destination: '/sys/fs/cgroup/', type: 'cgroup', options: ['nosuid'] },
    '/process/user': { uid: 1000, gid: 0 },
  });
  const owner = (text: string, cgroup = V2): unknown =>
    plan(text, request(cgroup, { ignoreUnsupported: true })).steps.find(({ verb }) => verb === 'delegate')?.uid;

  test('to the user of the process', () => {
    expect(owner(config)).toBe(1000);
  });

  test.each<[string, Record<string, unknown>]>([
    ['root', { '/process/user': { uid: 0, gid: 0 } }],
    ['who may not write', { '/mounts/6/options': ['ro'] }],
    ['who has no namespace', { '/linux/namespaces/5': { type: 'time' } }],
    ['who mounts it elsewhere', { '/mounts/6/destination': '/elsewhere' }],
  ])('not to %s', (_, changes) => {
    expect(owner(changed(config, changes))).toBeUndefined();
  });

  test('not on version 1', () => {
    expect(owner(config, V1)).toBeUndefined();
  });
});
