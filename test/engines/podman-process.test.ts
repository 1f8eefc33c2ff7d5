// What Podman asks for the process of a container, and for further ones.

import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import { until } from '../system/support/orlop.ts';
import { checks } from './support/check.ts';
import { type Podman, PodmanSite } from './support/podman.ts';
import { found } from './support/site.ts';

const site = new PodmanSite('podman-process');
let rootfs = '';
beforeAll(() => {
  site.ready();
  rootfs = site.site.place.bundle().rootfs;
});
afterAll(() => site.remove());
const check = checks<Podman>((runtime) => site.with(runtime));

const FOREVER = ['sleep', '1000'];
const isV2 = existsSync('/sys/fs/cgroup/cgroup.controllers');

check('a program that is not there: 127', (podman) => {
  const done = podman.run(['--rm'], '/no/such/program');
  expect(done.status).toBe(127);
  expect(done.stderr).toMatch(/\/no\/such\/program.*no such file or directory/i);
});

check('a program that is not in PATH: 127', (podman) => {
  const done = podman.run(['--rm'], 'no-such-program');
  expect(done.status).toBe(127);
  expect(done.stderr).toMatch(/no-such-program.*executable file not found/);
});

check('a file that is no program: 126', (podman) => {
  const done = podman.run(['--rm'], '/etc/not-executable');
  expect(done.status).toBe(126);
  expect(done.stderr).toMatch(/\/etc\/not-executable.*permission denied/i);
});

check('a directory for a program: 126', (podman) => {
  const done = podman.run(['--rm'], '/etc');
  expect(done.status).toBe(126);
  expect(done.stderr).toMatch(/Error: .*\/etc.*(permission denied|is a directory)/i);
});

check('--entrypoint', (podman) => {
  expect(podman.run(['--rm', '--entrypoint', '["/bin/echo","a"]'], 'b').ok().stdout).toBe('a b\n');
});

check('--user with name, with numbers, --group-add', (podman) => {
  expect(podman.said(['--user', 'worker'], 'id')).toBe('uid=1000(worker) gid=1000(worker) groups=1000(worker)');
  expect(podman.said(['--user', '7:8', '--group-add', '10'], 'id -u; id -g; id -G').split('\n')).toEqual([
    '7',
    '8',
    '8 10',
  ]);
});

check('--workdir, --env, HOME', (podman) => {
  expect(podman.said(['--workdir', '/tmp', '--env', 'WORD=a b'], 'pwd; echo $WORD; echo $HOME')).toBe(
    '/tmp\na b\n/root',
  );
  expect(podman.said(['--user', 'worker'], 'echo $HOME')).toBe('/home');
});

check('--hostname, --umask, --oom-score-adj', (podman) => {
  const options = ['--hostname', 'box', '--umask', '0027', '--oom-score-adj', '500'];
  expect(podman.said(options, 'hostname; umask; cat /proc/self/oom_score_adj')).toBe('box\n0027\n500');
});

check('--ulimit', (podman) => {
  expect(
    podman.said(
      ['--ulimit', 'nofile=100:200', '--ulimit', 'core=0:0', '--ulimit', 'nproc=4096:4096'],
      'ulimit -Sn; ulimit -Hn; ulimit -c',
    ),
  ).toBe('100\n200\n0');
});

check('--tz, --pidfile, --annotation, --secret', (podman) => {
  const file = site.site.path(`pid-${podman.runtime}`);
  const secret = podman.place.id('secret');
  podman.call(['secret', 'create', secret, '/etc/hostname']).ok();
  const options = ['--pidfile', file, '--annotation', 'org.example=x', '--secret', `${secret},type=mount`];
  const name = podman.start([...options, '--tz', 'local'], ...FOREVER);
  expect(readFileSync(file, 'utf8')).toBe(String(podman.pid(name)));
  expect(podman.call(['exec', name, 'cat', `/run/secrets/${secret}`]).ok().stdout).toBe(
    readFileSync('/etc/hostname', 'utf8'),
  );
  podman.call(['secret', 'rm', secret]).ok();
});

check('--timeout', (podman) => {
  const name = podman.start(['--timeout', '2'], ...FOREVER);
  // What conmon says of one that it has ended.
  expect(podman.call(['wait', name]).ok().stdout.trim()).toBe('-1');
});

check('--hooks-dir: hooks of all kinds', (podman) => {
  const directory = site.site.path(`hooks-${podman.runtime}`);
  const log = `${directory}.log`;
  mkdirSync(directory);
  const stages = ['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop'];
  for (const stage of stages) {
    const hook = { path: '/bin/sh', args: ['sh', '-c', `read state; echo "${stage} $state" >> ${log}`] };
    const when = { always: true };
    writeFileSync(`${directory}/${stage}.json`, JSON.stringify({ version: '1.0.0', hook, when, stages: [stage] }));
  }
  const name = podman.place.id();
  const [, ...words] = podman.runWords(['--rm', '--name', name], ['true']);
  podman.call(['--hooks-dir', directory, 'run', ...words]).ok();
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => line.split(' ')[0])).toEqual(stages);
  for (const line of lines) expect(line).toMatch(/"status": ?"(creating|created|running|stopped)"/);
});

check('--systemd=always', (podman) => {
  const name = podman.start(['--systemd', 'always'], ...FOREVER);
  const line = 'echo $container; for p in /run /run/lock /tmp; do grep -c " $p .* tmpfs " /proc/self/mountinfo; done';
  expect(podman.call(['exec', name, 'sh', '-c', line]).ok().stdout).toBe('podman\n1\n1\n1\n');
  const cgroup = isV2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/systemd';
  podman.call(['exec', name, 'mkdir', `${cgroup}/of-its-own`]).ok();
  podman.call(['exec', name, 'rmdir', `${cgroup}/of-its-own`]).ok();
});

