// What Podman asks for containers with a user namespace: --uidmap, --userns=auto, pods that share one.

import { appendFileSync, chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { checks } from './support/check.ts';
import { type Podman, PodmanSite } from './support/podman.ts';

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

/** The lines that `line` prints in a container with these options. */
function said(podman: Podman, options: string[], line: string): string[] {
  return podman
    .run(['--rm', ...options], 'sh', '-c', line)
    .ok()
    .stdout.trim()
    .split('\n')
    .map((one) => one.trim().replaceAll(/\s+/g, ' '));
}

check('--uidmap and --gidmap', (podman) => {
  expect(said(podman, MAPPED, 'id -u; cat /proc/self/uid_map /proc/self/gid_map; stat -c %u:%g /etc /dev/pts')).toEqual(
    ['0', '0 300000 65536', '0 400000 65536', '0:0', '0:0'],
  );
});

check('--userns=auto', (podman) => {
  const [uid, map] = said(podman, ['--userns=auto:size=2000'], 'id -u; cat /proc/self/uid_map');
  expect(uid).toBe('0');
  expect(map).toMatch(/^0 \d{6,} 2000$/);
});

check('--user, and what it makes', (podman) => {
  expect(
    said(podman, [...MAPPED, '--user', 'worker'], 'id -u; touch /tmp/x 2>&1; grep Groups /proc/self/status'),
  ).toEqual(['1000', expect.anything(), 'Groups: 1000']);
});

check('exec, in the background and with a terminal', (podman) => {
  const name = podman.start(MAPPED, 'sleep', '1000');
  expect(podman.call(['exec', name, 'cat', '/proc/self/uid_map']).ok().stdout.trim().replaceAll(/\s+/g, ' ')).toBe(
    '0 300000 65536',
  );
  expect(podman.call(['exec', '--user', '1000', name, 'id', '-u']).ok().stdout).toBe('1000\n');
  expect(podman.callInTerminal(['exec', '-it', name, 'tty']).ok().stdout).toContain('/dev/pts/0');
  expect(statSync(`/proc/${podman.pid(name)}`).uid).toBe(300_000);
});

check('a terminal', (podman) => {
  const done = podman.callInTerminal(
    podman.runWords(['--rm', '-it', ...MAPPED], ['sh', '-c', 'tty; stat -c %u /dev/console']),
  );
  expect(done.ok().stdout.replaceAll('\r', '')).toMatch(/\/dev\/(pts\/0|console)\n0\n/);
});

check('devices and volumes', (podman) => {
  const volume = podman.place.path(`volume-${podman.place.id()}`);
  mkdirSync(volume);
  chmodSync(volume, 0o777);
  const options = [...MAPPED, '--device', '/dev/fuse', '--volume', `${volume}:/in`];
  expect(
    said(podman, options, 'test -c /dev/fuse && echo fuse; echo x > /dev/null; touch /in/made; stat -c %u /in/made'),
  ).toEqual(['fuse', '0']);
  expect([statSync(join(volume, 'made')).uid, statSync(join(volume, 'made')).gid]).toEqual([300_000, 400_000]);
});

check('--read-only, --tmpfs, --sysctl and limits', (podman) => {
  const options = [...MAPPED, '--read-only', '--tmpfs', '/scratch:size=1m', '--memory', '64m', '--pids-limit', '50'];
  expect(said(podman, options, 'touch /x 2>&1 | grep -c Read-only; touch /scratch/x && echo made')).toEqual([
    '1',
    'made',
  ]);
});

check('a pod whose containers share it', (podman) => {
  const pod = podman.place.id();
  const infra = ['--infra-image', 'localhost/orlop-test:latest', '--infra-command', 'sleep 1000'];
  podman.call(['pod', 'create', '--name', pod, '--cgroup-parent', `/${podman.place.tag}`, ...infra, ...MAPPED]).ok();
  const name = podman.place.id();
  podman.call(['run', '--detach', '--pod', pod, '--name', name, 'localhost/orlop-test:latest', 'sleep', '1000']).ok();
  const map = podman.call(['exec', name, 'cat', '/proc/self/uid_map']).ok().stdout.trim().replaceAll(/\s+/g, ' ');
  expect(map).toBe('0 300000 65536');
});
