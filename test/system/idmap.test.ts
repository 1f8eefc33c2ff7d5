// Id-mapped mounts: runtime-spec config.md#mounts, idmap and ridmap; man 2 mount_setattr.

import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Patch, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, Orlop, type Result } from './support/orlop.ts';

const place = new Workplace('idmap');
let orlop = new Orlop(place);
let before: Snapshot;

/** On disk: files of 0, 5 and 1000, and below another mount of the same filesystem, with a file of 6. */
const source = place.path('source');
const below = place.path('below');
const owner = (path: string): number[] => [statSync(path).uid, statSync(path).gid];

function fill(): void {
  mkdirSync(join(source, 'below'), { recursive: true });
  mkdirSync(below);
  for (const [path, uid] of [
    [join(source, 'zero'), 0],
    [join(source, 'five'), 5],
    [join(source, 'thousand'), 1000],
    [join(below, 'six'), 6],
  ] as const) {
    writeFileSync(path, '');
    chownSync(path, uid, uid);
  }
  chmodSync(source, 0o777);
  expect(spawnSync('mount', ['--bind', below, join(source, 'below')]).status).toBe(0);
}

fill();
afterAll(() => {
  spawnSync('umount', [join(source, 'below')]);
  place.remove();
});
beforeEach(() => {
  before = snapshot(place, orlop);
});
afterEach(async () => {
  for (const left of orlop.call(['list', '-q']).stdout.split('\n').filter(Boolean)) {
    orlop.call(['delete', '--force', left]).ok();
  }
  await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
});

const HOST = 300_000;
const range = (containerID: number, hostID: number, size: number) => [{ containerID, hostID, size }];

const users: Patch = (config) => {
  config.linux.namespaces.push({ type: 'user' });
  config.linux.uidMappings = range(0, HOST, 65536);
  config.linux.gidMappings = range(0, HOST, 65536);
};

/** The mount on /in, with `mapped` ids of its own. */
const mount =
  (options: string[], mapped?: ReturnType<typeof range>, destination = '/in'): Patch =>
  (config) => {
    const mappings = mapped === undefined ? {} : { uidMappings: mapped, gidMappings: mapped };
    config.mounts.push({ destination, source, options, ...mappings });
  };

const LINE = 'cd /in; for one in zero five thousand below/six; do stat -c "%n %u:%g" $one; done';

function run(line: string, ...patches: Patch[]): Result {
  const bundle = place.bundle(...patches, shell(line));
  for (const path of ['.', 'dev', 'tmp']) chownSync(join(bundle.rootfs, path), HOST, HOST);
  return orlop.run(bundle, place.id());
}

const lines = (...patches: Patch[]): string[] => run(LINE, ...patches).ok().lines;

describe.each(builds())('$name', (build) => {
  beforeEach(() => {
    orlop = new Orlop(place, build);
    before = snapshot(place, orlop);
  });

  it('without it the ids are those of the host', () => {
    expect(lines(users, mount(['rbind']))).toEqual([
      'zero 65534:65534',
      'five 65534:65534',
      'thousand 65534:65534',
      'below/six 65534:65534',
    ]);
  });

  it('idmap takes the mappings of the container: what is 0 on disk is 0 inside', () => {
    expect(lines(users, mount(['rbind', 'idmap']))).toEqual([
      'zero 0:0',
      'five 5:5',
      'thousand 1000:1000',
      'below/six 65534:65534',
    ]);
  });

  it('ridmap reaches the mounts below', () => {
    expect(lines(users, mount(['rbind', 'ridmap']))).toEqual([
      'zero 0:0',
      'five 5:5',
      'thousand 1000:1000',
      'below/six 6:6',
    ]);
  });

  it('mappings of its own, with and without a user namespace', () => {
    const shifted = range(0, HOST + 2000, 10);
    expect(lines(users, mount(['rbind', 'ridmap'], shifted))).toEqual([
      'zero 2000:2000',
      'five 2005:2005',
      'thousand 65534:65534',
      'below/six 2006:2006',
    ]);
    expect(lines(mount(['rbind', 'ridmap'], shifted))).toEqual([
      `zero ${HOST + 2000}:${HOST + 2000}`,
      `five ${HOST + 2005}:${HOST + 2005}`,
      'thousand 65534:65534',
      `below/six ${HOST + 2006}:${HOST + 2006}`,
    ]);
  });

  it('several mounts, alike and not', () => {
    const done = run(
      'stat -c %u /a/five /b/five /c/five',
      users,
      mount(['rbind', 'idmap'], range(0, HOST, 10), '/a'),
      mount(['rbind', 'idmap'], range(0, HOST, 10), '/b'),
      mount(['rbind', 'idmap'], range(0, HOST + 100, 10), '/c'),
    );
    expect(done.ok().lines).toEqual(['5', '5', '105']);
  });

  it('what is made through it belongs to the id of the disk', () => {
    const line = 'touch /in/made && chown 7:8 /in/made && stat -c %u:%g /in/made';
    const capable: Patch = (config) => {
      const all = ['CAP_CHOWN'];
      config.process.capabilities = { bounding: all, effective: all, permitted: all };
    };
    expect(run(line, users, capable, mount(['rbind', 'idmap'])).ok().stdout).toBe('7:8\n');
    expect(owner(join(source, 'made'))).toEqual([7, 8]);
    // Who has no id on the disk makes nothing there.
    const refused = run('touch /in/other', users, mount(['rbind', 'idmap'], range(0, HOST + 1, 1)));
    expect(refused.status).not.toBe(0);
    spawnSync('rm', [join(source, 'made')]);
  });

  it('read-only, and other attributes with it', () => {
    const done = run(
      'touch /in/made; grep " /in " /proc/self/mountinfo | cut -d" " -f6',
      users,
      mount(['rbind', 'idmap', 'ro', 'nosuid']),
    );
    expect(done.stderr).toContain('Read-only file system');
    expect(done.stdout).toContain('ro,nosuid');
  });

  it('in a user namespace that is joined', () => {
    const id = place.id();
    const bundle = place.bundle(users, shell('sleep 1000'));
    for (const path of ['.', 'dev']) chownSync(join(bundle.rootfs, path), HOST, HOST);
    orlop.run(bundle, id, '-d').ok();
    const { pid } = orlop.state(id);
    const joined: Patch = (config) => {
      config.linux.namespaces.push({ type: 'user', path: `/proc/${pid}/ns/user` });
    };
    expect(lines(joined, mount(['rbind', 'idmap'])).slice(0, 2)).toEqual(['zero 0:0', 'five 5:5']);
  });

  it('a filesystem that cannot is said, with the place', () => {
    const done = run('true', users, (config) => {
      config.mounts.push({ destination: '/in', source: '/proc', options: ['bind', 'idmap'] });
    });
    expect(done.status).toBe(1);
    expect(done.stderr).toMatch(/open \/proc failed: EINVAL .*mount_setattr\(tree.*MOUNT_ATTR_IDMAP/);
    expect(done.stderr).toContain('/mounts/7');
    expect(done.stderr).toContain('this filesystem cannot map the ids of a mount');
  });

  it('mappings without the option are carried out, and warned of', () => {
    const log = place.path('log');
    const bundle = place.bundle(shell('stat -c %u /in/five'), mount(['bind'], range(0, HOST, 10)));
    const done = orlop.call(['--log', log, 'run', '-b', bundle.directory, place.id()]);
    expect(done.ok().stdout).toBe(`${HOST + 5}\n`);
    expect(spawnSync('cat', [log], { encoding: 'utf8' }).stdout).toContain('mappings without the option idmap');
  });
});
