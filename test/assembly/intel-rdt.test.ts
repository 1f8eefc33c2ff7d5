import { expect, test } from 'vitest';
import { fixture } from './module.ts';
import { changed, findings, plan, request, V1 } from './plans.ts';

const runc = changed(fixture('runc'), { '/process/capabilities/ambient': [] });
const rdt = (intelRdt: object): string => changed(runc, { '/linux/intelRdt': intelRdt });
const asked = (resctrl?: string) =>
  request(V1, { facts: { cgroup: V1, ...(resctrl === undefined ? {} : { resctrl }) } });

test.each([
  [{}, { directory: '/sys/fs/resctrl/box' }],
  [{ closID: '' }, { directory: '/sys/fs/resctrl/box' }],
  [{ closID: 'gold' }, { directory: '/sys/fs/resctrl/gold', shared: true, mustExist: true }],
  [{ closID: '/' }, { directory: '/sys/fs/resctrl', shared: true, mustExist: true }],
  [
    { closID: 'gold', l3CacheSchema: 'L3CODE:0=f\nL3DATA:0=3\nMB:0=10', memBwSchema: 'MB:0=20', schemata: ['L2:0=1'] },
    {
      directory: '/sys/fs/resctrl/gold',
      shared: true,
      schemata: ['L3CODE:0=f', 'L3DATA:0=3', 'MB:0=20', 'L2:0=1'],
    },
  ],
  [{ l3CacheSchema: 'L3:0=f\nMB:0=10' }, { directory: '/sys/fs/resctrl/box', schemata: ['L3:0=f', 'MB:0=10'] }],
  [{ enableMonitoring: true }, { directory: '/sys/fs/resctrl/box', monitor: '/sys/fs/resctrl/box/mon_groups/box' }],
  [{ enableMBM: true }, { directory: '/sys/fs/resctrl/box', monitor: '/sys/fs/resctrl/box/mon_groups/box' }],
  [
    { closID: '/', enableCMT: true },
    { directory: '/sys/fs/resctrl', shared: true, mustExist: true, monitor: '/sys/fs/resctrl/mon_groups/box' },
  ],
])('%j', (fields, step) => {
  const { steps, diagnostics } = plan(rdt(fields), asked());
  expect(diagnostics).toEqual([]);
  const { text, line, column, ...made } = steps.find(({ verb }) => verb === 'rdt') ?? {};
  expect(made).toEqual({ verb: 'rdt', by: 'host', path: '/linux/intelRdt', ...step });
});

test.each(['.', '..', '../x', 'a/b', '/a', 'info', 'mon_groups', 'a\nb'])('closID %j is refused', (closID) => {
  expect(findings(rdt({ closID }), asked())).toMatchObject([{ rule: 'OCI606', path: '/linux/intelRdt/closID' }]);
});

test.each([
  [{ memBwSchema: 'L3:0=f' }, '/memBwSchema'],
  [{ memBwSchema: 'MB:0=1\nMB:1=1' }, '/memBwSchema'],
  [{ schemata: ['L3:0=1', 'x'] }, '/schemata/1'],
  [{ schemata: ['L3:0=1\nMB:0=1'] }, '/schemata/0'],
])('%j is no schema', (fields, path) => {
  expect(findings(rdt(fields), asked())).toMatchObject([{ rule: 'OCI607', path: `/linux/intelRdt${path}` }]);
});

test('where resctrl is, the host says', () => {
  expect(plan(rdt({}), asked('/mnt/r')).steps.find(({ verb }) => verb === 'rdt')).toMatchObject({
    directory: '/mnt/r/box',
  });
  expect(findings(rdt({}), asked(''))).toMatchObject([{ rule: 'OCI610', path: '/linux/intelRdt' }]);
});
