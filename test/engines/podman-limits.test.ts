// Podman's limits, as the kernel has them, and its mounts and devices.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import { checks } from './support/check.ts';
import { type Podman, PodmanSite } from './support/podman.ts';
import { cgroupFile } from './support/site.ts';

const site = new PodmanSite('podman-limits');
beforeAll(() => site.ready());
afterAll(() => site.remove());
const check = checks<Podman>((runtime) => site.with(runtime));

const FOREVER = ['sleep', '1000'];
const MIB = 1024 * 1024;

function memoryOf(pid: number): string {
  return cgroupFile(pid, 'memory/memory.limit_in_bytes', 'memory.max');
}

/** Quota and period in one text, as v2 has them. */
function cpuOf(pid: number): string {
  const quota = cgroupFile(pid, 'cpu/cpu.cfs_quota_us', 'cpu.max');
  return quota.includes(' ') ? quota : `${quota} ${cgroupFile(pid, 'cpu/cpu.cfs_period_us', 'cpu.max')}`;
}

function pidsOf(pid: number): string {
  return cgroupFile(pid, 'pids/pids.max', 'pids.max');
}

check('--memory, --memory-reservation', (podman) => {
  const pid = podman.pid(podman.start(['--memory', '64m', '--memory-reservation', '32m'], ...FOREVER));
  expect(memoryOf(pid)).toBe(String(64 * MIB));
  expect(cgroupFile(pid, 'memory/memory.soft_limit_in_bytes', 'memory.low')).toBe(String(32 * MIB));
});

check('--memory: the killer comes', (podman) => {
  const name = podman.startShell(['--memory', '20m', '--memory-swap', '20m'], 'head -c 100m /dev/zero | tail -c 100m');
  expect(podman.call(['wait', name]).ok().stdout.trim()).toBe('137');
});

check('--cpus, --cpu-shares', (podman) => {
  const pid = podman.pid(podman.start(['--cpus', '0.5', '--cpu-shares', '512'], ...FOREVER));
  expect(cpuOf(pid)).toBe('50000 100000');
  expect(cgroupFile(pid, 'cpu/cpu.shares', 'cpu.weight')).toMatch(/^(512|20)$/);
});

check('--cpuset-cpus', (podman) => {
  const pid = podman.pid(podman.start(['--cpuset-cpus', '0'], ...FOREVER));
  expect(cgroupFile(pid, 'cpuset/cpuset.cpus', 'cpuset.cpus')).toBe('0');
  expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Cpus_allowed_list:\t0$/m);
});

check('--pids-limit', (podman) => {
  const pid = podman.pid(podman.start(['--pids-limit', '10'], ...FOREVER));
  expect(pidsOf(pid)).toBe('10');
});

