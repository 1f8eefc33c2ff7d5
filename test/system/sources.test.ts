// Bind sources of a container with a user namespace: who opens them may fail, or end, while others wait for him.

import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Bundle, type Patch, shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { Orlop } from './support/orlop.ts';

const hasStrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
if (!hasStrace)
  console.warn('sources.test.ts: strace is missing or not allowed: nobody is killed. apt-get install strace');

const place = new Workplace('sources');
const orlop = new Orlop(place);

afterAll(() => place.remove());
leavesNothing(place, () => orlop, { sweeps: true });

const HOST = 300_000;
const RANGE = [{ containerID: 0, hostID: HOST, size: 65536 }];

const users: Patch = (config) => {
  config.linux.namespaces.push({ type: 'user' });
  config.linux.uidMappings = RANGE;
  config.linux.gidMappings = RANGE;
};

function bundleOf(...patches: Patch[]): Bundle {
  const bundle = place.bundle(users, ...patches);
  for (const path of ['.', 'dev', 'tmp']) chownSync(join(bundle.rootfs, path), HOST, HOST);
  return bundle;
}

const joined: Patch = (config) => {
  const id = place.id();
  orlop.run(bundleOf(shell('sleep 1000')), id, '-d').ok();
  const user = config.linux.namespaces.find(({ type }) => type === 'user');
  Object.assign(user as object, { path: `/proc/${orlop.state(id).pid}/ns/user` });
};

const bind =
  (source: string): Patch =>
  (config) =>
    void config.mounts.push({ destination: '/in', source, options: ['rbind'] });

describe.each<[string, Patch]>([
  ['a new user namespace', () => {}],
  ['one that is joined', joined],
])('%s', (_name, user) => {
  it('a source that is not there is said, with the place', () => {
    const { status, stderr } = orlop.run(bundleOf(user, bind('/nowhere')), place.id());
    expect(status).toBe(1);
    expect(stderr).toMatch(/^orlop: open \/nowhere failed: ENOENT .*open_tree\(AT_FDCWD, "\/nowhere", /);
    expect(stderr).toMatch(/config\.json:\d+:\d+ \/mounts\/7/);
    expect(stderr).toContain('make it, or correct the path');
  });

  it('it takes CAP_SYS_CHROOT, as every setns into a mount namespace', () => {
    const prefix = ['setpriv', '--bounding-set=-sys_chroot', '--inh-caps=-sys_chroot'];
    const { status, stderr } = orlop.call(['run', '-b', bundleOf(user).directory, place.id()], { prefix });
    expect(status).toBe(1);
    expect(stderr).toMatch(/failed: EPERM .*setns\(mounts, CLONE_NEWNS\)/);
    expect(stderr).toMatch(/config\.json:\d+:\d+ \/root\/path/);
    expect(stderr).toContain('needs CAP_SYS_CHROOT too');
  });

  it.skipIf(!hasStrace)('nobody waits for one that was killed', () => {
    const inject = 'inject=open_tree:signal=SIGKILL:when=1';
    const prefix = ['strace', '-f', '--quiet=all', '-o', '/dev/null', '-e', inject];
    const bundle = bundleOf(user, shell('echo started'));
    const { status, stdout, stderr } = orlop.call(['run', '-b', bundle.directory, place.id()], { prefix });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('the launch image ended without a word');
  });

  it('many of them', () => {
    // More than the socket between the two processes holds at once.
    const count = 600;
    const source = place.path(`source-${place.id()}`);
    mkdirSync(source);
    const bundle = bundleOf(user, shell('grep -c " /tmp/[0-9]* " /proc/self/mountinfo'), (config) => {
      for (let index = 0; index < count; index++) {
        config.mounts.push({ destination: `/tmp/${index}`, source, options: ['rbind'] });
      }
    });
    expect(orlop.run(bundle, place.id()).ok().stdout).toBe(`${count}\n`);
  });
});
