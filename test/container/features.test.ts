// What `features` says is what the translator does: each statement is put to it as a config.

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { features } from '../../src/container/features.ts';
import type { Request } from '../../src/spec/index.ts';
import { fixture } from '../assembly/module.ts';
import { changed, findings, plan, request, V1, V2 } from '../assembly/plans.ts';

const told = features();
const { linux } = told;
const config = changed(fixture('runc'), {
  '/process/capabilities/ambient': [],
  '/linux/resources': undefined,
});
const mappings = [{ containerID: 0, hostID: 0, size: 1 }];

/** How the translator takes a config with this in it: refused as unsupported, or any other way. */
function isSupported(pointer: string, value: unknown): boolean {
  const all = findings(changed(config, { [pointer]: value }), request(V1));
  return !all.some(({ name }) => name === 'unsupported');
}

test('the config is fine before anything is put into it', () => {
  expect(findings(config, request(V1))).toEqual([]);
  expect(findings(config, request(V2))).toEqual([]);
});

test.each([
  ['seccomp', linux.seccomp.enabled, '/linux/seccomp', { defaultAction: 'SCMP_ACT_ALLOW' }],
  ['apparmor', linux.apparmor.enabled, '/process/apparmorProfile', 'docker-default'],
  ['selinux', linux.selinux.enabled, '/process/selinuxLabel', 'system_u:system_r:container_t:s0'],
  ['selinux of mounts', linux.selinux.enabled, '/linux/mountLabel', 'system_u:object_r:container_file_t:s0'],
  ['intelRdt', linux.intelRdt.enabled, '/linux/intelRdt', { closID: 'x' }],
  ['intelRdt.schemata', linux.intelRdt.schemata, '/linux/intelRdt', { schemata: ['MB:0=70'] }],
  ['intelRdt.monitoring', linux.intelRdt.monitoring, '/linux/intelRdt', { enableMonitoring: true }],
  ['memoryPolicy', linux.memoryPolicy.modes.length > 0, '/linux/memoryPolicy', { mode: 'MPOL_LOCAL' }],
  ['netDevices', linux.netDevices.enabled, '/linux/netDevices', { eth0: {} }],
  ['mountExtensions.idmap', linux.mountExtensions.idmap.enabled, '/mounts/0/uidMappings', mappings],
  ['cgroup.rdma', linux.cgroup.rdma, '/linux/resources', { rdma: { mlx5_1: { hcaHandles: 3 } } }],
])('%s: %j', (_name, isTold, pointer, value) => {
  expect(isSupported(pointer, value)).toBe(isTold);
});

/** Where systemd makes the cgroup, that of the system or of a user. */
const underSystemd = (isUser = false): Request => {
  const asked = request(V2, { cgroupManager: 'systemd' });
  return { ...asked, facts: { ...asked.facts, systemd: { version: 252, isUser } } };
};

test.each([
  [linux.cgroup.systemd, false],
  [linux.cgroup.systemdUser, true],
])('a unit of systemd: %j, of a user: %j', (isTold, isUser) => {
  const { steps } = plan(changed(config, { '/linux/cgroupsPath': 'box.slice:orlop:box' }), underSystemd(isUser));
  expect(JSON.stringify(steps).includes('orlop-box.scope')).toBe(isTold);
});

test('a limit of rdma is written', () => {
  const limited = changed(config, { '/linux/resources': { rdma: { mlx5_1: { hcaHandles: 3 } } } });
  for (const [cgroup, isTold] of [
    [V1, linux.cgroup.v1],
    [V2, linux.cgroup.v2],
  ] as const) {
    const text = JSON.stringify(plan(limited, request(cgroup)).steps);
    expect(text.includes('rdma.max')).toBe(isTold && linux.cgroup.rdma);
  }
});

describe('namespaces', () => {
  const ALL = ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts'];

  test.each(ALL)('%s', (type) => {
    const some = ALL.filter((one) => one === type || (one !== 'user' && one !== 'time'));
    const namespaces = some.map((one) => ({ type: one }));
    expect(isSupported('/linux/namespaces', namespaces)).toBe(linux.namespaces.includes(type));
  });

  test('no others', () => {
    expect(ALL).toEqual(expect.arrayContaining(linux.namespaces));
  });
});

