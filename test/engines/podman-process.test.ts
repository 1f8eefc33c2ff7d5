// What Podman asks for the process of a container, and for further ones.

import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import { until } from '../system/support/orlop.ts';
import { checks } from './support/check.ts';
import { type Podman, PodmanSite } from './support/podman.ts';
import { found } from './support/site.ts';

const site = new PodmanSite('podman-process');
beforeAll(() => site.ready());
afterAll(() => site.remove());
const check = checks<Podman>((runtime) => site.with(runtime));

const FOREVER = ['sleep', '1000'];

/** The line that `command` prints under these options. */
function said(podman: Podman, options: string[], line: string): string {
  return podman
    .run(['--rm', ...options], 'sh', '-c', line)
    .ok()
    .stdout.trim();
}

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
  expect(said(podman, ['--user', 'worker'], 'id')).toBe('uid=1000(worker) gid=1000(worker) groups=1000(worker)');
  expect(said(podman, ['--user', '7:8', '--group-add', '10'], 'id -u; id -g; id -G').split('\n')).toEqual([
    '7',
    '8',
    '8 10',
  ]);
});

check('--workdir, --env, HOME', (podman) => {
  expect(said(podman, ['--workdir', '/tmp', '--env', 'WORD=a b'], 'pwd; echo $WORD; echo $HOME')).toBe(
    '/tmp\na b\n/root',
  );
  expect(said(podman, ['--user', 'worker'], 'echo $HOME')).toBe('/home');
});

check('--hostname, --umask, --oom-score-adj', (podman) => {
  const options = ['--hostname', 'box', '--umask', '0027', '--oom-score-adj', '500'];
  expect(said(podman, options, 'hostname; umask; cat /proc/self/oom_score_adj')).toBe('box\n0027\n500');
});

check('--ulimit', (podman) => {
  expect(
    said(
      podman,
      ['--ulimit', 'nofile=100:200', '--ulimit', 'core=0:0', '--ulimit', 'nproc=4096:4096'],
      'ulimit -Sn; ulimit -Hn; ulimit -c',
    ),
  ).toBe('100\n200\n0');
});

check('--cap-drop, --cap-add', (podman) => {
  expect(said(podman, ['--cap-drop', 'all', '--cap-add', 'chown'], 'grep CapEff /proc/self/status')).toMatch(/0{15}1$/);
});

check('--security-opt no-new-privileges', (podman) => {
  const options = ['--security-opt', 'no-new-privileges'];
  expect(said(podman, options, 'grep NoNewPrivs /proc/self/status')).toMatch(/1$/);
});

check("Podman's own seccomp profile, and none", (podman) => {
  const line = 'grep ^Seccomp: /proc/self/status; mount -t tmpfs none /tmp 2>&1; unshare -m true 2>&1';
  const [mode, ...refused] = said(podman, [], `${line}; :`).split('\n');
  expect(mode).toMatch(/2$/);
  expect(refused.join()).toMatch(/not permitted|denied/);
  expect(said(podman, ['--security-opt', 'seccomp=unconfined'], line.split(';')[0] as string)).toMatch(/0$/);
});

check('--sysctl', (podman) => {
  expect(said(podman, ['--sysctl', 'kernel.msgmax=9000'], 'cat /proc/sys/kernel/msgmax')).toBe('9000');
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
  expect(said(podman, [], 'ls /proc/self/fd | wc -l')).toBe('4');
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
  expect(said(podman, ['--pid', `container:${first}`], 'cat /proc/1/cmdline | tr "\\0" " "')).toBe('sleep 1000');
});

check('--ipc=container:, --network=container:, --uts=container:', (podman) => {
  const first = podman.start(['--ipc', 'shareable', '--hostname', 'first'], ...FOREVER);
  const namespaces = 'readlink /proc/self/ns/ipc; readlink /proc/self/ns/net; hostname';
  const pid = podman.pid(first);
  const theirs = [readlinkSync(`/proc/${pid}/ns/ipc`), readlinkSync(`/proc/${pid}/ns/net`), 'first'].join('\n');
  const shared = [`--ipc=container:${first}`, `--network=container:${first}`, `--uts=container:${first}`];
  expect(said(podman, shared, namespaces)).toBe(theirs);
});

check('--pid=host, --network=host, --uts=host', (podman) => {
  const options = ['--pid', 'host', '--network', 'host', '--uts', 'host', '--ipc', 'host'];
  const output = said(podman, options, 'ls -d /proc/$PPID; ls /sys/class/net');
  expect(output.split('\n')).toContain('lo');
});

check('--privileged', (podman) => {
  const done = podman.run(
    ['--rm', '--privileged'],
    'sh',
    '-c',
    'mount -t tmpfs none /mnt 2>&1 || mount -t tmpfs none /tmp',
  );
  expect([done.status, done.stderr]).toEqual([0, '']);
});

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
  const inPod = () => said(podman, ['--pod', pod], line);
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
