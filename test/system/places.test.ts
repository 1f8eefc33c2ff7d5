// Where things are mounted in the root filesystem: through links, and through links to what is not there yet.

import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Bundle, type Mount, type Patch, shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { Orlop, type Result } from './support/orlop.ts';

const hasRunc = spawnSync('runc', ['--version']).status === 0;
if (!hasRunc) console.warn('\n*** runc is missing: nothing is compared. apt-get install runc ***\n');

const place = new Workplace('places');
const orlop = new Orlop(place);
/** A directory with a file, and a file, to bind. */
const tree = place.path('tree');
const file = place.path('file');

afterAll(() => place.remove());
beforeEach(() => {
  mkdirSync(tree, { recursive: true });
  writeFileSync(join(tree, 'inside'), 'tree\n');
  writeFileSync(file, 'file\n');
});
leavesNothing(place, () => orlop);

const bind = (source: string, destination: string): Mount => ({ source, destination, options: ['bind', 'ro'] });

/** A bundle with these links in its root filesystem, which are made in order. */
function linked(links: Record<string, string>, mounts: Mount[], line: string, ...patches: Patch[]): Bundle {
  const bundle = place.bundle(
    shell(line),
    (config) => {
      config.mounts.push(...mounts);
    },
    ...patches,
  );
  for (const [name, target] of Object.entries(links)) {
    mkdirSync(join(bundle.rootfs, name, '..'), { recursive: true });
    symlinkSync(target, join(bundle.rootfs, name));
  }
  return bundle;
}

/** What is in the root filesystem beside busybox. Files that were made to mount on are 0644; runc may make them executable. */
function listing(bundle: Bundle, directory = ''): string[] {
  return readdirSync(join(bundle.rootfs, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (path === 'bin') return [];
    const stat = lstatSync(join(bundle.rootfs, path));
    const what = stat.isFile() ? `${stat.size} bytes` : stat.mode.toString(8);
    const line = `${path} ${stat.uid} ${stat.gid} ${what}`;
    return entry.isDirectory() ? [line, ...listing(bundle, path)] : [line];
  });
}

interface Case {
  name: string;
  links: Record<string, string>;
  mounts: Mount[];
  /** Paths of the root filesystem that are there in the end. */
  made: string[];
  line: string;
  output: string;
}

const CASES: Case[] = [
  {
    name: 'a file through a link into a directory that is not there',
    links: { 'etc/resolv.conf': '../run/systemd/resolve/stub-resolv.conf' },
    mounts: [bind(file, '/etc/resolv.conf')],
    made: ['run/systemd/resolve/stub-resolv.conf'],
    line: 'cat /etc/resolv.conf /run/systemd/resolve/stub-resolv.conf',
    output: 'file\nfile\n',
  },
  {
    name: 'a file through an absolute link in a directory that is there',
    links: { 'etc/one': '/etc/other' },
    mounts: [bind(file, '/etc/one')],
    made: ['etc/other'],
    line: 'cat /etc/other',
    output: 'file\n',
  },
  {
    name: 'a directory below a link to nothing',
    links: { 'var/run': '/run' },
    mounts: [bind(tree, '/var/run/deep/er')],
    made: ['run/deep/er'],
    line: 'cat /run/deep/er/inside',
    output: 'tree\n',
  },
  {
    name: 'a tmpfs through links that lead above the root',
    links: { 'var/a': '../../../../b/../c', 'c/x': 'y/z', c2: 'c' },
    mounts: [{ destination: '/c2/x/data', type: 'tmpfs', source: 'tmpfs', options: ['mode=700'] }],
    made: ['c/y/z/data'],
    line: 'stat -c "%a %T" /c/y/z/data; stat -f -c %T /c/y/z/data',
    output: '700 0\ntmpfs\n',
  },
  {
    name: 'two things behind the same link',
    links: { 'var/lock': '/run/lock' },
    mounts: [bind(tree, '/var/lock/a'), bind(file, '/var/lock/b')],
    made: ['run/lock/a', 'run/lock/b'],
    line: 'cat /run/lock/a/inside /var/lock/b',
    output: 'tree\nfile\n',
  },
  {
    name: 'a place in a tmpfs that was mounted before',
    links: { 'var/run': '/run' },
    mounts: [{ destination: '/run', type: 'tmpfs', source: 'tmpfs' }, bind(file, '/var/run/a/b')],
    made: [],
    line: 'cat /run/a/b',
    output: 'file\n',
  },
];