check('--rootfs', (podman) => {
  const [, ...words] = podman.runWords(['--rm', '--rootfs'], []);
  const done = podman.call(['run', ...words.slice(0, -1), rootfs, 'ls', '/bin/busybox']).ok();
  expect(done.stdout).toBe('/bin/busybox\n');
});

check('--preserve-fds', (podman) => {
  const file = site.site.path('preserved');
  writeFileSync(file, 'of the caller\n');
  const fd = openSync(file, 'r');
  try {
    const words = podman.runWords(['--rm', '--preserve-fds', '1'], ['sh', '-c', 'cat <&3; ls /proc/self/fd | wc -l']);
    // ls has one more for the directory
    expect(podman.call(words, { fds: [fd] }).ok().stdout).toBe('of the caller\n5\n');
  } finally {
    closeSync(fd);
  }
});

check('no fd but 0 to 2 without --preserve-fds', (podman) => {
  expect(podman.said([], 'ls /proc/self/fd | wc -l')).toBe('4');
});

const init = found('catatonit');
check(
  '--init',
  (podman) => {
    const name = podman.start(['--init', '--init-path', init as string], ...FOREVER);
    const lines = podman.call(['top', name, 'pid', 'args']).ok().lines.slice(1);
    expect(lines[0]).toMatch(/^1\s+.*(init|catatonit)/);
    podman.call(['stop', '--time', '20', name]).ok();
    expect(podman.inspect(name, '{{.State.ExitCode}}')).toBe('143');
  },
  init ? undefined : 'catatonit is missing: apt-get install catatonit',
);

check('--pid=container:', (podman) => {
  const first = podman.start([], ...FOREVER);
  expect(podman.said(['--pid', `container:${first}`], 'cat /proc/1/cmdline | tr "\\0" " "')).toBe('sleep 1000');
});

check('--ipc=container:, --network=container:, --uts=container:', (podman) => {
  const first = podman.start(['--ipc', 'shareable', '--hostname', 'first'], ...FOREVER);
  const namespaces = 'readlink /proc/self/ns/ipc; readlink /proc/self/ns/net; hostname';
  const pid = podman.pid(first);
  const theirs = [readlinkSync(`/proc/${pid}/ns/ipc`), readlinkSync(`/proc/${pid}/ns/net`), 'first'].join('\n');
  const shared = [`--ipc=container:${first}`, `--network=container:${first}`, `--uts=container:${first}`];
  expect(podman.said(shared, namespaces)).toBe(theirs);
});

check('--pid=host, --network=host, --uts=host', (podman) => {
  const options = ['--pid', 'host', '--network', 'host', '--uts', 'host', '--ipc', 'host'];
  const output = podman.said(options, 'ls -d /proc/$PPID; ls /sys/class/net');
  expect(output.split('\n')).toContain('lo');
});

check('health check', (podman) => {
  const options = ['--health-cmd', 'test -e /tmp/healthy', '--health-interval', 'disable', '--health-retries', '1'];
  const name = podman.start(options, ...FOREVER);
  expect(podman.call(['healthcheck', 'run', name]).status).toBe(1);
  podman.call(['exec', name, 'touch', '/tmp/healthy']).ok();
  podman.call(['healthcheck', 'run', name]).ok();
});

check('a pod shares its namespaces', (podman) => {
  const pod = podman.place.id('pod');
  const infra = ['--infra-image', 'localhost/orlop-test:latest', '--infra-command', 'sleep 1000'];
  // A pod's own cgroup Podman does not remove from every hierarchy, with either runtime.
  const shared = ['--share-parent=false', '--share', 'ipc,net,uts', '--hostname', 'pod', '--network', 'none'];
  podman.call(['pod', 'create', '--name', pod, '--cgroup-parent', `/${podman.place.tag}`, ...infra, ...shared]).ok();
  const line = 'hostname; readlink /proc/self/ns/ipc; readlink /proc/self/ns/net';
  const inPod = () => podman.said(['--pod', pod], line);
  const first = inPod();
  expect(first).toMatch(/^pod\nipc:.*\nnet:.*$/);
  expect(inPod()).toBe(first);
  podman.call(['pod', 'rm', '--force', '--time', '0', pod]).ok();
});

const RECEIVER = `
use Socket; my $path = shift;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!; bind($s, pack_sockaddr_un($path)) or die $!;
alarm 30; my $text = ''; until ($text =~ /READY=1/) { recv($s, $text, 1000, 0); print "$text\\n" }`;

const SENDER = `
use Socket; socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!;
send($s, "READY=1", 0, pack_sockaddr_un($ENV{NOTIFY_SOCKET})) or die $!; sleep 1000`;

/** The image has nothing that sends to a socket: it borrows Perl of the host, with its loader and its libraries. */
const perl = found('perl');
check(
  '--sdnotify=container',
  async (podman) => {
    const socket = site.site.path(`notify-${podman.runtime}`);
    const child = spawn(perl as string, ['-e', RECEIVER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    try {
      await until('the receiver listens', () => existsSync(socket));
      const lib = '/host/lib/x86_64-linux-gnu';
      const borrowed = [`${lib}/ld-linux-x86-64.so.2`, '--library-path', lib];
      const words = podman.runWords(
        ['--detach', '--sdnotify', 'container', '--volume', '/usr:/host:ro'],
        [...borrowed, '/host/bin/perl', '-I', `${lib}/perl-base`, '-e', SENDER],
      );
      podman.call(words, { env: { NOTIFY_SOCKET: socket } }).ok();
      await ended;
      expect(text).toMatch(/READY=1/);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  },
  perl && process.arch === 'x64' ? undefined : 'Perl of an x86-64 Debian is missing',
);
