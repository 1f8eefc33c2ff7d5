import { describe, expect, test } from 'vitest';
import { type Diagnostic, OrlopError, type Request } from '../../src/spec/index.ts';
import { fixture } from '../assembly/module.ts';
import { changed, open, request, V2 } from '../assembly/plans.ts';
import { file, rules } from './linting.ts';

// Rules of which lint never tells: a launch, an exec or an update finds them on one host, and not on another.

const runc = changed(fixture('runc'), { '/process/capabilities/ambient': [] });
const namespaces = ['pid', 'network', 'ipc', 'uts', 'mount', 'user'].map((type) => ({ type }));
const one = [{ containerID: 0, hostID: 1000, size: 1 }];
const rootless = changed(runc, {
  '/linux/namespaces': namespaces,
  '/linux/uidMappings': one,
  '/linux/gidMappings': one,
  '/linux/resources': undefined,
  '/mounts/2/options': ['newinstance'],
});
const mapped = { destination: '/in', source: '/srv', options: ['rbind', 'idmap'], uidMappings: one, gidMappings: one };
const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [] };
const withProfile = (seccomp: object) => changed(file('fixtures/rules/minimal.json'), { '/linux/seccomp': seccomp });

const on = (facts: NonNullable<Request['facts']>) => request(V2, { facts: { cgroup: V2, ...facts } });
const root = on({});
const nobody = { capabilities: '0', uid: 1000, gid: 1000 };

const planned = (config: string, asked: Request) => () => open(config).plan(asked);
const updated = (limit: number, asked: Request) => () =>
  open(JSON.stringify({ memory: { limit, checkBeforeUpdate: true } })).update(asked);
const executed = (config: string) => () => open(config).exec(undefined, { ...root, exec: { args: ['/bin/true'] } });
const used: Request = {
  version: 1,
  facts: { cgroup: { ...V2, mount: '/own' } as typeof V2 },
  current: { 'memory.current': '1000\n' },
};

/** One that is not there, and one that is. */
const cases: Record<string, [bad: () => unknown, good: () => unknown]> = {
  OCI123: [
    planned(changed(runc, { '/process/apparmorProfile': 'one' }), on({ security: [] })),
    planned(changed(runc, { '/process/apparmorProfile': 'one' }), on({ security: ['apparmor'] })),
  ],
  OCI124: [
    planned(
      changed(runc, { '/process/capabilities': { effective: ['CAP_KILL'], permitted: ['CAP_KILL'] } }),
      on({ capabilities: (1 << 21).toString(16) }),
    ),
    planned(changed(runc, { '/process/capabilities': { effective: ['CAP_KILL'], permitted: ['CAP_KILL'] } }), root),
  ],
  OCI216: [
    planned(changed(rootless, { '/process/user/additionalGids': [0] }), on(nobody)),
    planned(changed(rootless, { '/process/user/additionalGids': [0] }), root),
  ],
  OCI319: [
    planned(changed(rootless, { '/mounts/0': mapped }), on(nobody)),
    planned(changed(rootless, { '/mounts/0': mapped }), root),
  ],
  OCI417: [updated(999, used), updated(1000, used)],
  OCI418: [
    planned(
      changed(runc, { '/linux/resources': { pids: { limit: 1 } } }),
      on({ cgroup: { ...V2, controllers: [] } as typeof V2 }),
    ),
    planned(changed(runc, { '/linux/resources': { pids: { limit: 1 } } }), root),
  ],
  OCI514: [executed(withProfile({ ...profile, defaultErrnoRet: 1 })), executed(withProfile(profile))],
  OCI610: [
    planned(changed(runc, { '/linux/intelRdt': {} }), on({ resctrl: '' })),
    planned(changed(runc, { '/linux/intelRdt': {} }), root),
  ],
};

function found(act: () => unknown): string[] {
  try {
    const { diagnostics = [] } = act() as { diagnostics?: Diagnostic[] };
    return diagnostics.map(({ rule }) => rule);
  } catch (error) {
    if (error instanceof OrlopError && error.diagnostics)
      return (error.diagnostics as Diagnostic[]).map(({ rule }) => rule);
    throw error;
  }
}

/** What the command line finds, which has all documents: test/cli/lint/config-file.test.ts. */
const OF_COMMAND_LINE = ['OCI017'];

test('all of them', () => {
  const ofHosts = rules.filter(({ id, preset }) => preset === 'host' && !OF_COMMAND_LINE.includes(id));
  expect(Object.keys(cases)).toEqual(ofHosts.map(({ id }) => id));
});

describe.each(Object.keys(cases))('%s', (id) => {
  const [bad, good] = cases[id] as NonNullable<(typeof cases)[string]>;
  test('is found there', () => expect(new Set(found(bad))).toEqual(new Set([id])));
  test('is not found elsewhere', () => expect(found(good)).toEqual([]));
});
