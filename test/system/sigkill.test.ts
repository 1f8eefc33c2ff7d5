// The host is killed at every call that changes something. strace does it, from outside: the signal comes when the N-th
// call of a name begins. Then `delete --force` has to find all that is left.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { type Bundle, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, snapshot } from './support/leftovers.ts';
import { builds, Orlop, until } from './support/orlop.ts';

const place = new Workplace('sigkill');
afterAll(() => place.remove());

const hasStrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
if (!hasStrace) console.warn('\n*** strace is missing or not allowed: nothing is killed. apt-get install strace ***\n');

/** What changes the host, or speaks to the image. */
const CHANGES = [
  ...['mkdir', 'mkdirat', 'mknod', 'mknodat', 'rename', 'renameat', 'renameat2'],
  ...['rmdir', 'unlink', 'unlinkat', 'clone', 'clone3', 'vfork', 'memfd_create'],
  ...['socketpair', 'recvmsg', 'sendmsg', 'wait4', 'waitid', 'flock', 'kill', 'pidfd_send_signal'],
];

interface Point {
  call: string;
  /** The how-manieth call of this name, from 1. */
  count: number;
  /** As strace shows it. */
  line: string;
}

/** The calls of a command's main thread, in order: the others only compile. */
function points(orlop: Orlop, args: string[], calls = CHANGES): Point[] {
  const log = place.path('strace');
  const prefix = ['strace', '-o', log, '-e', `trace=${calls.map((call) => `?${call}`).join(',')}`];
  orlop.call(args, { prefix }).ok();
  const counts = new Map<string, number>();
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const call = /^(\w+)\(/.exec(line)?.[1];
      if (call === undefined) return [];
      const count = (counts.get(call) ?? 0) + 1;
      counts.set(call, count);
      return [{ call, count, line: line.slice(0, 120) }];
    });
}

/** True if the command came so far and died of it. */
function killAt(orlop: Orlop, { call, count }: Point, args: string[]): boolean {
  const inject = `inject=${call}:signal=SIGKILL:when=${count}`;
  const prefix = ['strace', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject];
  const { status, signal } = orlop.call(args, { prefix });
  // strace ends as its child has ended.
  return signal === 'SIGKILL' || status === 137;
}

