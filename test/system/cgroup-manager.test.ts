// --cgroup-manager: who makes the container's cgroup. systemd has a test of its own.

import { existsSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bundle, type Patch, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { fastest, Orlop, type Result } from './support/orlop.ts';

const place = new Workplace('manager');
const orlop = new Orlop(place, fastest());
afterAll(() => place.remove());

let before: Snapshot;
let id: string;

beforeEach(() => {
  id = place.id();
  before = snapshot(place, orlop);
});

afterEach(async () => {
  orlop.call(['delete', '--force', id]).ok();
  await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
});

function expectError(result: Result, ...says: (string | RegExp)[]): void {
  for (const words of says) expect(result.stderr).toMatch(words);
  expect(result.stderr).not.toContain('bug of orlop');
  expect(result.status).toBe(1);
}

const limited: Patch = (config) => {
  config.linux.resources = { pids: { limit: 20 } };
};

describe('disabled', () => {
  const run = (bundle: Bundle, ...options: string[]): Result =>
    orlop.call(['--cgroup-manager', 'disabled', 'run', '-b', bundle.directory, ...options, id]);

  it('leaves the container in the cgroups of who starts it', () => {
    const own = readFileSync('/proc/self/cgroup', 'utf8');
    run(place.bundle(shell('sleep 1000')), '-d').ok();
    const { pid, status } = orlop.state(id);
    expect(status).toBe('running');
    expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toBe(own);
    expect(snapshot(place, orlop).cgroups).toEqual(before.cgroups);
    expect(orlop.call(['ps', '--format', 'json', id]).ok().stdout.trim()).toBe(`[${pid}]`);
    const other = orlop.call(['exec', id, 'cat', '/proc/self/cgroup', '/proc/1/cgroup']).ok().lines;
    expect(other.slice(0, other.length / 2)).toEqual(other.slice(other.length / 2));
    expectError(orlop.call(['pause', id]), 'no cgroup with a freezer');
    expectError(orlop.call(['update', '--pids-limit', '5', id]), 'has no cgroup of its own');
    orlop.call(['kill', id, 'KILL']).ok();
  });

  it('shows its cgroup namespace in a mount', () => {
    const result = run(place.bundle(shell('ls /sys/fs/cgroup | head -1'))).ok();
    expect(result.stdout).not.toBe('');
  });

  it('shows those of the caller to a container without a cgroup namespace, and lets it write none', () => {
    const controllers = existsSync('/sys/fs/cgroup/cgroup.controllers') ? '' : 'pids/';
    const cgroup: Patch = (config) => {
      config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'cgroup');
    };
    const line = shell(`cat /sys/fs/cgroup/${controllers}cgroup.procs; mkdir /sys/fs/cgroup/${controllers}x`);
    const result = run(place.bundle(line, cgroup));
    expect(result.stdout.trim().split('\n').length).toBeGreaterThan(1);
    expect(result.stderr).toContain('Read-only file system');
    const writable: Patch = (config) => {
      const mount = config.mounts.find(({ type }) => type === 'cgroup');
      if (mount) mount.options = ['rw'];
    };
    expectError(run(place.bundle(line, cgroup, writable)), 'no cgroup to mount', '"ro"');
  });

  it('has no place for limits', () => {
    const bundle = place.bundle(shell('true'), limited);
    expectError(run(bundle), 'no cgroup, in which pids.max could be set', '/linux/resources/pids/limit');
  });

  it('warns of device rules that are not in force', () => {
    const bundle = place.bundle(shell('echo up'), (config) => {
      config.linux.resources = { devices: [{ allow: false, access: 'rwm' }] };
    });
    const result = run(bundle).ok();
    expect(result.stderr).toMatch(/warning: .*device rules would be in force \(config.json:\d+/);
    expect(result.lines).toEqual(['up']);
  });
});

it('cgroupfs is what happens anyway', () => {
  const bundle = place.bundle(shell('sleep 1000'), limited);
  orlop.call(['--cgroup-manager', 'cgroupfs', 'run', '-d', '-b', bundle.directory, id]).ok();
  expect(snapshot(place, orlop).cgroups.some((path) => path.endsWith(`/orlop-${id}`))).toBe(true);
});

it.each([
  [['--cgroup-manager', 'podman'], '--cgroup-manager podman: not a'],
  [['--systemd-cgroup', '--cgroup-manager', 'cgroupfs'], 'exclude each other'],
])('%j is refused', (options, says) => {
  expectError(orlop.call([...options, 'state', id]), says);
});

it('a path for systemd is refused without it', () => {
  const bundle = place.bundle(shell('true'), (config) => {
    config.linux.cgroupsPath = 'system.slice:orlop:one';
  });
  expectError(orlop.run(bundle, id), 'is one for systemd', '--systemd-cgroup', '/linux/cgroupsPath');
});

it.skipIf(existsSync('/run/systemd/system'))('systemd has to be there', () => {
  const bundle = place.bundle(shell('true'));
  for (const options of [['--systemd-cgroup'], ['--cgroup-manager', 'systemd']]) {
    expectError(
      orlop.call([...options, 'run', '-b', bundle.directory, id]),
      'systemd is not the first process of this host',
      '--cgroup-manager cgroupfs',
    );
  }
});
