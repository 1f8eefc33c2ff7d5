// Cgroup namespaces that are joined, and what a cgroup mount shows. test/vm.sh runs this where cgroup v2 is mounted with
// nsdelegate, which lets nobody out of a namespace that he is in.

import { chownSync, existsSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Bundle, type Patch, shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { builds, Orlop } from './support/orlop.ts';
import { joining, linux, without } from './support/patches.ts';

const ROOT = '/sys/fs/cgroup';
const UID = 300_000;
const place = new Workplace('cgroupns');
afterAll(() => place.remove());

const users: Patch = (config) => {
  const map = [{ containerID: 0, hostID: UID, size: 65536 }];
  config.linux.namespaces.push({ type: 'user' });
  config.linux.uidMappings = map;
  config.linux.gidMappings = map;
};

/** The root filesystem belongs to the root of the user namespace. */
function bundleOf(...patches: Patch[]): Bundle {
  const bundle = place.bundle(shell('sleep 1000'), ...patches);
  for (const path of ['', 'etc', 'tmp', 'dev', 'root']) chownSync(join(bundle.rootfs, path), UID, UID);
  return bundle;
}

const namespaceOf = (pid: number): string => readlinkSync(`/proc/${pid}/ns/cgroup`);
/** As the host sees them. */
const cgroupsOf = (pid: number): string[] => readFileSync(`/proc/${pid}/cgroup`, 'utf8').trimEnd().split('\n');

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  leavesNothing(place, () => orlop, { sweeps: true });

  /** A container that sleeps: its id and pid. */
  function start(bundle: Bundle): { id: string; pid: number } {
    const id = place.id();
    orlop.run(bundle, id, '-d').ok();
    return { id, pid: orlop.state(id).pid as number };
  }

  /** Whoever runs in the container, from its start or by exec, is in its cgroup and in the other's namespace. */
  function expectJoined({ id, pid }: { id: string; pid: number }, other: number): void {
    expect(namespaceOf(pid)).toBe(namespaceOf(other));
    for (const line of cgroupsOf(pid)) expect(line).toContain(id);
    const pidFile = place.path(`${id}-pid`);
    orlop.call(['exec', '-d', '--pid-file', pidFile, id, 'sleep', '1000']).ok();
    const another = Number(readFileSync(pidFile, 'utf8'));
    expect(namespaceOf(another)).toBe(namespaceOf(other));
    expect(cgroupsOf(another)).toEqual(cgroupsOf(pid));
  }

  it('that of another container, whose cgroup is another', () => {
    const other = start(place.bundle(shell('sleep 1000')));
    const path = `/proc/${other.pid}/ns/cgroup`;
    const joined = start(place.bundle(shell('sleep 1000'), joining('cgroup', path)));
    expectJoined(joined, other.pid);
    expect(orlop.call(['exec', joined.id, 'cat', '/proc/self/cgroup']).ok().stdout).toContain(
      `:/../orlop-${joined.id}`,
    );
  });

  it('with limits that leave room for one process, and the launcher is gone', () => {
    const { pid } = start(place.bundle(shell('sleep 1000')));
    const bundle = place.bundle(
      (config) => {
        config.process.args = ['/bin/sleep', '1000'];
      },
      joining('cgroup', `/proc/${pid}/ns/cgroup`),
      linux({ resources: { pids: { limit: 1 } } }),
    );
    const joined = start(bundle);
    expect(orlop.call(['ps', '--format', 'json', joined.id]).ok().stdout.trim()).toBe(`[${joined.pid}]`);
  });

  it("the caller's own", () => {
    const joined = start(place.bundle(shell('sleep 1000'), joining('cgroup', `/proc/${process.pid}/ns/cgroup`)));
    expectJoined(joined, process.pid);
  });

  it('with a new user namespace, which has no power over it', () => {
    const { pid } = start(place.bundle(shell('sleep 1000')));
    const joined = start(bundleOf(joining('cgroup', `/proc/${pid}/ns/cgroup`), users));
    expect(readlinkSync(`/proc/${joined.pid}/ns/user`)).not.toBe(readlinkSync('/proc/self/ns/user'));
    expectJoined(joined, pid);
  });

  it('with the user namespace that it belongs to', () => {
    const other = start(bundleOf(users));
    const joins = ['cgroup', 'user'].map((type) => joining(type, `/proc/${other.pid}/ns/${type}`));
    const joined = start(bundleOf(...joins));
    expect(readlinkSync(`/proc/${joined.pid}/ns/user`)).toBe(readlinkSync(`/proc/${other.pid}/ns/user`));
    expectJoined(joined, other.pid);
  });

  describe.skipIf(!existsSync(`${ROOT}/cgroup.controllers`))('a cgroup mount of v2', () => {
    const rw: Patch = (config) => {
      for (const mount of config.mounts) if (mount.type === 'cgroup') mount.options = ['nosuid', 'noexec', 'nodev'];
    };
    /** With the options of the hierarchy, which are the same for all its mounts: no container changes them. */
    const mounts = (): string[] =>
      readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .filter((line) => line.includes(' - cgroup2 '));
    const hosts = mounts();

    /** Which of the host's directories the container has on /sys/fs/cgroup: a cgroup has one inode everywhere. */
    function expectShown({ id }: { id: string }, directory: string): void {
      const { stdout } = orlop.call(['exec', id, 'stat', '-c', '%i', ROOT]).ok();
      expect(stdout.trim()).toBe(String(statSync(directory).ino));
      expect(mounts()).toEqual(hosts);
    }

    it('is the whole hierarchy without a cgroup namespace, read-only where it says so', () => {
      const bundle = place.bundle(shell('sleep 1000'), without('cgroup'));
      const one = start(bundle);
      expectShown(one, ROOT);
      const way = `${ROOT}$(sed s/0::// /proc/self/cgroup)`;
      const line = `cat ${way}/cgroup.procs; mkdir ${way}/x; mkdir ${ROOT}/x`;
      const { stdout, stderr } = orlop.call(['exec', one.id, 'sh', '-c', line]);
      expect(stdout.split('\n')).toContain('1');
      expect(stderr.match(/Read-only file system/g)).toHaveLength(2);
    });

    it('is the same to write otherwise', () => {
      const one = start(place.bundle(shell('sleep 1000'), without('cgroup'), rw));
      orlop.call(['exec', one.id, 'sh', '-c', `mkdir ${ROOT}$(sed s/0::// /proc/self/cgroup)/x`]).ok();
      expect(existsSync(`${ROOT}/orlop-${one.id}/x`)).toBe(true);
    });

    it.each<[string, Patch[]]>([
      ['ro', []],
      ['rw', [rw]],
    ])('is the whole hierarchy in a user namespace too, %s', (option, more) => {
      const one = start(bundleOf(users, without('cgroup'), ...more));
      expectShown(one, ROOT);
      const line = `grep ' ${ROOT} ' /proc/mounts; mkdir ${ROOT}/x`;
      const { stdout, stderr } = orlop.call(['exec', one.id, 'sh', '-c', line]);
      expect(stdout).toMatch(new RegExp(`^cgroup2 ${ROOT} cgroup2 ${option},nosuid,nodev,noexec`, 'm'));
      expect(stderr).toContain(option === 'ro' ? 'Read-only file system' : 'Permission denied');
    });

    it("is the container's own cgroup in a new cgroup namespace, with or without a user namespace", () => {
      for (const bundle of [place.bundle(shell('sleep 1000')), bundleOf(users)]) {
        const one = start(bundle);
        expectShown(one, `${ROOT}/orlop-${one.id}`);
      }
    });

    it('is that of the namespace in a joined one', () => {
      const other = start(place.bundle(shell('sleep 1000')));
      const joined = start(place.bundle(shell('sleep 1000'), joining('cgroup', `/proc/${other.pid}/ns/cgroup`)));
      expectShown(joined, `${ROOT}/orlop-${other.id}`);
      const strangers = start(bundleOf(users));
      const joins = ['cgroup', 'user'].map((type) => joining(type, `/proc/${strangers.pid}/ns/${type}`));
      expectShown(start(bundleOf(...joins)), `${ROOT}/orlop-${strangers.id}`);
    });

    it('is the whole hierarchy in a joined one that is the first, or not for the container to mount', () => {
      const first = start(place.bundle(shell('sleep 1000'), joining('cgroup', `/proc/${process.pid}/ns/cgroup`)));
      expectShown(first, ROOT);
      const other = start(place.bundle(shell('sleep 1000')));
      expectShown(start(bundleOf(joining('cgroup', `/proc/${other.pid}/ns/cgroup`), users)), ROOT);
    });
  });
});