describe.skipIf(!hasStrace).each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  const sleeper = (bundle: Bundle): Bundle => bundle.configure(shell('sleep 1000'));
  const parent = `/${place.tag}-parent`;

  /** Kills the command at each of its changes; what is left has to go with the container. */
  async function killEverywhere(prepare: (id: string) => void, args: (id: string) => string[], calls?: string[]) {
    const trial = place.id('trial');
    prepare(trial);
    const all = points(orlop, args(trial), calls);
    orlop.call(['delete', '--force', trial]).ok();
    expect(all.length).toBeGreaterThan(0);

    const problems: string[] = [];
    let deaths = 0;
    for (const point of all) {
      const id = place.id();
      const before = snapshot(place, orlop);
      prepare(id);
      if (killAt(orlop, point, args(id))) deaths++;
      try {
        const listed = orlop.call(['list', '-q']);
        expect(listed.status, listed.stderr).toBe(0);
        const deleted = orlop.call(['delete', '--force', id]);
        expect(deleted.status, deleted.stderr).toBe(0);
        await expectNothingLeft(place, orlop, before);
      } catch (error) {
        problems.push(`${point.call} ${point.count}: ${point.line}\n${(error as Error).message}`);
      }
    }
    expect(problems).toEqual([]);
    // Nearly all: what the engine itself does differs a little from run to run.
    expect(deaths).toBeGreaterThanOrEqual(all.length * 0.8);
    return all;
  }

  it('create', { timeout: 300_000 }, async () => {
    const bundle = place.bundle(shell('sleep 1000'), (config) => {
      // Parents of the cgroup are made too, and have to go too.
      config.linux.cgroupsPath = `${parent}/own`;
      config.linux.resources = { memory: { limit: 64 << 20 }, pids: { limit: 10 } };
    });
    const all = await killEverywhere(
      () => undefined,
      (id) => ['create', '-b', bundle.directory, id],
    );
    const seen = (pattern: RegExp): number => all.filter(({ line }) => pattern.test(line)).length;
    expect(seen(/^recvmsg/)).toBeGreaterThanOrEqual(2);
    expect(seen(/^rename/)).toBeGreaterThanOrEqual(3);
    expect(seen(/^mkdir.*cgroup/)).toBeGreaterThanOrEqual(1);
  });

  it('create with a user namespace, and a second one for a mount', { timeout: 300_000 }, async () => {
    const range = [{ containerID: 0, hostID: 0, size: 65536 }];
    const bundle = place.bundle(shell('sleep 1000'), (config) => {
      config.linux.namespaces.push({ type: 'user' });
      config.linux.uidMappings = range;
      config.linux.gidMappings = range;
      config.mounts.push({ destination: '/in', source: '/etc', options: ['bind', 'idmap'] });
    });
    const all = await killEverywhere(
      () => undefined,
      (id) => ['create', '-b', bundle.directory, id],
      ['recvmsg', 'sendmsg', 'kill', 'wait4', 'rename'],
    );
    expect(all.filter(({ line }) => line.startsWith('kill(')).length).toBeGreaterThanOrEqual(1);
    expect(all.filter(({ line }) => line.startsWith('sendmsg(')).length).toBeGreaterThanOrEqual(3);
  });

  it('run', { timeout: 300_000 }, async () => {
    const bundle = place.bundle(shell('exit 0'));
    await killEverywhere(
      () => undefined,
      (id) => ['run', '-b', bundle.directory, id],
    );
  });

  it('start', { timeout: 300_000 }, async () => {
    const bundle = sleeper(place.bundle());
    await killEverywhere(
      (id) => orlop.create(bundle, id).ok(),
      (id) => ['start', id],
    );
  });

  it('delete --force', { timeout: 300_000 }, async () => {
    const bundle = sleeper(place.bundle());
    await killEverywhere(
      (id) => orlop.run(bundle, id, '-d').ok(),
      (id) => ['delete', '--force', id],
    );
  });

  it('leaves the id to others again', async () => {
    const bundle = place.bundle();
    const before = snapshot(place, orlop);
    const id = place.id();
    expect(killAt(orlop, { call: 'recvmsg', count: 1, line: '' }, ['create', '-b', bundle.directory, id])).toBe(true);
    expect(orlop.run(bundle, id).stderr).toContain('already exists');
    orlop.call(['delete', '--force', id]).ok();
    orlop.run(bundle, id).ok();
    await expectNothingLeft(place, orlop, before);
  });

  it('a killed create leaves no process, even without delete', async () => {
    const bundle = place.bundle();
    const before = snapshot(place, orlop);
    const ids = [1, 2].map((count) => {
      const id = place.id();
      expect(killAt(orlop, { call: 'recvmsg', count, line: '' }, ['create', '-b', bundle.directory, id])).toBe(true);
      return id;
    });
    await until('the images have ended', () => snapshot(place, orlop).processes.length === before.processes.length);
    for (const id of ids) orlop.call(['delete', '--force', id]).ok();
    await expectNothingLeft(place, orlop, before);
  });

  it('a killed run leaves a container that lives on and can be deleted', async () => {
    const bundle = place.bundle(shell('touch /up; sleep 1000'));
    const before = snapshot(place, orlop);
    const id = place.id();
    const { pid, result } = orlop.launch(['run', '-b', bundle.directory, id]);
    await until('the container runs', () => existsSync(`${bundle.rootfs}/up`));
    process.kill(pid, 'SIGKILL');
    await result;
    expect(orlop.state(id).status).toBe('running');
    orlop.call(['delete', '--force', id]).ok();
    await expectNothingLeft(place, orlop, before);
  });

  it('a first process that is killed from outside ends the run', async () => {
    const bundle = place.bundle(shell('touch /up; sleep 1000'));
    const before = snapshot(place, orlop);
    const id = place.id();
    const { result } = orlop.launch(['run', '-b', bundle.directory, id]);
    await until('the container runs', () => existsSync(`${bundle.rootfs}/up`));
    process.kill(orlop.state(id).pid, 'SIGKILL');
    expect((await result).status).toBe(137);
    await expectNothingLeft(place, orlop, before);
  });
});
