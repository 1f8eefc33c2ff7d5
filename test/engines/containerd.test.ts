// containerd and its shim, by ctr. It has no command for limits of a running container, and forgets --runc-binary over
// --uidmap: Podman's checks have both.

import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import { until } from '../system/support/orlop.ts';
import { checks } from './support/check.ts';
import { ContainerdSite, type Ctr } from './support/containerd.ts';
import { IMAGE } from './support/image.ts';
import { cgroupFile } from './support/site.ts';

const site = new ContainerdSite('containerd');
let rootfs = '';
beforeAll(async () => {
  await site.ready();
  rootfs = site.site.place.bundle().rootfs;
});
afterAll(() => site.remove());
const check = checks<Ctr>((runtime) => site.with(runtime));

const FOREVER = ['sleep', '1000'];

check('run: output, errors, exit status', (ctr) => {
  const done = ctr.run([], 'sh', '-c', 'echo out; echo err >&2; exit 7');
  expect([done.stdout, done.stderr, done.status]).toEqual(['out\n', 'err\n', 7]);
});

check('run --tty', (ctr) => {
  const line = 'tty; test -c /dev/console && echo console; read word; echo "got $word"; exit 5';
  const words = ctr.runWords(['--rm', '--tty'], ctr.place.id(), ['sh', '-c', line]);
  const done = ctr.callInTerminal(words, 'hello\n');
  const said = done.stdout.replaceAll('\r', '').split('\n');
  expect(said).toEqual(expect.arrayContaining(['/dev/pts/0', 'console', 'got hello']));
  expect(done.status).toBe(5);
});

check('run --detach, task list, kill, delete', async (ctr) => {
  const id = ctr.start([], ...FOREVER);
  expect(ctr.task(id)?.status).toBe('RUNNING');
  ctr.call(['task', 'kill', '--signal', 'SIGKILL', id]).ok();
  await until('the task has stopped', () => ctr.task(id)?.status === 'STOPPED');
  expect(ctr.call(['task', 'delete', id]).stderr).toMatch(/exit code 137/);
  expect(ctr.task(id)).toBeUndefined();
});

check('kill: SIGTERM, and the status that comes of it', async (ctr) => {
  const id = ctr.start([], 'sh', '-c', 'trap "exit 6" TERM; touch /ready; while :; do sleep 0.1; done');
  const pid = ctr.task(id)?.pid as number;
  await until('it listens', () => existsSync(`/proc/${pid}/root/ready`));
  ctr.call(['task', 'kill', id]).ok();
  await until('the task has stopped', () => ctr.task(id)?.status === 'STOPPED');
  expect(ctr.call(['task', 'delete', id]).stderr).toMatch(/exit code 6/);
});

check('kill --all', async (ctr) => {
  const id = ctr.start([], 'sh', '-c', 'sleep 1000 & wait');
  ctr.call(['task', 'kill', '--all', '--signal', 'SIGKILL', id]).ok();
  await until('the task has stopped', () => ctr.task(id)?.status === 'STOPPED');
});

