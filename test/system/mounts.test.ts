// Where mounts go, and what they show.

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Patch, shell, Workplace } from './support/bundle.ts';
import { Inside } from './support/inside.ts';
import { leavesNothing } from './support/leftovers.ts';
import { done } from './support/mount.ts';
import { mountsOf } from './support/mountinfo.ts';
import { Orlop } from './support/orlop.ts';
import { linux, mount, process_ } from './support/patches.ts';

const place = new Workplace('mounts');
const orlop = new Orlop(place);
const container = new Inside(place, orlop);
afterAll(() => place.remove());
leavesNothing(place, () => orlop, { sweeps: true });

describe('a tmpfs', () => {
  it('has the size and mode asked for', () => {
    const lines = container.lines(
      'df -k /scratch | tail -n 1 | tr -s " " | cut -d" " -f2; stat -c %a /scratch; echo x > /scratch/file; cat /scratch/file',
      mount({ destination: '/scratch', type: 'tmpfs', source: 'tmpfs', options: ['size=4m', 'mode=1750', 'nosuid'] }),
    );
    expect(lines).toEqual(['4096', '1750', 'x']);
  });

  it.each<{ options: string[] }>([{ options: [] }, { options: ['ro'] }, { options: ['tmpcopyup'] }])(
    'has the mode of the directory that it covers, $options',
    ({ options }) => {
      const bundle = place.bundle(
        shell('stat -c %a /covered /new'),
        mount(
          { destination: '/covered', type: 'tmpfs', source: 'tmpfs', options },
          { destination: '/new', type: 'tmpfs', source: 'tmpfs', options },
        ),
      );
      mkdirSync(join(bundle.rootfs, 'covered'));
      chmodSync(join(bundle.rootfs, 'covered'), 0o2750);
      const made = options.includes('tmpcopyup') ? '755' : '1777';
      expect(orlop.run(bundle, place.id()).ok().lines).toEqual(['2750', made]);
    },
  );

  it('takes several options in one text, and a long source', () => {
    const source = 'x'.repeat(300);
    const type = 'tmpfs';
    const line = "touch /mnt3/file 2>&1 | tail -c 22; grep ' /mnt[12]' /proc/self/mountinfo | sed 's/.*- //'";
    expect(
      container.lines(
        line,
        mount({ destination: '/mnt1', type, source: 'one', options: ['size=64k,mode=700'] }),
        mount({ destination: '/mnt2', type, source, options: ['size=64k'] }),
        mount({ destination: '/mnt3', type, source, options: ['ro'] }, { destination: '/mnt3/below', type, source }),
      ),
    ).toEqual(['Read-only file system', 'tmpfs one rw,size=64k,mode=700', `tmpfs ${source} rw,size=64k`]);
  });
});

describe('an overlay', () => {
  const layers = (...names: string[]): string[] =>
    names.map((name) => {
      const path = place.path(`overlay-${place.id()}/${name}`);
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, 'file'), path);
      return path;
    });
  const overlay = (...options: string[]): Patch =>
    mount({ destination: '/mnt', type: 'overlay', source: 'overlay', options });

  it('of many layers, more than fsconfig takes for one value', () => {
    const lower = layers(...[1, 2, 3].map((n) => `${n}`.repeat(150)));
    expect(lower.join(':').length).toBeGreaterThan(400);
    const [upper, work] = layers('upper', 'work');
    rmSync(join(work as string, 'file'));
    rmSync(join(upper as string, 'file'));
    const line = 'cat /mnt/file; echo new > /mnt/new; grep -c " /mnt .*nosuid" /proc/self/mountinfo';
    const options = [`lowerdir=${lower.join(':')}`, `upperdir=${upper}`, `workdir=${work}`, 'nosuid'];
    expect(container.lines(line, overlay(...options))).toEqual([`${lower[0]}1`]);
    expect(readFileSync(join(upper as string, 'new'), 'utf8')).toBe('new\n');
  });

  it('with commas, which a backslash keeps together', () => {
    const lower = layers('a,b', 'c');
    const option = `lowerdir=${lower.join(':').replaceAll(',', '\\,')}`;
    expect(container.lines('cat /mnt/file', overlay(option))).toEqual([lower[0]]);
  });

  it('of more than mount takes is refused, and not cut off', () => {
    const lower = layers(...Array.from({ length: 20 }, (_, n) => `${n % 10}`.repeat(200 + n)));
    const result = orlop.run(place.bundle(overlay(`lowerdir=${lower.join(':')}`)), place.id());
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('fsconfig(filesystem, FSCONFIG_SET_STRING, "lowerdir", "');
    expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/mounts\/\d/);
    expect(result.stderr).toContain('all options together 4095');
  });
});

