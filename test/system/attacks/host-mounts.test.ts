// man 7 mount_namespaces, "Restrictions on mount namespaces": what the host has made of a mount, or covered by one, a
// container's root may not undo in its own user namespace, whatever its capabilities. A copy of a tree has these locks
// only where the copy is made in a mount namespace that belongs to that user namespace.

import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isOlder } from '../../../src/container/check/kernel.ts';
import { type Bundle, type Patch, shell, Workplace } from '../support/bundle.ts';
import { leavesNothing } from '../support/leftovers.ts';
import { done, mountTmpfs } from '../support/mount.ts';
import { Orlop, type Result, until } from '../support/orlop.ts';

const place = new Workplace('host-mounts');
const orlop = new Orlop(place);

afterAll(() => place.remove());
leavesNothing(place, () => orlop, { sweeps: true });

const HOST = 300_000;
const RANGE = [{ containerID: 0, hostID: HOST, size: 65536 }];

const { capabilities } = JSON.parse(orlop.call(['features']).ok().stdout).linux;

/** All power. */
const almighty: Patch = (config) => {
  for (const set of ['bounding', 'permitted', 'effective']) config.process.capabilities[set] = capabilities;
};

/** All power in its own user namespace. */
const users: Patch = (config) => {
  almighty(config);
  config.linux.namespaces.push({ type: 'user' });
  config.linux.uidMappings = RANGE;
  config.linux.gidMappings = RANGE;
};

const mount =
  (...options: string[]): Patch =>
  (config) =>
    void config.mounts.push({ destination: '/data', source, options });

/**
 * A filesystem of the host, which is read-only, and so on, as a mount only: the container's root owns what is in it.
 * Below it another one covers a secret.
 */
let source: string;

beforeEach(() => {
  source = place.path(`source-${place.id()}`);
  mkdirSync(source);
  mountTmpfs(source, `uid=${HOST}`);
  done('mount', '--make-private', source);
  mkdirSync(join(source, 'below'), { mode: 0o777 });
  writeFileSync(join(source, 'below/secret'), 'secret\n');
  mountTmpfs(join(source, 'below'));
  done('mount', '-o', 'remount,bind,ro,nosuid,nodev,noexec,relatime', source);
});
afterEach(() => {
  done('umount', '-R', source);
  rmSync(source, { recursive: true });
});

/** Each is undone by itself, so that one lock does not stand in for another. */
const UNDO = [
  'rw,nosuid,nodev,noexec,relatime',
  'ro,suid,nodev,noexec,relatime',
  'ro,nosuid,dev,noexec,relatime',
  'ro,nosuid,nodev,exec,relatime',
  'ro,nosuid,nodev,noexec,noatime',
].map((options) => `mount -o remount,bind,${options} /data 2>/dev/null && echo ${options};`);

const ATTACK =
  `${UNDO.join(' ')} touch /data/file 2>/dev/null && echo written; ` +
  'umount /data/below 2>/dev/null; cat /data/below/secret 2>/dev/null; ' +
  'mkdir -p /tmp/copy; mount -o bind /data /tmp/copy 2>/dev/null; cat /tmp/copy/below/secret 2>/dev/null; ' +
  'grep -c " /data" /proc/self/mountinfo';

/** Both mounts are there, and nothing else has been said. */
const HELD = '2\n';

/** The root filesystem belongs to the container's root. */
function bundleOf(owner: number, ...patches: Patch[]): Bundle {
  const bundle = place.bundle(...patches);
  for (const path of ['.', 'dev', 'tmp']) chownSync(join(bundle.rootfs, path), owner, owner);
  return bundle;
}

const run = (line: string, ...patches: Patch[]): Result =>
  orlop.run(bundleOf(HOST, shell(line), ...patches), place.id());

const joins =
  (pid: number, ...types: ('user' | 'mount')[]): Patch =>
  (config) => {
    const others = config.linux.namespaces.filter(({ type }) => type !== 'user' && !types.some((one) => one === type));
    const joined = types.map((type) => ({ type, path: `/proc/${pid}/ns/${type === 'mount' ? 'mnt' : type}` }));
    const namespaces = [...others, ...joined];
    config.linux = { ...config.linux, namespaces, uidMappings: undefined, gidMappings: undefined };
  };