check('--pids-limit: fork fails', (podman) => {
  const line = 'for n in 1 2 3 4 5 6 7 8 9; do sleep 2 & done; wait';
  expect(podman.run(['--rm', '--pids-limit', '5'], 'sh', '-c', line).stderr).toMatch(/can't fork/);
});

check('update --memory --cpus', (podman) => {
  const name = podman.start(['--memory', '64m', '--memory-swap', '64m', '--pids-limit', '77'], ...FOREVER);
  const pid = podman.pid(name);
  podman.call(['update', '--memory', '32m', '--cpus', '0.25', name]).ok();
  expect([memoryOf(pid), cpuOf(pid), pidsOf(pid)]).toEqual([String(32 * MIB), '25000 100000', '77']);
});

check('update --cpu-shares --cpuset-cpus', (podman) => {
  const name = podman.start([], ...FOREVER);
  const pid = podman.pid(name);
  podman.call(['update', '--cpu-shares', '256', '--cpuset-cpus', '0', name]).ok();
  expect(cgroupFile(pid, 'cpu/cpu.shares', 'cpu.weight')).toMatch(/^(256|10)$/);
  expect(cgroupFile(pid, 'cpuset/cpuset.cpus', 'cpuset.cpus')).toBe('0');
});

check('--read-only', (podman) => {
  const options = ['--rm', '--read-only', '--read-only-tmpfs=false'];
  const done = podman.run(options, 'sh', '-c', 'touch /file; touch /dev/shm/file && echo shm');
  expect(done.stderr).toMatch(/Read-only file system/);
  expect(done.stdout).toBe('shm\n');
});

check('--read-only, with writable /tmp and /run (tmpcopyup)', (podman) => {
  const done = podman.run(
    ['--rm', '--read-only'],
    'sh',
    '-c',
    'touch /tmp/file /run/file && echo written; touch /file',
  );
  expect(done.stderr).toMatch(/Read-only file system/);
  expect(done.stdout).toBe('written\n');
});

check('--tmpfs', (podman) => {
  const options = ['--rm', '--tmpfs', '/scratch:size=1m,mode=700,notmpcopyup'];
  const line = 'stat -c %a /scratch; dd if=/dev/zero of=/scratch/file bs=2048k count=1; ls /etc/passwd';
  const done = podman.run(options, 'sh', '-c', line);
  expect(done.stdout).toBe('700\n/etc/passwd\n');
  expect(done.stderr).toMatch(/No space left/);
});

check('--tmpfs over files (tmpcopyup)', (podman) => {
  expect(podman.run(['--rm', '--tmpfs', '/etc'], 'ls', '/etc/not-executable').ok().lines).toEqual([
    '/etc/not-executable',
  ]);
});

check('--volume: of the host, read-only and not', (podman) => {
  const directory = site.site.path(`volume-${podman.runtime}`);
  mkdirSync(directory);
  writeFileSync(`${directory}/word`, 'of the host\n');
  const line = 'cat /a/word; echo new > /b/word; cat /a/word; touch /a/file';
  const done = podman.run(['--rm', '-v', `${directory}:/a:ro`, '-v', `${directory}:/b`], 'sh', '-c', line);
  expect(done.stdout).toBe('of the host\nnew\n');
  expect(done.stderr).toMatch(/Read-only file system/);
  expect(readFileSync(`${directory}/word`, 'utf8')).toBe('new\n');
});

check('--volume with a name keeps what is written', (podman) => {
  const volume = podman.place.id('volume');
  podman.run(['--rm', '--volume', `${volume}:/data`], 'sh', '-c', 'echo kept > /data/word').ok();
  expect(podman.run(['--rm', '--volume', `${volume}:/data`], 'cat', '/data/word').ok().stdout).toBe('kept\n');
  podman.call(['volume', 'rm', volume]).ok();
});

check('--mount type=bind,bind-propagation=rslave', (podman) => {
  const options = ['--rm', '--mount', 'type=bind,source=/usr,target=/host,ro,bind-propagation=rslave'];
  const line = podman.run(options, 'grep', ' /host ', '/proc/self/mountinfo').ok().stdout;
  expect(line).toMatch(/ \/host ro,/);
});

const device = ['/dev/loop-control', '/dev/fuse', '/dev/kmsg'].find((path) => existsSync(path));
check(
  '--device',
  (podman) => {
    const line = ': < /dev/mine && echo open; : > /dev/mine';
    const done = podman.run(['--rm', '--device', `${device}:/dev/mine:r`], 'sh', '-c', line);
    expect(done.stdout).toBe('open\n');
    expect(done.stderr).toMatch(/not permitted/);
  },
  device ? undefined : 'this machine has no device to hand on',
);

check('no device that is not asked for', (podman) => {
  const done = podman.run(['--rm', '--cap-add', 'mknod'], 'sh', '-c', 'mknod /tmp/kmsg c 1 11 && head -c 1 /tmp/kmsg');
  expect(done.stderr).toMatch(/not permitted/);
});

check('--shm-size', (podman) => {
  expect(podman.run(['--rm', '--shm-size', '1m'], 'df', '/dev/shm').ok().stdout).toMatch(/\s1024\s/);
});

check('what is masked, and what is read-only', (podman) => {
  const line = 'cat /proc/keys /proc/timer_list | wc -c; ls /sys/firmware; echo 1 > /proc/sys/vm/swappiness';
  const done = podman.run(['--rm'], 'sh', '-c', line);
  expect(done.stdout).toBe('0\n');
  expect(done.stderr).toMatch(/Read-only file system/);
});