check('task delete --force of a running task', (ctr) => {
  const id = ctr.start([], ...FOREVER);
  const pid = ctr.task(id)?.pid as number;
  ctr.call(['task', 'delete', '--force', id]);
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

check('a program that is not there', (ctr) => {
  const done = ctr.run([], '/no/such/program');
  expect(done.status).toBe(1);
  expect(done.stderr).toMatch(/\/no\/such\/program.*no such file or directory/i);
});

check('a program that is not in PATH', (ctr) => {
  expect(ctr.run([], 'no-such-program').stderr).toMatch(/no-such-program.*executable file not found/);
});

check('a file that is no program', (ctr) => {
  expect(ctr.run([], '/etc/not-executable').stderr).toMatch(/\/etc\/not-executable.*permission denied/i);
});

check('exec: output and exit status', (ctr) => {
  const id = ctr.start([], ...FOREVER);
  const done = ctr.exec(id, [], 'sh', '-c', 'echo out; echo err >&2; exit 8');
  expect([done.stdout, done.stderr, done.status]).toEqual(['out\n', 'err\n', 8]);
});

check('exec --user --cwd', (ctr) => {
  const id = ctr.start([], ...FOREVER);
  expect(ctr.exec(id, ['--user', '1000:1000', '--cwd', '/tmp'], 'sh', '-c', 'id -u; pwd').ok().stdout).toBe(
    '1000\n/tmp\n',
  );
});

check('exec --tty', (ctr) => {
  const id = ctr.start([], ...FOREVER);
  const words = ['--tty', '--exec-id', ctr.place.id('exec'), '--fifo-dir', site.site.path('fifo')];
  const done = ctr.callInTerminal(['task', 'exec', ...words, id, 'sh', '-c', 'read line; tty; exit 4'], '\n');
  expect(done.stdout).toMatch(/\/dev\/pts\/\d/);
  expect(done.status).toBe(4);
});

check('exec --detach, which ends with the task', (ctr) => {
  const id = ctr.start([], ...FOREVER);
  const words = ['--detach', '--exec-id', ctr.place.id('exec'), '--fifo-dir', site.site.path('fifo')];
  ctr.call(['task', 'exec', ...words, id, ...FOREVER]).ok();
  expect(ctr.call(['task', 'ps', id]).ok().lines.slice(1)).toHaveLength(2);
});

check('exec of a program that is not there', (ctr) => {
  const id = ctr.start([], ...FOREVER);
  expect(ctr.exec(id, [], 'no-such-program').stderr).toMatch(/no-such-program.*executable file not found/);
});

check('pause, resume', (ctr) => {
  const id = ctr.start([], ...FOREVER);
  const pid = ctr.task(id)?.pid as number;
  ctr.call(['task', 'pause', id]).ok();
  expect(ctr.task(id)?.status).toBe('PAUSED');
  expect(cgroupFile(pid, 'freezer/freezer.state', 'cgroup.freeze')).toMatch(/^(FROZEN|1)$/);
  ctr.call(['task', 'resume', id]).ok();
  expect(ctr.task(id)?.status).toBe('RUNNING');
});

check('task ps', async (ctr) => {
  const id = ctr.start([], 'sh', '-c', 'sleep 1000 & wait');
  const pids = (): string[] => ctr.call(['task', 'ps', id]).ok().lines.slice(1);
  await until('it has a child', () => pids().length === 2);
  expect(pids()[0]).toMatch(new RegExp(`^${ctr.task(id)?.pid}\\b`));
});

check('task metrics', (ctr) => {
  const id = ctr.start(['--memory-limit', '67108864'], ...FOREVER);
  const metrics = ctr.call(['task', 'metrics', '--format', 'json', id]).ok().stdout;
  expect(metrics).toMatch(/67108864/);
});

check('--memory-limit, --cpus, --cpu-shares', (ctr) => {
  const id = ctr.start(['--memory-limit', '67108864', '--cpus', '0.5', '--cpu-shares', '512'], ...FOREVER);
  const pid = ctr.task(id)?.pid as number;
  expect(cgroupFile(pid, 'memory/memory.limit_in_bytes', 'memory.max')).toBe('67108864');
  expect(cgroupFile(pid, 'cpu/cpu.cfs_quota_us', 'cpu.max')).toMatch(/^50000/);
  expect(cgroupFile(pid, 'cpu/cpu.shares', 'cpu.weight')).toMatch(/^(512|20)$/);
});

check('--read-only, --cwd, --env, --mount', (ctr) => {
  const mount = 'type=bind,src=/usr,dst=/mnt,options=rbind:ro';
  const options = ['--read-only', '--cwd', '/tmp', '--env', 'WORD=x', '--mount', mount];
  const done = ctr.run(options, 'sh', '-c', 'pwd; echo $WORD; ls -d /mnt/bin; touch /file');
  expect(done.stdout).toBe('/tmp\nx\n/mnt/bin\n');
  expect(done.stderr).toMatch(/Read-only file system/);
});

const PERSONALITY = 'grep ^Seccomp: /proc/self/status; linux64 -R echo changed 2>&1; :';

check("containerd's own seccomp profile: --seccomp", (ctr) => {
  expect(ctr.lines(['--seccomp'], PERSONALITY)).toEqual([
    'Seccomp: 2',
    expect.stringMatching(/personality.*(not permitted|not implemented)/),
  ]);
  expect(ctr.lines([], PERSONALITY)).toEqual(['Seccomp: 0', 'changed']);
});

check('--seccomp --seccomp-profile', (ctr) => {
  const file = site.site.path('profile.json');
  const rule = { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 };
  writeFileSync(file, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule] }));
  expect(ctr.lines(['--seccomp', '--seccomp-profile', file], 'mkdir /tmp/x 2>&1; linux64 -R echo changed')).toEqual([
    expect.stringMatching(/mkdir.*No space left/),
    'changed',
  ]);
});

check('exec under a seccomp profile', (ctr) => {
  const id = ctr.start(['--seccomp'], ...FOREVER);
  const done = ctr.exec(id, [], 'sh', '-c', 'linux64 -R true').stderr;
  expect(done).toMatch(/personality.*(not permitted|not implemented)/);
});

