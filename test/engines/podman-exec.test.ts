// Further processes in a container of Podman.

import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import { until } from '../system/support/orlop.ts';
import { checks } from './support/check.ts';
import { type Podman, PodmanSite } from './support/podman.ts';

const site = new PodmanSite('podman-exec');
beforeAll(() => site.ready());
afterAll(() => site.remove());
const check = checks<Podman>((runtime) => site.with(runtime));

const FOREVER = ['sleep', '1000'];

check('exec: output and exit status', (podman) => {
  const name = podman.start([], ...FOREVER);
  const done = podman.call(['exec', name, 'sh', '-c', 'echo out; echo err >&2; exit 8']);
  expect([done.stdout, done.stderr, done.status]).toEqual(['out\n', 'err\n', 8]);
});

check('exec -i: standard input', (podman) => {
  const name = podman.start([], ...FOREVER);
  expect(podman.call(['exec', '--interactive', name, 'cat'], { input: 'a line\n' }).ok().stdout).toBe('a line\n');
});

check('exec -it: a terminal', (podman) => {
  const name = podman.start([], ...FOREVER);
  const line = 'tty; read word; echo "got $word"; exit 4';
  const done = podman.callInTerminal(['exec', '-it', name, 'sh', '-c', line], 'hello\n');
  expect(done.stdout).toMatch(/\/dev\/pts\/\d[\s\S]*got hello/);
  expect(done.status).toBe(4);
});

check('exec -d', async (podman) => {
  const name = podman.start([], ...FOREVER);
  podman.call(['exec', '--detach', name, 'sh', '-c', 'echo done > /tmp/word']).ok();
  await until('the file is written', () => podman.call(['exec', name, 'cat', '/tmp/word']).stdout === 'done\n');
});

check('exec --user --workdir --env', (podman) => {
  const name = podman.start([], ...FOREVER);
  const options = ['--user', 'worker', '--workdir', '/tmp', '--env', 'WORD=x'];
  const done = podman.call(['exec', ...options, name, 'sh', '-c', 'id -un; pwd; echo $WORD']).ok();
  expect(done.stdout).toBe('worker\n/tmp\nx\n');
});

check('exec --preserve-fds', (podman) => {
  const name = podman.start([], ...FOREVER);
  const file = site.site.path('preserved');
  writeFileSync(file, 'of the caller\n');
  const fd = openSync(file, 'r');
  try {
    const words = ['exec', '--preserve-fds', '1', name, 'sh', '-c', 'cat <&3; ls /proc/self/fd | wc -l'];
    // ls has one more for the directory
    expect(podman.call(words, { fds: [fd] }).ok().stdout).toBe('of the caller\n5\n');
  } finally {
    closeSync(fd);
  }
});

check('exec --privileged', (podman) => {
  const name = podman.start([], ...FOREVER);
  const line = 'grep CapEff /proc/self/status';
  const all = readFileSync('/proc/self/status', 'utf8')
    .match(/^CapPrm:.*$/m)?.[0]
    .replace('CapPrm', 'CapEff');
  expect(podman.call(['exec', '--privileged', name, 'sh', '-c', line]).ok().stdout).toBe(`${all}\n`);
});

check('exec has the limits and the seccomp profile of the container', (podman) => {
  const name = podman.start(
    ['--ulimit', 'nofile=100:200', '--ulimit', 'nproc=4096:4096', '--cap-drop', 'all'],
    ...FOREVER,
  );
  const line = 'ulimit -Sn; ulimit -Hn; grep -E "^(CapEff|Seccomp):" /proc/self/status; linux64 -R true 2>&1; :';
  const done = podman.call(['exec', name, 'sh', '-c', line]).ok();
  expect(done.lines.slice(0, 4)).toEqual(['100', '200', 'CapEff:\t0000000000000000', 'Seccomp:\t2']);
  expect(done.lines[4]).toMatch(/personality.*not implemented/);
});

check('exec in a paused container is an error', (podman) => {
  const name = podman.start([], ...FOREVER);
  podman.call(['pause', name]).ok();
  expect(podman.call(['exec', name, 'true']).status).toBe(255);
  podman.call(['unpause', name]).ok();
  podman.call(['exec', name, 'true']).ok();
});

check('exec -d of many, which end with the container', (podman) => {
  const name = podman.start([], ...FOREVER);
  for (let count = 0; count < 5; count++) podman.call(['exec', '--detach', name, ...FOREVER]).ok();
  expect(
    podman
      .call(['top', name, 'pid'])
      .ok()
      .lines.filter((line) => /\d/.test(line)),
  ).toHaveLength(6);
  podman.call(['kill', name]).ok();
  expect(podman.call(['wait', name]).ok().stdout.trim()).toBe('137');
});

check('exec is in the namespaces and the cgroup', (podman) => {
  const name = podman.start([], ...FOREVER);
  const line =
    'for n in cgroup ipc mnt net pid uts; do [ $(readlink /proc/1/ns/$n) = $(readlink /proc/self/ns/$n) ] || echo $n; done';
  const done = podman.call(['exec', name, 'sh', '-c', `${line}; cmp /proc/1/cgroup /proc/self/cgroup`]).ok();
  expect(done.stdout).toBe('');
});

check('exec of a program that is not there: 127', (podman) => {
  const name = podman.start([], ...FOREVER);
  const done = podman.call(['exec', name, 'no-such-program']);
  expect(done.status).toBe(127);
  expect(done.stderr).toMatch(/no-such-program.*executable file not found/);
});

check('exec of a file that is no program: 126', (podman) => {
  const name = podman.start([], ...FOREVER);
  const done = podman.call(['exec', name, '/etc/not-executable']);
  expect(done.status).toBe(126);
  expect(done.stderr).toMatch(/permission denied/i);
});
