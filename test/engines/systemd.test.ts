// Podman and containerd where systemd is the first process and makes the cgroups: test/vm.sh has such a machine.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { until } from '../system/support/orlop.ts';
import { checks } from './support/check.ts';
import { ContainerdSite, type Ctr } from './support/containerd.ts';
import { type Podman, PodmanSite } from './support/podman.ts';
import { cgroupFile } from './support/site.ts';

const isThere = existsSync('/run/systemd/system');
const missing = isThere ? undefined : 'systemd is not the first process here (test/vm.sh has one)';

// An emulated machine takes its time.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 });

const site = new PodmanSite('podman-systemd', 'systemd');
const other = new ContainerdSite('containerd-systemd');
beforeAll(async () => {
  if (!isThere) return;
  site.ready();
  await other.ready();
});
afterAll(async () => {
  await other.remove();
  await site.remove();
  if (isThere) for (const slice of [site.cgroupParent, OTHERS]) systemctl('stop', slice);
});

/** Of the containers of containerd. */
const OTHERS = `${other.site.place.tag}.slice`;
const FOREVER = ['sleep', '1000'];
const MIB = 1024 * 1024;

const systemctl = (...words: string[]): string => execFileSync('systemctl', words, { encoding: 'utf8' }).trim();

/** Properties of a unit, in the order asked for. */
function properties(unit: string, ...names: string[]): (string | undefined)[] {
  const lines = systemctl('show', unit, ...names.flatMap((name) => ['-p', name])).split('\n');
  return names.map((name) => lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1));
}

const scopes = (tag: string): string[] =>
  systemctl('list-units', '--all', '--plain', '--no-legend', '--type', 'scope')
    .split('\n')
    .map((line) => line.split(' ')[0] as string)
    .filter((unit) => (properties(unit, 'Slice')[0] ?? '').includes(tag));

const podmanCheck = checks<Podman>((runtime) => site.with(runtime));
const check = (name: string, body: (podman: Podman) => void | Promise<void>): void =>
  podmanCheck(`systemd: ${name}`, body, missing);

const scopeOf = (podman: Podman, name: string): string => `libpod-${podman.inspect(name, '{{.Id}}')}.scope`;

check('a container is a scope in the slice, with its limits', async (podman) => {
  const limits = [
    '--memory',
    '64m',
    '--pids-limit',
    '77',
    '--cpus',
    '0.5',
    '--cpu-shares',
    '512',
    '--cpuset-cpus',
    '0',
  ];
  const name = podman.start(limits, ...FOREVER);
  const unit = scopeOf(podman, name);
  expect(
    properties(unit, 'ActiveState', 'Slice', 'MemoryMax', 'TasksMax', 'CPUQuotaPerSecUSec', 'AllowedCPUs'),
  ).toEqual(['active', site.cgroupParent, String(64 * MIB), '77', '500ms', '0']);
  const pid = podman.pid(name);
  expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toContain(`/${unit}`);
  expect(cgroupFile(pid, 'memory/memory.limit_in_bytes', 'memory.max')).toBe(String(64 * MIB));
  podman.call(['rm', '--force', '--time', '0', name]).ok();
  // conmon has one too, and cleans up a little longer.
  await until('its scopes are gone', () => scopes(site.site.place.tag).length === 0);
});

check('update', (podman) => {
  const name = podman.start(['--memory', '64m'], ...FOREVER);
  podman.call(['update', '--memory', '32m', '--cpus', '0.25', name]).ok();
  expect(properties(scopeOf(podman, name), 'MemoryMax', 'CPUQuotaPerSecUSec')).toEqual([String(32 * MIB), '250ms']);
  const pid = podman.pid(name);
  expect(cgroupFile(pid, 'memory/memory.limit_in_bytes', 'memory.max')).toBe(String(32 * MIB));
  expect(cgroupFile(pid, 'cpu/cpu.cfs_quota_us', 'cpu.max')).toMatch(/^25000/);
});

check('pause, unpause, exec, top', (podman) => {
  const name = podman.start([], ...FOREVER);
  const pid = podman.pid(name);
  podman.call(['pause', name]).ok();
  expect(cgroupFile(pid, 'freezer/freezer.state', 'cgroup.freeze')).toMatch(/^(FROZEN|1)$/);
  podman.call(['unpause', name]).ok();
  podman.call(['exec', '--detach', name, ...FOREVER]).ok();
  const other = podman
    .call(['top', name, 'hpid'])
    .ok()
    .lines.slice(1)
    .map(Number)
    .find((one) => one !== pid);
  expect(readFileSync(`/proc/${other}/cgroup`, 'utf8')).toBe(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
});

check('the killer comes', (podman) => {
  const name = podman.startShell(['--memory', '20m', '--memory-swap', '20m'], 'head -c 100m /dev/zero | tail -c 100m');
  expect(podman.call(['wait', name]).ok().stdout.trim()).toBe('137');
});

check('--systemd=always: a cgroup of its own to divide', (podman) => {
  const name = podman.start(['--systemd', 'always'], ...FOREVER);
  const directory = existsSync('/sys/fs/cgroup/cgroup.controllers') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/systemd';
  podman.call(['exec', name, 'sh', '-c', `mkdir ${directory}/own && rmdir ${directory}/own`]).ok();
});

checks<Ctr>((runtime) => other.with(runtime))(
  'systemd: containerd, --runc-systemd-cgroup',
  async (ctr) => {
    const name = ctr.place.id('scope');
    const cgroup = ['--runc-systemd-cgroup', '--cgroup', `${OTHERS}:test:${name}`];
    const id = ctr.start([...cgroup, '--memory-limit', String(64 * MIB), '--cpus', '0.5'], ...FOREVER);
    expect(properties(`test-${name}.scope`, 'Slice', 'MemoryMax', 'CPUQuotaPerSecUSec')).toEqual([
      OTHERS,
      String(64 * MIB),
      '500ms',
    ]);
    expect(ctr.exec(id, [], 'echo', 'up').ok().stdout).toBe('up\n');
    ctr.call(['task', 'kill', '--signal', 'SIGKILL', id]).ok();
    await until('the task has stopped', () => ctr.task(id)?.status === 'STOPPED');
    expect(ctr.call(['task', 'delete', id]).stderr).toMatch(/exit code 137/);
    await until('its scope is gone', () => scopes(ctr.place.tag).length === 0);
  },
  missing,
);