describe('a bind mount', () => {
  it('binds directories and files of the host', () => {
    const source = place.path('source');
    mkdirSync(join(source, 'below'), { recursive: true });
    writeFileSync(join(source, 'file'), 'of the host\n');
    const lines = container.lines(
      'cat /in/file /one; echo new > /in/new; echo no > /ro/new; cat /deep/er/file',
      process_({ args: [] }),
      mount(
        { destination: '/in', source, options: ['rbind'] },
        { destination: '/one', source: join(source, 'file'), type: 'bind', options: ['bind', 'ro'] },
        { destination: '/ro', source, options: ['bind', 'ro'] },
        { destination: '/deep/er', source, options: ['bind'] },
      ),
      shell('cat /in/file /one; echo new > /in/new; (echo no > /ro/no) 2>/dev/null || echo refused; cat /deep/er/file'),
    );
    expect(lines).toEqual(['of the host', 'of the host', 'refused', 'of the host']);
    expect(readFileSync(join(source, 'new'), 'utf8')).toBe('new\n');
    expect(existsSync(join(source, 'no'))).toBe(false);
  });

  it('binds from the bundle by a relative source', () => {
    const bundle = place.bundle(shell('cat /in'), mount({ destination: '/in', source: 'beside', options: ['bind'] }));
    writeFileSync(join(bundle.directory, 'beside'), 'beside\n');
    expect(orlop.run(bundle, place.id()).ok().lines).toEqual(['beside']);
  });

  it.each(['rbind', 'bind'])('has the root of the host with %s, not that of the container', (option) => {
    const source = place.path('in-the-root');
    mkdirSync(source, { recursive: true });
    const lines = container.lines(
      `stat -c "%d %i" /host; ls -d /host${source}; touch /usr/x 2>&1; ls -d /host/dev`,
      mount({ destination: '/host', source: '/', options: [option, 'ro'] }),
      linux({ readonlyPaths: ['/usr'] }),
    );
    const { dev, ino } = statSync('/');
    expect(lines).toEqual([`${dev} ${ino}`, `/host${source}`, 'touch: /usr/x: Read-only file system', '/host/dev']);
  });

  it('follows links of the root filesystem within it', () => {
    const bundle = place.bundle(
      shell('cat /var/in/file; ls /real'),
      mount({ destination: '/var/in', source: place.path('linked'), options: ['bind'] }),
    );
    mkdirSync(place.path('linked'), { recursive: true });
    writeFileSync(place.path('linked/file'), 'linked\n');
    mkdirSync(join(bundle.rootfs, 'real'));
    execFileSync('ln', ['-s', '../../../../real', join(bundle.rootfs, 'var')]);
    expect(orlop.run(bundle, place.id()).ok().lines).toEqual(['linked', 'in']);
  });
});

describe('the root filesystem', () => {
  it.each([
    [undefined, true],
    ['slave', true],
    ['rslave', true],
    ['shared', false],
    ['rprivate', false],
  ])('with rootfsPropagation %s: mounts of the host arrive: %s', (rootfsPropagation, arrives) => {
    const line = 'until [ -e /tmp/go ]; do sleep 0.02; done; ls /root; grep -c master: /proc/self/mountinfo';
    const bundle = place.bundle(shell(line), linux({ rootfsPropagation }));
    const late = join(bundle.rootfs, 'root');
    const from = place.path('late');
    mkdirSync(from, { recursive: true });
    writeFileSync(join(from, 'arrived'), '');
    done('mount', '--bind', bundle.directory, bundle.directory);
    try {
      done('mount', '--make-private', bundle.directory);
      done('mount', '--make-shared', bundle.directory);
      const id = place.id();
      const running = orlop.call(['run', '-d', '-b', bundle.directory, id]).ok();
      done('mount', '--bind', from, late);
      writeFileSync(join(bundle.rootfs, 'tmp/go'), '');
      orlop.call(['events', id], { timeout: 20_000 });
      done('umount', late);
      expect(running.lines).toEqual(arrives ? ['arrived', '2'] : ['0']);
      expect(readdirSync(late)).toEqual([]);
    } finally {
      done('umount', bundle.directory);
    }
  });
});

describe('a bind mount of what has mounts below', () => {
  const outer = place.path('outer');

  beforeEach(() => {
    mkdirSync(join(outer), { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', 'outer', outer]);
    execFileSync('mount', ['--make-shared', outer]);
    mkdirSync(join(outer, 'inner'));
    execFileSync('mount', ['-t', 'tmpfs', 'inner', join(outer, 'inner')]);
    writeFileSync(join(outer, 'inner/file'), 'inner\n');
  });

  afterEach(() => {
    execFileSync('umount', ['-R', outer]);
  });

  it('binds alone with bind and the tree with rbind', () => {
    const lines = container.lines(
      'ls -A /one/inner; echo -; cat /tree/inner/file',
      mount(
        { destination: '/one', source: outer, options: ['bind'] },
        { destination: '/tree', source: outer, options: ['rbind'] },
      ),
    );
    expect(lines).toEqual(['-', 'inner']);
  });

  it('makes one mount read-only with ro and the tree with rro', () => {
    const lines = container.lines(
      'for d in ro/inner rro rro/inner; do touch /$d/x 2>/dev/null && echo yes || echo no; done',
      mount(
        { destination: '/ro', source: outer, options: ['rbind', 'ro'] },
        { destination: '/rro', source: outer, options: ['rbind', 'rro'] },
      ),
    );
    expect(lines).toEqual(['yes', 'no', 'no']);
  });

  it.each([
    ['rprivate', /^$/],
    ['rslave', /^master:\d+$/],
    ['rshared', /^shared:\d+$/],
  ])('has the propagation %s', (propagation, tags) => {
    const seen = mountsOf(
      container.lines(
        'cat /proc/self/mountinfo',
        mount({ destination: '/tree', source: outer, options: ['rbind', propagation] }),
        linux({ rootfsPropagation: propagation === 'rshared' ? 'rshared' : 'rslave' }),
      ),
    );
    expect(seen.get('/tree')?.tags.join(' ')).toMatch(tags);
    expect(seen.get('/tree/inner')?.tags.join(' ')).toMatch(tags);
  });
});
