// copy-symlink, src-nofollow and dest-nofollow: what a mount does where its source or its destination is a link.

import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Bundle, type Mount, type Patch, shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { builds, Orlop, type Result } from './support/orlop.ts';
import { mount } from './support/patches.ts';

const UID = 300_000;

const place = new Workplace('links');
const file = place.path('file');
const directory = place.path('directory');
const link = place.path('link');
const linkToDirectory = place.path('link-to-directory');
const dangling = place.path('dangling');
writeFileSync(file, 'of the host\n');
mkdirSync(directory);
writeFileSync(join(directory, 'inside'), 'in the directory\n');
symlinkSync('file', link);
symlinkSync('directory', linkToDirectory);
symlinkSync('/no/where', dangling);

afterAll(() => place.remove());

const users: Patch = (config) => {
  config.linux.namespaces.push({ type: 'user' });
  config.linux.uidMappings = [{ containerID: 0, hostID: UID, size: 65536 }];
  config.linux.gidMappings = [{ containerID: 0, hostID: UID, size: 65536 }];
};

const bind = (source: string, destination: string, ...options: string[]): Mount => ({
  source,
  destination,
  options: ['bind', 'ro', ...options],
});

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);

  leavesNothing(place, () => orlop);

  const run = (bundle: Bundle): Result => orlop.run(bundle, place.id());
  const lines = (line: string, ...patches: Patch[]): string[] => run(place.bundle(shell(line), ...patches)).ok().lines;

  describe('copy-symlink', () => {
    it('makes a link again, be there something behind it or not', () => {
      const bundle = place.bundle(
        shell(
          'for link in /copied /etc/deep/er /no; do readlink $link; done; grep -cE " /(copied|etc/deep/er|no) " /proc/mounts',
        ),
        mount(
          bind(link, '/copied', 'copy-symlink'),
          bind(linkToDirectory, '/etc/deep/er', 'copy-symlink'),
          bind(dangling, '/no', 'copy-symlink'),
        ),
      );
      const expected = ['file', 'directory', '/no/where', '0'];
      expect(run(bundle).lines).toEqual(expected);
      // It is in the root filesystem now, and the next start finds it there.
      expect(readlinkSync(join(bundle.rootfs, 'copied'))).toBe('file');
      const again = run(bundle);
      expect(again.stderr).toBe('');
      expect(again.lines).toEqual(expected);
    });

    it('binds whatever is no link', () => {
      const patch = mount(bind(file, '/file', 'copy-symlink'), bind(directory, '/directory', 'copy-symlink'));
      expect(lines('cat /file /directory/inside', patch)).toEqual(['of the host', 'in the directory']);
    });

    it.each([
      { name: 'a file', put: (path: string) => writeFileSync(path, 'kept'), says: 'something else is there' },
      { name: 'another link', put: (path: string) => symlinkSync('other', path), says: 'it leads to other there' },
      { name: 'a directory', put: (path: string) => mkdirSync(path), says: 'something else is there' },
    ])('replaces nothing: $name is there', ({ put, says }) => {
      const bundle = place.bundle(mount(bind(link, '/etc/copied', 'copy-symlink')));
      const path = join(bundle.rootfs, 'etc/copied');
      put(path);
      const { ino } = lstatSync(path);
      const result = run(bundle);
      expect(result.stderr).toContain(`copy-symlink: ${link} is a link to file, and /etc/copied exists: ${says}`);
      expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/mounts\/7/);
      expect(result.status).toBe(1);
      expect(lstatSync(path).ino).toBe(ino);
    });
  });

  describe('src-nofollow', () => {
    it('binds a link itself', () => {
      const patch = mount(bind(link, '/etc/bound', 'src-nofollow'), bind(dangling, '/etc/no', 'src-nofollow'));
      const line = 'readlink /etc/bound; readlink /etc/no; grep -cE " /etc/(bound|no) " /proc/mounts';
      expect(lines(line, patch)).toEqual(['file', '/no/where', '2']);
    });

    it('binds whatever is no link', () => {
      const patch = mount(bind(file, '/file', 'src-nofollow'), bind(directory, '/directory', 'src-nofollow'));
      expect(lines('cat /file /directory/inside', patch)).toEqual(['of the host', 'in the directory']);
    });

    it('binds what a link leads to without it', () => {
      expect(lines('cat /file', mount(bind(link, '/file')))).toEqual(['of the host']);
    });
  });

  describe('dest-nofollow', () => {
    const linked = (to: string, ...patches: Patch[]): Bundle => {
      const bundle = place.bundle(...patches);
      symlinkSync(to, join(bundle.rootfs, 'etc/link'));
      return bundle;
    };

    it('covers the link itself', () => {
      const bundle = linked(
        '/tmp/target',
        shell('cat /etc/link; [ -L /etc/link ] || echo no link; cat /tmp/target'),
        mount(bind(file, '/etc/link', 'dest-nofollow')),
      );
      bundle.write('tmp/target', 'the target\n');
      expect(run(bundle).ok().lines).toEqual(['of the host', 'no link', 'the target']);
      expect(readlinkSync(join(bundle.rootfs, 'etc/link'))).toBe('/tmp/target');
    });

    it('makes nothing where the link leads to', () => {
      const bundle = linked('/tmp/none', shell('cat /etc/link'), mount(bind(file, '/etc/link', 'dest-nofollow')));
      expect(run(bundle).ok().lines).toEqual(['of the host']);
      expect(existsSync(join(bundle.rootfs, 'tmp/none'))).toBe(false);
    });

    it('covers what the link leads to without it', () => {
      const bundle = linked('/tmp/target', shell('cat /tmp/target'), mount(bind(file, '/etc/link')));
      expect(run(bundle).ok().lines).toEqual(['of the host']);
    });

    it('makes what is not there', () => {
      expect(lines('cat /new/file', mount(bind(file, '/new/file', 'dest-nofollow')))).toEqual(['of the host']);
    });

    it('puts one link on another', () => {
      const patch = mount(bind(link, '/etc/link', 'dest-nofollow', 'src-nofollow'));
      expect(run(linked('elsewhere', shell('readlink /etc/link'), patch)).ok().lines).toEqual(['file']);
    });

    it.each([
      bind(directory, '/etc/link', 'dest-nofollow'),
      { destination: '/etc/link', type: 'tmpfs', source: 'tmpfs', options: ['dest-nofollow'] },
    ])('says where a directory cannot be put on a link: %j', (entry) => {
      const result = run(linked('/tmp', mount(entry)));
      expect(result.stderr).toMatch(/failed: ENOTDIR .*openat2\(root, "etc\/link", .*O_NOFOLLOW/);
      expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/mounts\/7/);
      expect(result.status).toBe(1);
    });
  });

  it('does all three with a user namespace', () => {
    const bundle = place.bundle(
      users,
      shell('readlink /copied; readlink /etc/bound; cat /etc/link; stat -c %u /copied'),
      mount(
        bind(link, '/copied', 'copy-symlink'),
        bind(link, '/etc/bound', 'src-nofollow'),
        bind(file, '/etc/link', 'dest-nofollow'),
      ),
    );
    for (const path of ['', 'etc', 'tmp', 'dev', 'root']) chownSync(join(bundle.rootfs, path), UID, UID);
    symlinkSync('/tmp/target', join(bundle.rootfs, 'etc/link'));
    expect(run(bundle).ok().lines).toEqual(['file', 'file', 'of the host', '0']);
    expect(run(bundle).ok().lines).toEqual(['file', 'file', 'of the host', '0']);
  });

  it('says which mount has no source to open', () => {
    const bundle = place.bundle(
      shell('cat /proc/mounts'),
      mount({ destination: '/data', type: 'tmpfs', source: 'tmpfs', options: ['src-nofollow', 'size=64k'] }),
    );
    const result = run(bundle).ok();
    expect(result.stderr).toContain('"src-nofollow" is about the source of a bind mount and has no effect here');
    expect(
      readFileSync(bundle.config, 'utf8').split('\n')[Number(/json:(\d+):/.exec(result.stderr)?.[1]) - 1],
    ).toContain('src-nofollow');
  });
});
