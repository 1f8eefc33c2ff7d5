// tmpcopyup: a tmpfs that starts with what the image has at its place.

import {
  chmodSync,
  chownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { getAttribute, setAttribute } from '../../src/linux/xattr.ts';
import { type Bundle, type Patch, shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { builds, Orlop, type Result } from './support/orlop.ts';

const place = new Workplace('tmpcopyup');
afterAll(() => place.remove());

const copyUp =
  (...options: string[]): Patch =>
  (config) => {
    config.mounts.push({ destination: '/data', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup', ...options] });
  };

const capable: Patch = (config) => {
  const capabilities = ['CAP_MKNOD', 'CAP_DAC_OVERRIDE'];
  config.process.capabilities = { bounding: capabilities, effective: capabilities, permitted: capabilities };
};

function attempt(what: () => void): void {
  try {
    what();
  } catch (error) {
    console.warn(`*** ${(error as Error).message} ***`);
  }
}

/** /data of the root filesystem. */
function fill(bundle: Bundle): string {
  const data = join(bundle.rootfs, 'data');
  mkdirSync(join(data, 'sub/deep'), { recursive: true });
  return data;
}

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);

  leavesNothing(place, () => orlop, { sweeps: true });

  function run(bundle: Bundle): Result {
    return orlop.run(bundle, place.id());
  }

  it('has contents, modes, owners, times and links as they are', () => {
    const bundle = place.bundle(
      shell(
        'cd /data; stat -c "%n|%F|%a|%u:%g|%Y" . $(find . -mindepth 1 | sort); cat sub/deep/file; readlink sub/link; readlink absolute; stat -f -c %T .',
      ),
      copyUp(),
    );
    const data = fill(bundle);
    writeFileSync(join(data, 'sub/deep/file'), 'text\n');
    chownSync(join(data, 'sub/deep/file'), 1000, 1001);
    chmodSync(join(data, 'sub/deep/file'), 0o4755);
    chmodSync(join(data, 'sub'), 0o1777);
    chownSync(data, 5, 6);
    chmodSync(data, 0o2755);
    symlinkSync('../../../etc/passwd', join(data, 'sub/link'));
    symlinkSync('/etc', join(data, 'absolute'));
    lutimesSync(join(data, 'absolute'), 1, 1000003);
    for (const [path, time] of [
      ['sub/deep/file', 1000000],
      ['sub/deep', 1000001],
      ['sub', 1000002],
      ['', 1000004],
    ] as const) {
      utimesSync(join(data, path), 1, time);
    }
    lutimesSync(join(data, 'sub/link'), 1, 1000005);
    utimesSync(join(data, 'sub'), 1, 1000002);
    const result = run(bundle).ok();
    expect(result.stderr).toBe('');
    expect(result.lines).toEqual([
      '.|directory|2755|5:6|1000004',
      './absolute|symbolic link|777|0:6|1000003',
      './sub|directory|1777|0:0|1000002',
      './sub/deep|directory|755|0:0|1000001',
      './sub/deep/file|regular file|4755|1000:1001|1000000',
      './sub/link|symbolic link|777|0:0|1000005',
      'text',
      '../../../etc/passwd',
      '/etc',
      'tmpfs',
    ]);
  });

  // Only mount(2) knows it, and what it mounts is on the old root's /proc for a moment.
  it.each(['private', 'shared'])('goes with iversion, where the root is %s', (propagation) => {
    const bundle = place.bundle(
      shell('ls /data; cat /data/sub/file; touch /data/new; grep -c " /data " /proc/mounts; ls -d /proc/1'),
      copyUp('iversion', 'size=64k', 'noexec', 'rnosuid', 'rprivate'),
      (config) => {
        config.linux.rootfsPropagation = propagation;
      },
    );
    writeFileSync(join(fill(bundle), 'sub/file'), 'text\n');
    expect(run(bundle).ok().lines).toEqual(['sub', 'text', '1', '/proc/1']);
    bundle.configure(shell('grep " /data " /proc/mounts'), copyUp('iversion', 'size=64k', 'noexec', 'rnosuid'));
    expect(run(bundle).ok().stdout).toMatch(/ \/data tmpfs rw,nosuid,noexec,.*size=64k/);
    expect(readdirSync(join(bundle.rootfs, 'data'))).toEqual(['sub']);
  });

  it('is a copy: what is written stays in the container', () => {
    const bundle = place.bundle(shell('echo new > /data/file; rm -r /data/sub; ls /data; cat /data/file'), copyUp());
    const data = fill(bundle);
    writeFileSync(join(data, 'file'), 'old');
    expect(run(bundle).ok().lines).toEqual(['file', 'new']);
    expect([readFileSync(join(data, 'file'), 'utf8'), readdirSync(data).sort()]).toEqual(['old', ['file', 'sub']]);
  });

  it('copies links and never follows them, the destination itself within the root only', () => {
    const secret = place.path(`secret-${place.id()}`);
    mkdirSync(secret);
    writeFileSync(join(secret, 'file'), 'of the host');
    const bundle = place.bundle(shell('cd /data; ls -A; readlink out; readlink outfile; ls /real'), copyUp());
    // /data → the host's absolute path, which inside the root is another directory
    symlinkSync(`/real${secret}`, join(bundle.rootfs, 'data'));
    mkdirSync(join(bundle.rootfs, 'real', secret), { recursive: true });
    symlinkSync(secret, join(bundle.rootfs, 'real', secret, 'out'));
    symlinkSync(join(secret, 'file'), join(bundle.rootfs, 'real', secret, 'outfile'));
    expect(run(bundle).ok().lines).toEqual(['out', 'outfile', secret, join(secret, 'file'), secret.split('/')[1]]);
  });

  it('copies devices, FIFOs and names of any bytes', () => {
    const script = 'cd /data; mknod null c 1 3; chmod 666 null; mkfifo pipe; printf x > "$(printf "\\377")"';
    const bundle = place.bundle(shell(script), capable);
    fill(bundle);
    run(bundle).ok();
    bundle.configure(
      shell('cd /data; stat -c "%n|%F|%a|%t:%T" null pipe; ls | wc -l; cat "$(printf "\\377")"'),
      copyUp(),
    );
    expect(run(bundle).ok().lines).toEqual(['null|character special file|666|1:3', 'pipe|fifo|644|0:0', '4', 'x']);
  });

  it('keeps extended attributes: file capabilities, access lists, labels', () => {
    const bundle = place.bundle(copyUp(), capable, shell('sleep 1000'));
    const data = fill(bundle);
    writeFileSync(join(data, 'program'), 'x', { mode: 0o755 });
    // CAP_NET_RAW, permitted and effective, of version 2; an access list with user 5; <linux/capability.h>, <linux/posix_acl_xattr.h>
    const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
    const acl = Buffer.from(
      '0200000001000600ffffffff0200040005000000040004' + '00ffffffff10000600ffffffff20000000ffffffff',
      'hex',
    );
    const attributes: [string, string, Buffer][] = [
      ['program', 'security.capability', capability],
      ['program', 'system.posix_acl_access', acl],
      ['sub', 'trusted.orlop', Buffer.from('of a directory')],
      ['.', 'trusted.orlop', Buffer.from('of the top')],
    ];
    for (const [name, attribute, value] of attributes) setAttribute(Buffer.from(join(data, name)), attribute, value);
    // Not every filesystem, and not every kernel's tmpfs, has those of users.
    attempt(() => setAttribute(Buffer.from(join(data, 'program')), 'user.note', Buffer.from('mine')));
    const id = place.id();
    orlop.run(bundle, id, '-d').ok();
    const copy = `/proc/${orlop.state(id).pid}/root/data`;
    for (const [name, attribute, value] of attributes) {
      expect(getAttribute(Buffer.from(join(copy, name)), attribute), `${name} ${attribute}`).toEqual(value);
    }
    orlop.call(['delete', '--force', id]).ok();
  });

  it('copies large files and hard links whole', () => {
    const bundle = place.bundle(
      shell('cd /data; md5sum large again | cut -d" " -f1 | uniq | wc -l; wc -c < large'),
      copyUp(),
    );
    const data = fill(bundle);
    writeFileSync(join(data, 'large'), Buffer.alloc((3 << 20) + 17, 'abcdefg'));
    linkSync(join(data, 'large'), join(data, 'again'));
    expect(run(bundle).ok().lines).toEqual(['1', String((3 << 20) + 17)]);
  });

  it('copies what is mounted there already', () => {
    const source = place.path(`source-${place.id()}`);
    mkdirSync(source);
    writeFileSync(join(source, 'file'), 'bound');
    const bundle = place.bundle(
      shell('cat /data/file; echo more > /data/other'),
      (config) => {
        config.mounts.push({ destination: '/data', source, options: ['bind'] });
      },
      copyUp(),
    );
    expect(run(bundle).ok().stdout).toBe('bound');
    expect(readdirSync(source)).toEqual(['file']);
  });

  it('is empty where nothing is', () => {
    const bundle = place.bundle(shell('ls -A /data; stat -c %a /data'), copyUp());
    expect(run(bundle).ok().lines).toEqual(['755']);
  });

  it('has the options of the mount before those of the directory', () => {
    const bundle = place.bundle(
      shell('stat -c "%a %u:%g" /data; grep " /data " /proc/self/mountinfo; cat /data/file; touch /data/x 2>&1; true'),
      copyUp('mode=711', 'uid=7', 'size=64k', 'ro', 'noexec'),
    );
    const data = fill(bundle);
    chownSync(data, 1, 2);
    writeFileSync(join(data, 'file'), 'text\n');
    const [stat, mount, text, touch] = run(bundle).ok().lines;
    expect(stat).toBe('711 7:2');
    expect(mount).toMatch(/ ro,noexec.* - tmpfs tmpfs rw,size=64k,mode=711/);
    expect([text, touch]).toEqual(['text', expect.stringContaining('Read-only file system')]);
  });

  it('can be read-only with rro', () => {
    const bundle = place.bundle(shell('ls /data; touch /data/x 2>&1; true'), copyUp('rro'));
    fill(bundle);
    expect(run(bundle).ok().lines).toEqual(['sub', expect.stringContaining('Read-only file system')]);
  });

  it('works more than once', () => {
    const bundle = place.bundle(shell('cat /data/file /etc/file'), copyUp(), (config) => {
      config.mounts.push({ destination: '/etc', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup', 'nodev'] });
    });
    writeFileSync(join(fill(bundle), 'file'), 'one');
    bundle.write('etc/file', 'two');
    expect(run(bundle).ok().stdout).toBe('onetwo');
  });

  it.each([
    {
      name: 'is full',
      arrange: (data: string) => writeFileSync(join(data, 'sub/large'), Buffer.alloc(1 << 20)),
      options: ['size=64k'],
      says: ['copy of /data into its tmpfs failed: "sub/large": write: ENOSPC', 'size='],
    },
    {
      name: 'is too deep',
      arrange: (data: string) => mkdirSync(join(data, 'd/'.repeat(600)), { recursive: true }),
      options: [],
      says: ['copy of /data into its tmpfs failed: "d/d/d', 'more than 500 levels deep'],
    },
  ])('says where and why, if it $name', ({ arrange, options, says }) => {
    const bundle = place.bundle(copyUp(...options));
    arrange(fill(bundle));
    const result = run(bundle);
    for (const said of says) expect(result.stderr).toContain(said);
    expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/mounts\/7/);
    expect(result.status).toBe(1);
  });

  it.each([{ type: 'proc' }, { source: '/etc', options: ['bind', 'tmpcopyup'] }])('is refused for %j', (mount) => {
    const bundle = place.bundle((config) => {
      config.mounts.push({ destination: '/data', source: 'x', options: ['tmpcopyup'], ...mount });
    });
    const result = run(bundle);
    expect(result.stderr).toContain('tmpcopyup copies into a new tmpfs');
    expect(result.stderr).toContain('/mounts/7');
    expect(result.status).toBe(1);
  });
});
