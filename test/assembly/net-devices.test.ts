import { describe, expect, test } from 'vitest';
import { fixture } from './module.ts';
import { changed, findings, open, plan, request, V1 } from './plans.ts';

const runc = changed(fixture('runc'), { '/process/capabilities/ambient': [] });
const devices = (netDevices: object): string => changed(runc, { '/linux/netDevices': netDevices });

test('a step of the host for each device, and one socket for all', () => {
  const config = devices({ eth1: {}, 'a.b-c@d': { name: 'eth%d' }, eth2: { name: '' } });
  const steps = plan(config, request(V1)).steps.filter(({ verb }) => verb === 'net-device');
  expect(steps).toMatchObject([
    { by: 'host', text: 'network device eth1', path: '/linux/netDevices/eth1', name: 'eth1', newName: 'eth1' },
    { text: 'network device a.b-c@d as eth%d', newName: 'eth%d' },
    { name: 'eth2', newName: 'eth2' },
  ]);
  const document = open(config);
  document.plan(request(V1));
  document.image();
  const rows = document.rows().map(({ text }) => text);
  expect(rows.filter((row) => row.startsWith('socket(AF_NETLINK'))).toHaveLength(1);
  const at = (word: string): number => rows.findIndex((row) => row.startsWith(word));
  expect(at('socket(AF_NETLINK')).toBeLessThan(at('open_tree('));
});

describe('names', () => {
  test.each(['123456789012345', 'eth%d', '%d', 'é'])('%s', (name) => {
    expect(findings(devices({ eth0: { name } }), request(V1))).toEqual([]);
  });

  test.each([
    '1234567890123456',
    'ééééééééx'.slice(0, 9),
    '.',
    '..',
    'a/b',
    'a:b',
    'a b',
    'a\nb',
    '%d%d',
    '%s',
    '12345678901234%d',
  ])('%j is none', (name) => {
    expect(findings(devices({ eth0: { name } }), request(V1))).toMatchObject([
      { rule: 'OCI605', path: '/linux/netDevices/eth0/name' },
    ]);
  });

  test('of the host neither', () => {
    expect(findings(devices({ 'eth%d/': {} }), request(V1))).toMatchObject([
      { rule: 'OCI605', message: '"eth%d/" is no name of a network device' },
    ]);
  });

  test('two of one name', () => {
    const config = devices({ eth0: { name: 'x' }, x: {}, eth1: { name: 'y%d' }, eth2: { name: 'y%d' } });
    expect(findings(config, request(V1))).toMatchObject([
      { rule: 'OCI605', path: '/linux/netDevices/x', message: 'two network devices would be called "x"' },
    ]);
  });
});

test('the network of the host is no place for them', () => {
  const config = changed(devices({ eth0: {} }), { '/linux/namespaces': [{ type: 'mount' }] });
  expect(findings(config, request(V1)).map(({ rule, path }) => `${rule} ${path}`)).toContain(
    'OCI605 /linux/netDevices',
  );
});
