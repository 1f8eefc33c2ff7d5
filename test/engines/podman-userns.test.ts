// What Podman asks for containers with a user namespace: --uidmap, --userns=auto, pods that share one.

import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { checks } from './support/check.ts';
import { type Podman, PodmanSite } from './support/podman.ts';
import { cgroupFile } from './support/site.ts';

const site = new PodmanSite('podman-userns');
const check = checks<Podman>((runtime) => site.with(runtime));

/** Where --userns=auto takes its ranges from. */
const FILES = ['/etc/subuid', '/etc/subgid'];
let kept: string[] = [];
beforeAll(() => {
  site.ready();
  kept = FILES.map((file) => readFileSync(file, 'utf8'));
  for (const [index, file] of FILES.entries()) {
    if (!kept[index]?.includes('containers:')) appendFileSync(file, 'containers:500000:1000000\n');
  }
});
afterAll(async () => {
  for (const [index, file] of FILES.entries()) writeFileSync(file, kept[index] ?? '');
  await site.remove();
});

const MAPPED = ['--uidmap', '0:300000:65536', '--gidmap', '0:400000:65536'];

check('--uidmap and --gidmap', (podman) => {
  expect(podman.lines(MAPPED, 'id -u; cat /proc/self/uid_map /proc/self/gid_map; stat -c %u:%g /etc /dev/pts')).toEqual(
    ['0', '0 300000 65536', '0 400000 65536', '0:0', '0:0'],
  );
});

check('--userns=auto', (podman) => {
  const [uid, map] = podman.lines(['--userns=auto:size=2000'], 'id -u; cat /proc/self/uid_map');
  expect(uid).toBe('0');
  expect(map).toMatch(/^0 \d{6,} 2000$/);
});

check('--user, and what it makes', (podman) => {
  expect(
    podman.lines([...MAPPED, '--user', 'worker'], 'id -u; touch /tmp/x 2>&1; grep Groups /proc/self/status'),
  ).toEqual(['1000', expect.anything(), 'Groups: 1000']);
});

check('exec, in the background and with a terminal', (podman) => {
  const name = podman.start(MAPPED, 'sleep', '1000');
  expect(podman.call(['exec', name, 'cat', '/proc/self/uid_map']).ok().stdout.trim().replaceAll(/\s+/g, ' ')).toBe(
    '0 300000 65536',
  );
  expect(podman.call(['exec', '--user', '1000', name, 'id', '-u']).ok().stdout).toBe('1000\n');
  expect(podman.callInTerminal(['exec', '-it', name, 'sh', '-c', 'read line; tty'], '\n').ok().stdout).toContain(
    '/dev/pts/0',
  );
  expect(statSync(`/proc/${podman.pid(name)}`).uid).toBe(300_000);
});

check('a terminal', (podman) => {
  const done = podman.callInTerminal(
    podman.runWords(['--rm', '-it', ...MAPPED], ['sh', '-c', 'read line; tty; stat -c %u /dev/console']),
    '\n',
  );
  expect(done.ok().stdout.replaceAll('\r', '')).toMatch(/\/dev\/(pts\/0|console)\n0\n/);
});

check('devices and volumes', (podman) => {
  const volume = podman.place.path(`volume-${podman.place.id()}`);
  mkdirSync(volume);
  chmodSync(volume, 0o777);
  const options = [...MAPPED, '--device', '/dev/fuse', '--volume', `${volume}:/in`];
  expect(
    podman.lines(options, 'test -c /dev/fuse && echo fuse; echo x > /dev/null; touch /in/made; stat -c %u /in/made'),
  ).toEqual(['fuse', '0']);
  expect([statSync(join(volume, 'made')).uid, statSync(join(volume, 'made')).gid]).toEqual([300_000, 400_000]);
});

check('--read-only, --tmpfs, --sysctl and limits', (podman) => {
  const options = [...MAPPED, '--read-only', '--tmpfs', '/scratch:size=1m', '--memory', '64m', '--pids-limit', '50'];
  expect(podman.lines(options, 'touch /x 2>&1 | grep -c Read-only; touch /scratch/x && echo made')).toEqual([
    '1',
    'made',
  ]);
});

check('--volume with idmap: files of the host belong to the same ids inside', (podman) => {
  const volume = podman.place.path(`volume-${podman.place.id()}`);
  mkdirSync(volume);
  writeFileSync(join(volume, 'word'), 'of the host\n');
  chownSync(join(volume, 'word'), 1000, 1001);
  const line = 'stat -c %u:%g /in/word; touch /in/made';
  expect(podman.lines([...MAPPED, '--volume', `${volume}:/in:idmap`], line)).toEqual(['1000:1001']);
  expect(statSync(join(volume, 'made')).uid).toBe(0);
});

check('--userns=container:', (podman) => {
  const first = podman.start(MAPPED, 'sleep', '1000');
  const namespace = readlinkSync(`/proc/${podman.pid(first)}/ns/user`);
  expect(podman.said([`--userns=container:${first}`], 'readlink /proc/self/ns/user')).toBe(namespace);
});

check("Podman's own seccomp profile, and its capabilities", (podman) => {
  const line = 'grep -E "^(CapEff|CapBnd|Seccomp):" /proc/self/status; linux64 -R true 2>&1; :';
  const said = podman.lines(MAPPED, line);
  expect(said[2]).toBe('Seccomp: 2');
  expect(said[3]).toMatch(/personality.*not implemented/);
  expect(said).toEqual(site.with('runc').lines(MAPPED, line));
});

check('pause, update, stats, top, kill', (podman) => {
  const name = podman.start([...MAPPED, '--memory', '64m'], 'sleep', '1000');
  podman.call(['pause', name]).ok();
  podman.call(['unpause', name]).ok();
  podman.call(['update', '--memory', '32m', name]).ok();
  const limit = cgroupFile(podman.pid(name), 'memory/memory.limit_in_bytes', 'memory.max');
  expect(limit).toBe(String(32 * 1024 * 1024));
  const format = '{{.PIDs}} {{.MemUsage}}';
  expect(podman.call(['stats', '--no-stream', '--format', format, name]).ok().stdout).toMatch(/^1 [1-9]/);
  expect(podman.call(['top', name, 'huser', 'args']).ok().stdout).toMatch(/300000\s+sleep 1000/);
  podman.call(['kill', name]).ok();
  expect(podman.call(['wait', name]).ok().stdout.trim()).toBe('137');
});

check('a pod whose containers share it', (podman) => {
  const pod = podman.place.id();
  const infra = ['--infra-image', 'localhost/orlop-test:latest', '--infra-command', 'sleep 1000'];
  // A pod's own cgroup Podman does not remove from every hierarchy, with either runtime.
  const parent = ['--share-parent=false', '--cgroup-parent', `/${podman.place.tag}`];
  podman.call(['pod', 'create', '--name', pod, ...parent, ...infra, ...MAPPED]).ok();
  const name = podman.place.id();
  podman.call(['run', '--detach', '--pod', pod, '--name', name, 'localhost/orlop-test:latest', 'sleep', '1000']).ok();
  const map = podman.call(['exec', name, 'cat', '/proc/self/uid_map']).ok().stdout.trim().replaceAll(/\s+/g, ' ');
  expect(map).toBe('0 300000 65536');
});
