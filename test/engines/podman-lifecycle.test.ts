// A container's life under Podman: from run to rm, with all signals between.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Result, until } from '../system/support/orlop.ts';
import { checks } from './support/check.ts';
import { IMAGE } from './support/image.ts';
import { type Podman, PodmanSite } from './support/podman.ts';
import { cgroupFile } from './support/site.ts';

const site = new PodmanSite('podman-lifecycle');
beforeAll(() => site.ready());
afterAll(() => site.remove());
const check = checks<Podman>((runtime) => site.with(runtime));

const FOREVER = ['sleep', '1000'];

check('run: output, errors, exit status', (podman) => {
  const done = podman.run(['--rm'], 'sh', '-c', 'echo out; echo err >&2; exit 7');
  expect(done.stdout).toBe('out\n');
  expect(done.stderr).toBe('err\n');
  expect(done.status).toBe(7);
});

check('run: is what podman inspect says', (podman) => {
  const name = podman.start([], ...FOREVER);
  expect(podman.inspect(name, '{{.OCIRuntime}} {{.State.Status}}')).toBe(`${podman.runtime} running`);
});

check('run -i: standard input', (podman) => {
  const done = podman.call(podman.runWords(['--rm', '--interactive'], ['cat']), { input: 'a line\n' }).ok();
  expect(done.stdout).toBe('a line\n');
});

check('run -it: a terminal', (podman) => {
  const line = 'tty; test -c /dev/console && echo console; read word; echo "got $word"; exit 5';
  const done = podman.callInTerminal(podman.runWords(['--rm', '-it'], ['sh', '-c', line]), 'hello\n');
  const said = done.stdout.replaceAll('\r', '').split('\n');
  expect(said).toEqual(expect.arrayContaining(['/dev/pts/0', 'console', 'got hello']));
  expect(done.status).toBe(5);
});

check('run -d, wait, logs', (podman) => {
  const name = podman.startShell([], 'echo one; echo two >&2; exit 3');
  expect(podman.call(['wait', name]).ok().stdout.trim()).toBe('3');
  const logs = podman.call(['logs', name]).ok();
  expect([logs.stdout, logs.stderr]).toEqual(['one\n', 'two\n']);
});

check('run -d --rm: removed when it ends', async (podman) => {
  const name = podman.start(['--rm'], 'true');
  await until('the container is removed', () => podman.call(['container', 'exists', name]).status === 1);
});

check('--restart on-failure:2', async (podman) => {
  const name = podman.startShell(['--restart', 'on-failure:2'], 'echo run; exit 4');
  await until('it has ended for good', () => podman.call(['logs', name]).stdout === 'run\nrun\nrun\n');
  podman.call(['wait', name]).ok();
  expect(podman.inspect(name, '{{.RestartCount}} {{.State.ExitCode}}')).toBe('2 4');
});

check('create, start --attach, and start once more', (podman) => {
  const name = podman.place.id();
  const [, ...words] = podman.runWords(['--name', name], ['sh', '-c', 'echo run; exit 4']);
  podman.call(['create', ...words]).ok();
  for (let round = 0; round < 2; round++) {
    const done = podman.call(['start', '--attach', name]);
    expect([done.stdout, done.status]).toEqual(['run\n', 4]);
  }
});

check('init without start, then start', (podman) => {
  const name = podman.place.id();
  const [, ...words] = podman.runWords(['--name', name], FOREVER);
  podman.call(['create', ...words]).ok();
  podman.call(['init', name]).ok();
  expect(podman.inspect(name, '{{.State.Status}}')).toBe('initialized');
  podman.call(['start', name]).ok();
  expect(podman.inspect(name, '{{.State.Status}}')).toBe('running');
});

check('rm of a container that was never started', (podman) => {
  const name = podman.place.id();
  const [, ...words] = podman.runWords(['--name', name], FOREVER);
  podman.call(['create', ...words]).ok();
  podman.call(['init', name]).ok();
  podman.call(['rm', '--force', '--time', '0', name]).ok();
});

check('stop: SIGTERM, and the status that comes of it', async (podman) => {
  const name = podman.startShell([], 'trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done');
  await until('it listens', () => podman.call(['logs', name]).stdout === 'ready\n');
  podman.call(['stop', '--time', '20', name]).ok();
  expect(podman.inspect(name, '{{.State.ExitCode}} {{.State.Status}}')).toBe('5 exited');
});

check('stop: SIGKILL when the time is over', (podman) => {
  const name = podman.start([], ...FOREVER);
  podman.call(['stop', '--time', '1', name]).ok();
  expect(podman.inspect(name, '{{.State.ExitCode}}')).toBe('137');
});

check('kill: SIGKILL', (podman) => {
  const name = podman.start([], ...FOREVER);
  podman.call(['kill', name]).ok();
  expect(podman.call(['wait', name]).ok().stdout.trim()).toBe('137');
});

check('kill -s USR1', async (podman) => {
  const name = podman.startShell([], 'trap "echo caught; exit 6" USR1; echo ready; while :; do sleep 0.1; done');
  await until('it listens', () => podman.call(['logs', name]).stdout === 'ready\n');
  podman.call(['kill', '--signal', 'USR1', name]).ok();
  expect(podman.call(['wait', name]).ok().stdout.trim()).toBe('6');
  expect(podman.call(['logs', name]).stdout).toBe('ready\ncaught\n');
});

