import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numbersOf } from '../../src/container/check/cgroups.ts';
import { isOlder } from '../../src/container/check/kernel.ts';
import { may, modeText, type Walker, walk } from '../../src/container/check/path.ts';
import { View } from '../../src/container/check/view.ts';

const place = mkdtempSync(join(tmpdir(), 'orlop-unit-check-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

it.each([
  ['0', [0]],
  ['0-2,4', [0, 1, 2, 4]],
  ['4000-4001', [4000, 4001]],
  ['5-2', []],
  ['0-99999999', []],
])('the numbers of %s', (list, numbers) => expect(numbersOf(list)).toEqual(numbers));

it.each([
  ['5.10.0-8-amd64', '5.12', true],
  ['5.12.1', '5.12', false],
  ['6.1.0', '5.12', false],
  ['6.8', '6.9', true],
  ['4.19.0', '5.6', true],
])('%s against %s', (version, than, older) => expect(isOlder(version, than)).toBe(older));

describe('a path of the host', () => {
  const caller: Walker = { name: 'the caller', isCaller: true, uid: process.geteuid?.() ?? 0, gid: 0 };
  const stranger: Walker = { name: 'a stranger', isCaller: false, uid: 54_321, gid: 54_321 };

  beforeAll(() => {
    mkdirSync(join(place, 'open/closed/in'), { recursive: true });
    mkdirSync(join(place, 'dark'), { mode: 0o700 });
    writeFileSync(join(place, 'open/file'), '');
    symlinkSync('open', join(place, 'link'));
    symlinkSync('loop', join(place, 'loop'));
  });

  it.each([
    ['open/closed/in', undefined],
    ['link/closed/in', undefined],
    ['open/none/in', { element: 'open/none', code: 'ENOENT' }],
    ['open/file/in', { element: 'open/file', code: 'ENOTDIR' }],
    ['loop/in', { element: 'loop', code: 'ELOOP' }],
  ])('%s', (path, blocked) => {
    const walked = walk(join(place, path), caller);
    expect(walked.blocked).toEqual(blocked && { ...blocked, element: join(place, blocked.element) });
  });

  it('names the directory that lets nobody pass, and whose it is', () => {
    const { blocked } = walk(join(place, 'dark/in'), stranger);
    // mkdtemp makes what is for its owner alone, before all that is in it.
    expect(blocked).toMatchObject({ element: place, code: 'EACCES' });
    expect(modeText(blocked?.mode ?? 0)).toBe('drwx------');
  });

  it('reads a mode for who is owner, in the group, or neither', () => {
    const stat = { mode: 0o40750, uid: 1, gid: 2 } as Parameters<typeof may>[0];
    expect([1, 2, 3].map((uid) => may(stat, { uid, gid: uid }, 1))).toEqual([true, true, false]);
    expect(may(stat, { uid: 3, gid: 2 }, 2)).toBe(false);
  });
});

describe('a path of the container', () => {
  const root = join(place, 'rootfs');
  const bound = join(place, 'bound');
  const view = new View([
    { destination: '/', source: root },
    { destination: '/usr', source: bound },
    { destination: '/usr/tmp' },
    { destination: '/etc/name', source: join(place, 'name') },
  ]);

  beforeAll(() => {
    mkdirSync(join(root, 'etc'), { recursive: true });
    mkdirSync(join(bound, 'bin'), { recursive: true });
    writeFileSync(join(bound, 'bin/tool'), '');
    writeFileSync(join(place, 'name'), '');
    symlinkSync('usr/bin', join(root, 'bin'));
    symlinkSync('/../../../etc', join(root, 'up'));
    symlinkSync('/usr/bin/tool', join(root, 'etc/tool'));
    mkdirSync(join(root, 'usr'));
  });

  it.each([
    ['/bin/tool', { kind: 'found', path: '/usr/bin/tool', host: join(bound, 'bin/tool') }],
    ['/etc/tool', { kind: 'found', path: '/usr/bin/tool' }],
    ['/etc/name', { kind: 'found', host: join(place, 'name') }],
    ['/up/tool', { kind: 'found', path: '/usr/bin/tool' }],
    ['/../../etc', { kind: 'found', host: join(root, 'etc') }],
    ['/usr/tmp/x', { kind: 'unknown', mount: '/usr/tmp' }],
    ['/bin/none', { kind: 'missing', element: '/usr/bin/none', code: 'ENOENT', parent: join(bound, 'bin') }],
    ['/bin/tool/x', { kind: 'missing', element: '/usr/bin/tool', code: 'ENOTDIR' }],
  ])('%s', (path, found) => expect(view.resolve(path)).toMatchObject(found));
});
