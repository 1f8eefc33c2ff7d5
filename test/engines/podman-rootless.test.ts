// Podman as an ordinary user: it makes a user namespace for itself, in which it and orlop are root.

import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GID, OrdinaryUser, UID } from '../system/support/ordinary.ts';
import { type Result, until } from '../system/support/orlop.ts';
import { IMAGE, writeImage } from './support/image.ts';
import { found, programOf, Site } from './support/site.ts';

const CONFIG = (orlop: string): string => `
[containers]
netns = "none"
log_driver = "k8s-file"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
seccomp_profile = "unconfined"
apparmor_profile = "unconfined"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
runtime_supports_json = ["runc", "orlop"]
[engine.runtimes]
runc = ["${programOf('runc')}"]
orlop = ["${orlop}"]
`;

found('podman', 'podman');
const site = new Site('podman-rootless');
const user = new OrdinaryUser(site.place);
const ranges = OrdinaryUser.enroll();

/** `podman` with a store below his home. */
function podman(...args: string[]): Result {
  const environment = {
    ...user.env,
    CONTAINERS_CONF: join(user.home, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(user.home, 'storage.conf'),
  };
  const words = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return site.call([...user.prefix, 'env', '-C', user.home, ...words, 'podman', ...args] as [string, ...string[]]);
}

describe.skipIf(!ranges)('rootless Podman', () => {
  beforeAll(() => {
    site.mount();
    chmodSync(site.directory, 0o711);
    const orlop = site.place.path('orlop');
    copyFileSync(programOf('orlop'), orlop);
    writeFileSync(join(user.home, 'containers.conf'), CONFIG(orlop));
    const store = `graphroot = "${join(user.home, 'storage')}"\nrunroot = "${join(user.runtime, 'storage')}"`;
    writeFileSync(join(user.home, 'storage.conf'), `[storage]\ndriver = "vfs"\n${store}\n`);
    const image = writeImage(site.place);
    chmodSync(image, 0o644);
    podman('load', '--input', image).ok();
  });
  afterAll(async () => {
    podman('rm', '--all', '--force', '--time', '0');
    // Its files belong to ids of the ranges, and a process of its own keeps the user namespace.
    podman('unshare', 'rm', '-rf', join(user.home, 'storage'));
    podman('system', 'migrate');
    await site.remove();
    OrdinaryUser.expel();
  });

  const run = (options: string[], line: string): string[] =>
    podman('--runtime', 'orlop', 'run', '--rm', ...options, IMAGE, 'sh', '-c', line)
      .ok()
      .stdout.trim()
      .split('\n')
      .map((one) => one.trim().replaceAll(/\s+/g, ' '));

  it('a container of his: he is its root', () => {
    expect(run([], 'id -u; head -1 /proc/self/uid_map; test -c /dev/null && echo device')).toEqual([
      '0',
      `0 ${UID} 1`,
      'device',
    ]);
  });

  it('--userns=keep-id: he is himself', () => {
    expect(run(['--userns=keep-id'], 'id -u; id -g; stat -c %u /')).toEqual([String(UID), String(GID), '0']);
  });

  it('the same lines as under runc', () => {
    const line =
      'grep -E "^(Cap|Uid|Gid|Groups|NoNew)" /proc/self/status; ls -ln /dev | tr -s " " | cut -d" " -f1,3,4; cut -d" " -f5 /proc/self/mountinfo | sort';
    const said = (runtime: string): string =>
      podman('--runtime', runtime, 'run', '--rm', IMAGE, 'sh', '-c', line).ok().stdout;
    expect(said('orlop')).toBe(said('runc'));
  });

  it('start, exec, stop and remove', async () => {
    const name = site.place.id();
    const own = (...args: string[]): Result => podman('--runtime', 'orlop', ...args);
    own('run', '--detach', '--name', name, IMAGE, 'sh', '-c', 'trap "exit 3" TERM; while :; do sleep 0.1; done').ok();
    expect(own('exec', name, 'id', '-u').ok().stdout).toBe('0\n');
    expect(own('exec', '--user', '1000', name, 'id', '-u').ok().stdout).toBe('1000\n');
    own('stop', name).ok();
    expect(own('inspect', name, '--format', '{{.State.Status}} {{.State.ExitCode}}').ok().stdout).toBe('exited 3\n');
    own('rm', name).ok();
    await until('the container has gone', () => spawnSync('pgrep', ['-f', name]).status !== 0);
  });
});