describe('mount options', () => {
  const source = readFileSync(new URL('../../assembly/plan/mount-options.ts', import.meta.url), 'utf8');
  const rows = [...source.matchAll(/new MountOption\('([\w-]+)', OptionKind\.(\w+)/g)].map(([, name = '', kind]) => ({
    name,
    kind,
  }));
  const withOption = (option: string) => [{ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: [option] }];

  test("are the translator's own table", () => {
    const supported = rows.filter(({ kind }) => kind !== 'UNSUPPORTED').map(({ name }) => name);
    expect(supported.length).toBeGreaterThan(50);
    expect(told.mountOptions).toEqual(supported.sort());
  });

  test.each(rows.map(({ name }) => name))('%s', (option) => {
    expect(isSupported('/mounts', withOption(option))).toBe(told.mountOptions.includes(option));
  });
});

test.each(['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'])(
  'hook %s',
  (kind) => {
    const { steps } = plan(changed(config, { '/hooks': { [kind]: [{ path: '/bin/true' }] } }), request(V1));
    expect(steps.some((step) => JSON.stringify(step).includes(`"kind":"${kind}"`))).toBe(told.hooks.includes(kind));
  },
);

test.each(['1.0.0', told.ociVersionMin, told.ociVersionMax])('version %s is taken', (version) => {
  expect(findings(changed(config, { '/ociVersion': version }), request(V1))).toEqual([]);
});

test.each(linux.capabilities)('%s is recognized', (name) => {
  const some = { bounding: [name], permitted: [name], effective: [name] };
  expect(findings(changed(config, { '/process/capabilities': some }), request(V1))).toEqual([]);
});

test('annotations: those that change what is done, and no others', () => {
  const told = features().potentiallyUnsafeConfigAnnotations;
  const steps = (annotations: Record<string, string>): string =>
    JSON.stringify(plan(changed(config, { '/annotations': annotations }), underSystemd()).steps);
  const values: Record<string, Record<string, string>> = {
    'orlop.init': { 'orlop.init': 'true' },
    'org.systemd.property.': { 'org.systemd.property.CPUWeight': 'uint64 50' },
  };
  expect(told).toEqual(Object.keys(values));
  for (const name of told) expect(steps(values[name] ?? {})).not.toBe(steps({}));
  expect(steps({ 'org.example.other': 'true' })).toBe(steps({}));
});

test('the document has the form of features.md and features-linux.md, and nothing else', () => {
  const strings = { type: 'array', items: { type: 'string' }, uniqueItems: true };
  const map = { type: 'object', additionalProperties: { type: 'string' }, propertyNames: { minLength: 1 } };
  const version = { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+$' };
  const object = (properties: Record<string, unknown>, required: string[] = []) => ({
    type: 'object',
    properties,
    required,
    additionalProperties: false,
  });
  const switches = (...names: string[]) => object(Object.fromEntries(names.map((name) => [name, { type: 'boolean' }])));
  const schema = object(
    {
      ociVersionMin: version,
      ociVersionMax: version,
      hooks: strings,
      mountOptions: strings,
      linux: object({
        namespaces: strings,
        capabilities: { ...strings, items: { type: 'string', pattern: '^CAP_[A-Z_]+$' } },
        cgroup: switches('v1', 'v2', 'systemd', 'systemdUser', 'rdma'),
        seccomp: object({
          enabled: { type: 'boolean' },
          actions: strings,
          operators: strings,
          archs: strings,
          knownFlags: strings,
          supportedFlags: strings,
        }),
        apparmor: switches('enabled'),
        selinux: switches('enabled'),
        intelRdt: switches('enabled', 'schemata', 'monitoring'),
        memoryPolicy: object({ modes: strings, flags: strings }),
        mountExtensions: object({ idmap: switches('enabled') }),
        netDevices: switches('enabled'),
      }),
      annotations: map,
      potentiallyUnsafeConfigAnnotations: strings,
    },
    ['ociVersionMin', 'ociVersionMax'],
  );
  const validate = new Ajv2020({ allErrors: true }).compile(schema);
  validate(JSON.parse(JSON.stringify(told)));
  expect(validate.errors ?? []).toEqual([]);
});