check('kill of a stopped container is an error', (podman) => {
  const name = podman.start([], 'true');
  podman.call(['wait', name]).ok();
  expect(podman.call(['kill', name]).stderr).toContain('can only kill running containers');
});

check('restart', (podman) => {
  const name = podman.start([], ...FOREVER);
  const before = podman.pid(name);
  podman.call(['restart', '--time', '0', name]).ok();
  expect(podman.pid(name)).not.toBe(before);
  expect(podman.inspect(name, '{{.State.Status}}')).toBe('running');
});

check('rm -f of a running container', (podman) => {
  const name = podman.start([], ...FOREVER);
  const pid = podman.pid(name);
  podman.call(['rm', '--force', '--time', '0', name]).ok();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

check('pause, unpause', (podman) => {
  const name = podman.start([], ...FOREVER);
  const pid = podman.pid(name);
  podman.call(['pause', name]).ok();
  expect(podman.inspect(name, '{{.State.Status}}')).toBe('paused');
  expect(cgroupFile(pid, 'freezer/freezer.state', 'cgroup.freeze')).toMatch(/^(FROZEN|1)$/);
  podman.call(['unpause', name]).ok();
  expect(podman.inspect(name, '{{.State.Status}}')).toBe('running');
  expect(cgroupFile(pid, 'freezer/freezer.state', 'cgroup.freeze')).toMatch(/^(THAWED|0)$/);
});

check('rm -f of a paused container', (podman) => {
  const name = podman.start([], ...FOREVER);
  podman.call(['pause', name]).ok();
  podman.call(['rm', '--force', '--time', '0', name]).ok();
});

check('top', (podman) => {
  const name = podman.start([], ...FOREVER);
  const lines = podman.call(['top', name, 'pid', 'args']).ok().lines;
  expect(lines[1]).toMatch(/^1\s+sleep 1000/);
});

check('stats', (podman) => {
  const name = podman.start(['--memory', '64m'], ...FOREVER);
  const format = '{{.Name}} {{.PIDs}} {{.MemUsage}}';
  expect(podman.call(['stats', '--no-stream', '--format', format, name]).ok().stdout).toMatch(/ 1 .*\/ 67\.11MB/);
});

check('attach', (podman) => {
  const name = podman.startShell(['--interactive'], 'read word; echo "got $word"; exit 9');
  expect(podman.call(['attach', name], { input: 'hello\n' }).stdout).toContain('got hello\n');
  expect(podman.call(['wait', name]).ok().stdout.trim()).toBe('9');
});

check('ten containers, one command', (podman) => {
  const names = Array.from({ length: 10 }, () => podman.start([], ...FOREVER));
  podman.call(['rm', '--force', '--time', '0', ...names]).ok();
});

check('cp, commit of a running container', (podman) => {
  const name = podman.startShell([], 'echo made > /made; sleep 1000');
  const image = `localhost/${name}`;
  podman.call(['exec', name, 'sh', '-c', 'until test -e /made; do sleep 0.1; done']).ok();
  podman.call(['cp', '/etc/hostname', `${name}:/copied`]).ok();
  expect(podman.call(['exec', name, 'cat', '/copied']).ok().stdout).toBe(readFileSync('/etc/hostname', 'utf8'));
  podman.call(['commit', '--pause', name, image]).ok();
  expect(
    podman.call(['run', '--rm', '--cgroup-parent', `/${podman.place.tag}`, image, 'cat', '/made']).ok().stdout,
  ).toBe('made\n');
  podman.call(['rmi', image]).ok();
});

check('build: RUN, by Buildah', (podman) => {
  const directory = podman.place.path(podman.place.id('build'));
  const image = `localhost/${podman.runtime}`;
  mkdirSync(directory);
  const build = (...steps: string[]): Result => {
    writeFileSync(join(directory, 'Containerfile'), [`FROM ${IMAGE}`, ...steps].join('\n'));
    const limits = ['nofile=1024:1024', 'nproc=4096:4096'].flatMap((limit) => ['--ulimit', limit]);
    // Buildah's container has this very cgroup: a runtime removes it.
    const cgroup = ['--cgroup-parent', `/${podman.place.tag}/${podman.place.id('build')}`];
    const options = ['--isolation', 'oci', '--network', 'none', '--layers=false', '--no-cache', '--force-rm'];
    return podman.call(['build', ...options, ...limits, ...cgroup, '--tag', image, directory]);
  };
  expect(build('RUN echo made > /made; id -u', 'USER worker', 'RUN id -u').ok().stdout).toMatch(/^0$[\s\S]*^1000$/m);
  expect(
    podman.call(['run', '--rm', '--cgroup-parent', `/${podman.place.tag}`, image, 'cat', '/made']).ok().stdout,
  ).toBe('made\n');
  podman.call(['rmi', image]).ok();
  const failed = build('RUN exit 7');
  expect(failed.status).not.toBe(0);
  expect(failed.stderr).toMatch(/exit status 7/);
});
