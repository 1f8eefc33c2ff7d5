// Podman's limits, as the kernel has them, and its mounts and devices.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import { checks } from './support/check.ts';
import { IMAGE } from './support/image.ts';
import { type Podman, PodmanSite } from './support/podman.ts';
import { cgroupFile } from './support/site.ts';

const site = new PodmanSite('podman-limits');
beforeAll(() => site.ready());
afterAll(() => site.remove());
const check = checks<Podman>((runtime) => site.with(runtime));

const FOREVER = ['sleep', '1000'];
const MIB = 1024 * 1024;
const isV2 = existsSync('/sys/fs/cgroup/cgroup.controllers');

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

check(
  '--memory-swap, --memory-swappiness, --oom-kill-disable',
  (podman) => {
    const pid = podman.pid(
      podman.start(['--memory', '64m', '--memory-swappiness', '10', '--oom-kill-disable'], ...FOREVER),
    );
    expect(cgroupFile(pid, 'memory/memory.swappiness', '')).toBe('10');
    expect(cgroupFile(pid, 'memory/memory.oom_control', '')).toMatch(/^oom_kill_disable 1$/m);
  },
  isV2 ? 'cgroup v2 has neither' : undefined,
);

check('--cpu-period, --cpu-quota, --cpuset-mems', (podman) => {
  const options = ['--cpu-period', '50000', '--cpu-quota', '20000', '--cpuset-mems', '0'];
  const pid = podman.pid(podman.start(options, ...FOREVER));
  expect(cpuOf(pid)).toBe('20000 50000');
  expect(cgroupFile(pid, 'cpuset/cpuset.mems', 'cpuset.mems')).toBe('0');
});

const disk = readdirSync('/sys/block').find((name) => /^(vd|sd|nvme)/.test(name) && existsSync(`/dev/${name}`));
check(
  '--device-read-bps, --device-write-iops',
  (podman) => {
    const options = ['--device-read-bps', `/dev/${disk}:1mb`, '--device-write-iops', `/dev/${disk}:100`];
    const pid = podman.pid(podman.start(options, ...FOREVER));
    const number = readFileSync(`/sys/block/${disk}/dev`, 'utf8').trim();
    expect(cgroupFile(pid, 'blkio/blkio.throttle.read_bps_device', 'io.max')).toMatch(
      new RegExp(`^${number} (rbps=)?1048576`),
    );
    expect(cgroupFile(pid, 'blkio/blkio.throttle.write_iops_device', 'io.max')).toMatch(
      new RegExp(`^${number} (rbps=1048576 wbps=max riops=max wiops=)?100$`),
    );
  },
  disk ? undefined : 'this machine has no disk to limit',
);

check('--cgroupns=private, --cgroupns=host', (podman) => {
  const line = 'cut -d: -f3 /proc/self/cgroup | sort -u';
  expect(podman.said(['--cgroupns', 'private'], line)).toBe('/');
  expect(podman.said(['--cgroupns', 'host'], line)).toContain(podman.place.tag);
});

check('--cgroups=disabled, which runc cannot', (podman) => {
  const name = podman.place.id();
  podman.call(['run', '--detach', '--name', name, '--cgroups', 'disabled', IMAGE, ...FOREVER]).ok();
  // It stays where conmon is.
  expect(readFileSync(`/proc/${podman.pid(name)}/cgroup`, 'utf8')).not.toContain(podman.inspect(name, '{{.Id}}'));
  expect(podman.call(['exec', name, 'echo', 'up']).ok().stdout).toBe('up\n');
  podman.call(['stop', '--time', '0', name]).ok();
});

check('a mount of the cgroup', (podman) => {
  const directory = isV2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/pids';
  const line = `cat ${directory}/pids.max; touch ${directory}/x 2>&1 | grep -c Read-only`;
  // On version 2 the host's namespace shows the whole hierarchy.
  for (const namespace of isV2 ? ['private'] : ['private', 'host']) {
    expect(podman.lines(['--pids-limit', '77', '--cgroupns', namespace], line)).toEqual(['77', '1']);
  }
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

check('--volumes-from, --volume with O: an overlay', (podman) => {
  const directory = site.site.path(`lower-${podman.runtime}`);
  mkdirSync(directory);
  writeFileSync(`${directory}/word`, 'lower\n');
  const first = podman.start(['--volume', `${directory}:/in:ro`], ...FOREVER);
  expect(podman.said(['--volumes-from', first], 'cat /in/word; touch /in/x 2>&1 | grep -c Read-only')).toBe('lower\n1');
  expect(podman.said(['--volume', `${directory}:/in:O`], 'echo upper > /in/word; cat /in/word')).toBe('upper');
  expect(readFileSync(`${directory}/word`, 'utf8')).toBe('lower\n');
});

check('--volume with nosuid, nodev, noexec', (podman) => {
  const directory = site.site.path(`flags-${podman.runtime}`);
  mkdirSync(directory);
  writeFileSync(`${directory}/program`, '#!/bin/sh\necho ran\n', { mode: 0o755 });
  const line = '/in/program 2>&1; grep " /in " /proc/self/mountinfo | cut -d" " -f6';
  const said = podman.lines(['--volume', `${directory}:/in:nosuid,nodev,noexec`], line);
  expect(said[0]).toMatch(/ermission denied/);
  expect(said[1]).toMatch(/nosuid,nodev,noexec/);
  expect(podman.lines(['--volume', `${directory}:/in:exec`], line)[0]).toBe('ran');
});

check('--volume onto a file, and onto what is not there', (podman) => {
  const file = site.site.path(`file-${podman.runtime}`);
  writeFileSync(file, 'of the host\n');
  const options = ['--volume', `${file}:/etc/passwd:ro`, '--volume', `${file}:/new/directory/file`];
  expect(podman.said(options, 'cat /etc/passwd /new/directory/file')).toBe('of the host\nof the host');
});

check('--mount type=tmpfs, --mount type=devpts', (podman) => {
  const options = [
    '--mount',
    'type=tmpfs,destination=/scratch,tmpfs-size=1m',
    '--mount',
    'type=devpts,destination=/pts',
  ];
  expect(podman.said(options, 'df /scratch | tail -1 | tr -s " " | cut -d" " -f2; ls /pts')).toBe('1024\nptmx');
});

check('--mount type=bind,bind-propagation=rslave', (podman) => {
  const options = ['--rm', '--mount', 'type=bind,source=/usr,target=/host,ro,bind-propagation=rslave'];
  const line = podman.run(options, 'grep', ' /host ', '/proc/self/mountinfo').ok().stdout;
  expect(line).toMatch(/ \/host ro,/);
});

const device = ['/dev/fuse', '/dev/loop-control'].find((path) => existsSync(path));
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

check('--shm-size', (podman) => {
  expect(podman.run(['--rm', '--shm-size', '1m'], 'df', '/dev/shm').ok().stdout).toMatch(/\s1024\s/);
});