check('--cap-add, --cap-drop, --allow-new-privs', (ctr) => {
  const line = 'grep -E "^(CapEff|NoNewPrivs):" /proc/self/status';
  const [usual, privileges] = ctr.lines([], line);
  expect(privileges).toBe('NoNewPrivs: 1');
  const options = ['--cap-add', 'CAP_SYS_TIME', '--cap-drop', 'CAP_CHOWN', '--allow-new-privs'];
  const changed = (BigInt(`0x${usual?.split(' ')[1]}`) | (1n << 25n)) & ~1n;
  expect(ctr.lines(options, line)).toEqual([`CapEff: ${changed.toString(16).padStart(16, '0')}`, 'NoNewPrivs: 0']);
});

const device = ['/dev/fuse', '/dev/loop-control'].find((path) => existsSync(path));
check(
  '--device',
  (ctr) => {
    expect(ctr.run(['--device', device as string], 'sh', '-c', `: < ${device} && echo open`).ok().stdout).toBe(
      'open\n',
    );
  },
  device ? undefined : 'this machine has no device to hand on',
);

check('--cpu-quota, --cpu-period, --cgroup, --annotation', (ctr) => {
  const cgroup = `/${ctr.place.tag}/${ctr.place.id('own')}`;
  const options = [
    '--cpu-quota',
    '20000',
    '--cpu-period',
    '50000',
    '--cgroup',
    cgroup,
    '--annotation',
    'org.example=x',
  ];
  const pid = ctr.task(ctr.start(options, ...FOREVER))?.pid as number;
  expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toContain(cgroup);
  expect(cgroupFile(pid, 'cpu/cpu.cfs_quota_us', 'cpu.max')).toMatch(/^20000( 50000)?$/);
});

check('--memory-limit: the killer comes, and containerd tells of it', async (ctr) => {
  const events = ctr.events();
  try {
    const line = 'while [ ! -e /go ]; do sleep 0.1; done; head -c 100m /dev/zero | tail -c 100m';
    const id = ctr.start(['--memory-limit', '20971520'], 'sh', '-c', line);
    await until('containerd tells of anything', () => {
      ctr.call(['container', 'label', id, 'is=told']).ok();
      return events.text() !== '';
    });
    writeFileSync(`/proc/${ctr.task(id)?.pid}/root/go`, '');
    await until('containerd tells of it', () => events.text().includes('/tasks/oom'));
    await until('the task has stopped', () => ctr.task(id)?.status === 'STOPPED');
    expect(ctr.call(['task', 'delete', id]).stderr).toMatch(/exit code 137/);
  } finally {
    await events.end();
  }
});

check('--rootfs, --rootfs-propagation', (ctr) => {
  const words = ctr.runWords(
    ['--rm', '--rootfs', '--rootfs-propagation', 'slave', '--env', 'PATH=/bin'],
    ctr.place.id(),
    ['ls', '/bin/busybox'],
  );
  const done = ctr.call(words.map((word) => (word === IMAGE ? rootfs : word))).ok();
  expect(done.stdout).toBe('/bin/busybox\n');
});

check('--net-host', (ctr) => {
  expect(ctr.run(['--net-host'], 'readlink', '/proc/self/ns/net').ok().stdout).toMatch(/^net:/);
});

check('--with-ns joins a namespace', (ctr) => {
  const pid = ctr.task(ctr.start([], ...FOREVER))?.pid;
  const joined = ['--with-ns', `network:/proc/${pid}/ns/net`, '--with-ns', `ipc:/proc/${pid}/ns/ipc`];
  const line = 'readlink /proc/self/ns/net; readlink /proc/self/ns/ipc';
  expect(ctr.run(joined, 'sh', '-c', line).ok().lines).toEqual([
    readlinkSync(`/proc/${pid}/ns/net`),
    readlinkSync(`/proc/${pid}/ns/ipc`),
  ]);
});

check('--privileged', (ctr) => {
  ctr.run(['--privileged'], 'mount', '-t', 'tmpfs', 'none', '/tmp').ok();
});

check('--no-pivot', (ctr) => {
  expect(ctr.run(['--no-pivot'], 'ls', '/bin/busybox').ok().stdout).toBe('/bin/busybox\n');
});

check('--pid-file', (ctr) => {
  const file = site.site.path(`pid-${ctr.runtime}`);
  const id = ctr.start(['--pid-file', file], ...FOREVER);
  expect(readFileSync(file, 'utf8')).toBe(String(ctr.task(id)?.pid));
});