describe.each(CASES)('$name', ({ links, mounts, made, line, output }) => {
  it('is mounted where the link leads', () => {
    const bundle = linked(links, mounts, line);
    expect(orlop.run(bundle, place.id()).ok().stdout).toBe(output);
    for (const path of made) expect(existsSync(join(bundle.rootfs, path)), path).toBe(true);
    for (const link of Object.keys(links))
      expect(lstatSync(join(bundle.rootfs, link)).isSymbolicLink(), link).toBe(true);
  });

  it.skipIf(!hasRunc)('as under runc, with the same files', () => {
    const [ours, theirs] = [linked(links, mounts, line), linked(links, mounts, line)];
    orlop.run(ours, place.id()).ok();
    const done = spawnSync('runc', ['--root', place.path('runc'), 'run', '-b', theirs.directory, place.id()]);
    expect(done.stdout.toString()).toBe(output);
    expect(listing(ours)).toEqual(listing(theirs));
  });
});

describe('nothing of the host is reached', () => {
  const outside = place.path('outside');

  it.each([
    ['an absolute link', (): string => outside],
    ['a link upwards', (): string => `../../../../../../../../../..${outside}`],
    ['a magic link', (): string => `/proc/self/root${outside}`],
    ['a magic link of init', (): string => `/proc/1/root${outside}`],
    ['a descriptor', (): string => '/proc/self/fd/3/made'],
  ])('by %s', (_name, target) => {
    for (const mounts of [[bind(file, '/etc/link')], [bind(tree, '/etc/link/below')]]) {
      const result: Result = orlop.run(linked({ 'etc/link': target() }, mounts, 'true'), place.id());
      expect(existsSync(outside)).toBe(false);
      if (result.status !== 0) expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/mounts\/\d+/);
    }
  });
});

describe('an error', () => {
  function refused(bundle: Bundle): string {
    const result = orlop.run(bundle, place.id());
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/mounts\/7/);
    return result.stderr;
  }

  it('for links that lead to each other', () => {
    expect(refused(linked({ 'etc/a': 'b', 'etc/b': 'a' }, [bind(file, '/etc/a')], 'true'))).toContain('ELOOP');
  });

  it('for a link below a file', () => {
    const bundle = linked({ 'etc/a': '/etc/file/x' }, [bind(file, '/etc/a')], 'true');
    bundle.write('etc/file', '');
    expect(refused(bundle)).toContain('ENOTDIR');
  });

  it('where it leads into what is read-only', () => {
    const bundle = linked(
      { 'etc/a': '/locked/x/y' },
      [
        { destination: '/locked', source: tree, options: ['bind', 'ro'] },
        { destination: '/etc/a', source: file, options: ['bind'] },
      ],
      'true',
    );
    const result = orlop.run(bundle, place.id());
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('/etc/a cannot be made in the root filesystem: EROFS (Read-only file system)');
    expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/mounts\/8/);
    expect(result.stderr).toContain('make it in the image');
    expect(statSync(tree).isDirectory() && readdirSync(tree)).toEqual(['inside']);
  });

  it('for a name that no filesystem has', () => {
    expect(refused(linked({ 'etc/a': 'x'.repeat(300) }, [bind(file, '/etc/a')], 'true'))).toMatch(/ENAMETOOLONG/);
  });
});