describe('what the host has made of a mount, or covered by one', () => {
  it('the attack is one: without a user namespace all of it is done', () => {
    const { lines } = run(ATTACK, almighty, mount('rbind')).ok();
    expect(lines).toHaveLength(UNDO.length + 3);
    expect(lines.slice(-3)).toEqual(['secret', 'secret', '1']);
  });

  it('holds in a new user namespace', () => {
    expect(run(ATTACK, users, mount('rbind')).ok().stdout).toBe(HELD);
  });

  it.skipIf(isOlder(release(), '6.3'))('holds with ids that are mapped', () => {
    expect(run(ATTACK, users, mount('rbind', 'ridmap')).ok().stdout).toBe(HELD);
  });

  it('holds in a user namespace that is joined', () => {
    const id = place.id();
    orlop.run(bundleOf(HOST, shell('sleep 1000'), users), id, '-d').ok();
    expect(run(ATTACK, users, joins(orlop.state(id).pid, 'user'), mount('rbind')).ok().stdout).toBe(HELD);
  });

  it('holds in a mount namespace that is joined, with its user namespace', async () => {
    const other = spawn('unshare', ['--user', '--map-root-user', '--mount', 'sleep', '1000'], { stdio: 'ignore' });
    try {
      await until('sleep', () => readFileSync(`/proc/${other.pid}/comm`, 'utf8') === 'sleep\n');
      const joined = joins(other.pid as number, 'user', 'mount');
      const bundle = bundleOf(0, shell(ATTACK), users, joined, mount('rbind'), (config) => {
        // Whose group is not mapped there.
        config.mounts = config.mounts.filter(({ destination }) => destination !== '/dev/pts');
      });
      expect(orlop.run(bundle, place.id()).ok().stdout).toBe(HELD);
    } finally {
      const ended = new Promise((resolve) => other.on('exit', resolve));
      other.kill();
      await ended;
    }
  });

  it('holds for a caller without CAP_SYS_ADMIN', () => {
    const bundle = bundleOf(HOST, shell(ATTACK), users, mount('rbind'));
    const prefix = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'];
    expect(orlop.call(['run', '-b', bundle.directory, place.id()], { prefix }).ok().stdout).toBe(HELD);
  });

  it('holds for the root filesystem', () => {
    const line =
      'mount -o remount,bind,suid / 2>/dev/null && echo suid; umount /etc/below 2>/dev/null; cat /etc/below/secret';
    const bundle = bundleOf(HOST, shell(line), users);
    const below = join(bundle.rootfs, 'etc/below');
    mkdirSync(below);
    writeFileSync(join(below, 'secret'), 'secret\n');
    done('mount', '--bind', bundle.rootfs, bundle.rootfs);
    try {
      done('mount', '--make-private', bundle.rootfs);
      done('mount', '-o', 'remount,bind,nosuid', bundle.rootfs);
      mountTmpfs(below);
      const { stdout, stderr } = orlop.run(bundle, place.id());
      expect({ stdout, stderr }).toEqual({ stdout: '', stderr: expect.stringContaining('No such file') });
    } finally {
      done('umount', '-R', bundle.rootfs);
    }
  });
});

describe('a config that asks for it is told that it may not', () => {
  it.each(['rw', 'suid', 'dev', 'exec', 'noatime'])('%s', (option) => {
    const { status, stdout, stderr } = run('echo started', users, mount('rbind', option));
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/bind of \S+ on \/data failed: EPERM .*mount_setattr\(/);
    expect(stderr).toMatch(/config\.json:\d+:\d+ \/mounts\/7/);
    expect(stderr).toContain('that a user namespace may not take away');
  });

  it('a bind without what is mounted below', () => {
    const { status, stdout, stderr } = run('echo started', users, mount('bind'));
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/open \S+ failed: EINVAL .*open_tree\(/);
    expect(stderr).toMatch(/config\.json:\d+:\d+ \/mounts\/7/);
    expect(stderr).toContain('use rbind');
  });
});
