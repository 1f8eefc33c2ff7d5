// exec: one more process in a container that runs.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Patch, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { builds, Orlop, type Result, until } from './support/orlop.ts';

const place = new Workplace('exec');
let orlop = new Orlop(place);
let id = '';

afterAll(() => place.remove());
leavesNothing(place, () => orlop, { sweeps: true });

/** A container that does nothing. */
function container(...patches: Patch[]): string {
  const bundle = place.bundle(
    (config) => {
      config.process.args = ['/bin/sleep', '1000'];
    },
    ...patches,
  );
  id = place.id();
  orlop.call(['run', '-d', '-b', bundle.directory, id]).ok();
  return id;
}

const exec = (...words: string[]): Result => orlop.call(['exec', ...words]);
const inside = (...words: string[]): string =>
  exec(...words)
    .ok()
    .stdout.trim();

/** A file with a process, as engines write it. */
function processFile(process: object): string {
  const file = place.path(`${id}.process.json`);
  writeFileSync(file, JSON.stringify({ cwd: '/', user: { uid: 0, gid: 0 }, env: ['PATH=/bin'], ...process }, null, 2));
  return file;
}

describe.each(builds())('$name', (build) => {
  beforeEach(() => {
    orlop = new Orlop(place, build);
  });

  it('is in the namespaces and cgroups of the container, and nowhere else', () => {
    container();
    const pid = orlop.state(id).pid;
    const links = 'for n in mnt uts ipc net pid time; do readlink /proc/self/ns/$n; done';
    const own = inside(id, 'sh', '-c', links).split('\n');
    const first = inside(id, 'sh', '-c', links.replaceAll('self', '1')).split('\n');
    expect(own).toEqual(first);
    expect(own).toHaveLength(6);
    expect(inside(id, 'cat', '/proc/self/cgroup')).toBe(inside(id, 'cat', '/proc/1/cgroup'));
    expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toContain(id);
    expect(inside(id, 'sh', '-c', 'ls /proc/$$/fd; true')).toBe('0\n1\n2');
    expect(inside(id, 'hostname')).toBe(orlop.call(['exec', id, 'cat', '/etc/hostname']).stdout || 'orlop');
  });

  it('passes the exit status, 128 and the signal', () => {
    container();
    expect(exec(id, 'sh', '-c', 'exit 7').status).toBe(7);
    expect(exec(id, 'sh', '-c', 'kill -9 $$').status).toBe(137);
    expect(exec(id, 'true').status).toBe(0);
  });

  it('reads standard input, and words behind the program are its own', () => {
    container();
    expect(orlop.call(['exec', id, 'cat', '-'], { input: 'hello' }).ok().stdout).toBe('hello');
    expect(inside(id, 'echo', '-u', '--tty', '-d')).toBe('-u --tty -d');
  });

  it('--cwd, --env, --user, --additional-gids, --cap, --no-new-privs', () => {
    container();
    expect(inside('--cwd', '/tmp', id, 'pwd')).toBe('/tmp');
    expect(inside('-e', 'A=1', '--env', 'B=2', id, 'sh', '-c', 'echo $A$B')).toBe('12');
    expect(inside('-u', '1000', id, 'sh', '-c', 'id -u; id -g')).toBe('1000\n0');
    expect(inside('--user', '1000:1001', '-g', '5', '--additional-gids', '6', id, 'sh', '-c', 'id -g; id -G')).toBe(
      '1001\n1001 5 6',
    );
    const bit = (line: string): boolean => (Number.parseInt(inside(...line.split(' ')), 16) & (1 << 19)) !== 0;
    expect(bit(`${id} awk /CapEff/{print$2} /proc/self/status`)).toBe(false);
    expect(bit(`--cap CAP_SYS_PTRACE ${id} awk /CapEff/{print$2} /proc/self/status`)).toBe(true);
    expect(inside('--no-new-privs', id, 'grep', 'NoNewPrivs', '/proc/self/status')).toContain('1');
  });

  it('--process', () => {
    container();
    const file = processFile({ args: ['sh', '-c', 'id -u; pwd; ulimit -n; umask; echo $HOME; exit 3'], cwd: '/tmp' });
    const result = exec('--process', file, id);
    expect(result.status).toBe(3);
    expect(result.lines.slice(0, 2)).toEqual(['0', '/tmp']);
    expect(result.lines.slice(3)).toEqual(['0022', '/']);
  });

  it('--process: what it leaves out is as in the config, where that confines', () => {
    container((config) => {
      config.process.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 77, hard: 77 }];
      config.process.oomScoreAdj = 123;
      config.process.noNewPrivileges = true;
    });
    const show = 'ulimit -n; cat /proc/self/oom_score_adj; awk "/CapEff|NoNew/{print \\$2}" /proc/self/status';
    const lines = (more: object) =>
      exec('--process', processFile({ args: ['sh', '-c', show], ...more }), id)
        .ok()
        .stdout.trim()
        .split('\n');
    const [own = ''] = inside(id, 'grep', 'CapEff', '/proc/1/status').split('\t').slice(1);
    expect(own).not.toBe('0000000000000000');
    expect(lines({})).toEqual(['77', '123', own, '0']);
    const more = { rlimits: [{ type: 'RLIMIT_NOFILE', soft: 66, hard: 70 }], oomScoreAdj: 7, capabilities: {} };
    expect(lines({ ...more, noNewPrivileges: true })).toEqual(['66', '7', '0000000000000000', '1']);
  });

  it('--detach and --pid-file: the process lives on, and is in the container', () => {
    container();
    const pidFile = place.path(`${id}.pid`);
    exec('--detach', '--pid-file', pidFile, id, 'sleep', '1000').ok();
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toBe('sleep\x001000\x00');
    expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toContain(id);
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[3]).not.toBe(String(orlop.state(id).pid));
  });

  it('--preserve-fds', () => {
    container();
    const fd = openSync('/etc/hostname', 'r');
    const result = orlop.call(['exec', '--preserve-fds', '1', id, 'cat', '/proc/self/fd/3'], { fds: [fd] });
    expect(result.ok().stdout).toBe(readFileSync('/etc/hostname', 'utf8'));
    expect(exec('--preserve-fds', '3', id, 'true').stderr).toContain('is not open');
  });

  it('signals go to the process', async () => {
    container();
    const line = 'trap "echo usr1; exit 4" USR1; echo ready; while true; do sleep 0.05; done';
    const running = orlop.launch(['exec', id, 'sh', '-c', line]);
    const output = () => readdirSync(place.directory).filter((name) => name.endsWith('.out'));
    await until('ready', () => output().some((name) => readFileSync(place.path(name), 'utf8') === 'ready\n'));
    process.kill(running.pid, 'SIGUSR1');
    const result = await running.result;
    expect(result.lines).toEqual(['ready', 'usr1']);
    expect(result.status).toBe(4);
  });

  it('a created container has room for others too', () => {
    const bundle = place.bundle();
    id = place.id();
    orlop.create(bundle, id).ok();
    expect(inside(id, 'echo', 'early')).toBe('early');
  });
});

describe('a terminal', () => {
  const hasScript = spawnSync('script', ['--version']).status === 0;

  it.skipIf(!hasScript)('of its own, with --tty', () => {
    container();
    const command = [...orlop.words(['exec', '-t', id, 'sh', '-c', "'tty; read word; echo got $word; exit 5'"])].join(
      ' ',
    );
    const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
      input: 'hello\n',
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/\/dev\/pts\/\d/);
    expect(stdout).toContain('got hello');
    expect(status).toBe(5);
  });

  it('for nobody is refused', () => {
    container();
    const result = exec('-t', '-d', id, 'true');
    expect(result.status).toBe(255);
    expect(result.stderr).toContain('--console-socket');
  });
});

describe('a cgroup below that of the container', () => {
  it('--cgroup', () => {
    container();
    const cgroups = readFileSync(`/proc/${orlop.state(id).pid}/cgroup`, 'utf8');
    const pids = '/sys/fs/cgroup/pids';
    if (!existsSync(pids)) return expect(existsSync('/sys/fs/cgroup/cgroup.controllers')).toBe(true);
    const directory = join(pids, /^\d+:pids:(.*)$/m.exec(cgroups)?.[1] ?? '', 'sub');
    mkdirSync(directory);
    const file = place.path(`${id}.pid`);
    exec('-d', '--pid-file', file, '--cgroup', 'pids:sub', id, 'sleep', '1000').ok();
    expect(readFileSync(`/proc/${readFileSync(file, 'utf8')}/cgroup`, 'utf8')).toMatch(/:pids:.*\/sub$/m);
    expect(readFileSync(`/proc/${readFileSync(file, 'utf8')}/cgroup`, 'utf8')).toMatch(
      new RegExp(`:memory:.*${id}$`, 'm'),
    );
    expect(exec('--cgroup', 'pids:none', id, 'true').stderr).toContain('none/tasks');
    expect(exec('--cgroup', 'none', id, 'true').stderr).toMatch(/\/none.*ENOENT/);
    expect(exec('--cgroup', '../x', id, 'true').stderr).toContain('leaves the cgroup');
    expect(exec('--cgroup', 'nosuch:sub', id, 'true').stderr).toContain('no hierarchy has the controller');
  });
});

describe('errors', () => {
  it.each([
    [['nosuch'], 'exec: "nosuch": executable file not found in $PATH'],
    [['/bin/nosuch'], 'no such file or directory'],
    [['/etc'], 'permission denied'],
    [['/bin/garbage'], 'ENOEXEC'],
  ])('%j', (words, message) => {
    const bundle = place.bundle((config) => {
      config.process.args = ['/bin/sleep', '1000'];
    });
    bundle.write('bin/garbage', 'garbage', 0o755);
    id = place.id();
    orlop.call(['run', '-d', '-b', bundle.directory, id]).ok();
    const result = exec(id, ...words);
    expect(result.status).toBe(255);
    expect(result.stderr.toLowerCase()).toContain(message.toLowerCase());
    expect(readFileSync(`/proc/${orlop.state(id).pid}/cmdline`, 'utf8')).toContain('sleep');
  });

  it('point into the process file', () => {
    container();
    const file = processFile({ args: ['true'], cwd: '/nosuch' });
    const result = exec('--process', file, id);
    expect(result.status).toBe(255);
    expect(result.stderr).toContain('/cwd');
    expect(result.stderr).toContain(`${id}.process.json:2`);
  });

  it('of usage', () => {
    container();
    expect(exec(id).stderr).toContain('no program to run');
    expect(exec('-u', 'root', id, 'true').stderr).toContain('--user root: not a number');
    expect(exec('-u', '1:2:3', id, 'true').stderr).toContain('not UID or UID:GID');
    expect(exec('--process', '/nosuch', id).stderr).toContain('open("/nosuch") failed: ENOENT');
    expect(exec('nosuch', 'true').stderr).toContain('does not exist');
    expect(exec('../x', 'true').stderr).toContain('is not a container id');
  });

  it('not in a container that has ended', async () => {
    container();
    orlop.call(['kill', id, 'KILL']).ok();
    await until('stopped', () => orlop.state(id).status === 'stopped');
    const result = exec(id, 'true');
    expect(result.status).toBe(255);
    expect(result.stderr).toContain('is stopped, not running');
  });

  it('not in a paused one, but on request it waits there', async () => {
    container();
    orlop.call(['pause', id]).ok();
    const result = exec(id, 'true');
    expect(result.status).toBe(255);
    expect(result.stderr).toContain('is paused');
    expect(result.stderr).toContain('--ignore-paused');
    const waiting = orlop.launch(['exec', '--ignore-paused', id, 'echo', 'went on']);
    await new Promise((resolve) => setTimeout(resolve, 200));
    orlop.call(['resume', id]).ok();
    expect((await waiting.result).ok().stdout).toBe('went on\n');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('waiting in a paused one ends by %s, and nothing of it runs later', async (signal, status) => {
    container();
    orlop.call(['pause', id]).ok();
    const waiting = orlop.launch(['exec', '--ignore-paused', id, 'touch', '/tmp/ran']);
    await new Promise((resolve) => setTimeout(resolve, 500));
    process.kill(waiting.pid, signal);
    const result = await waiting.result;
    expect(result.status).toBe(status);
    expect(result.stderr).toBe('');
    orlop.call(['resume', id]).ok();
    expect(inside(id, 'sh', '-c', 'ls /tmp; ps | grep -c "[o]rlop"; true')).toBe('0');
  });

  it('other signals reach a process that waits in a paused one', async () => {
    container();
    orlop.call(['pause', id]).ok();
    const waiting = orlop.launch(['exec', '--ignore-paused', id, 'sleep', '1000']);
    await new Promise((resolve) => setTimeout(resolve, 500));
    process.kill(waiting.pid, 'SIGUSR1');
    await new Promise((resolve) => setTimeout(resolve, 300));
    orlop.call(['resume', id]).ok();
    expect((await waiting.result).status).toBe(128 + 10);
  });

  it('a console or pidfd socket that nobody listens on ends the process', () => {
    container();
    for (const option of ['--console-socket', '--pidfd-socket']) {
      const words = option === '--console-socket' ? ['-t'] : [];
      const result = exec('-d', ...words, option, place.path('nobody'), id, 'sleep', '1000');
      expect(result.status).toBe(255);
      expect(result.stderr).toMatch(/connect\(.*nobody.*ENOENT/);
    }
    expect(inside(id, 'sh', '-c', 'ps | grep -c "[s]leep 1000"')).toBe('1');
  });
});

describe('what the container could see while a process joins', () => {
  it('nothing of the host leads out by /proc/self/fd', () => {
    container();
    // What keeps it from a process of the host must not be that it lacks a capability which the test itself has.
    const { capabilities } = JSON.parse(orlop.call(['features']).ok().stdout).linux;
    const almighty = capabilities.flatMap((name: string) => ['--cap', name]);
    const ways = [`${process.pid}/root/usr/bin/busybox`, '../../../usr/bin/busybox', '../../../../usr/bin/busybox'];
    for (let fd = 3; fd < 16; fd++) {
      for (const way of ways) {
        const result = exec(...almighty, id, `/proc/self/fd/${fd}/${way}`, 'echo', 'escaped');
        expect(result.stdout).toBe('');
        expect(result.status).toBe(255);
      }
    }
  }, 60_000);

  it('the fds and memory of the joining process are not readable', async () => {
    // It looks for processes that come, and reads what it can of them until execve.
    const line =
      'while true; do for p in /proc/[0-9]*; do [ "$p" = /proc/1 ] || [ "$p" = /proc/$$ ] || { n=$(cat $p/comm 2>/dev/null); ' +
      '[ "$n" = orlop-init ] && { echo seen; ls $p/fd >/dev/null 2>&1 && echo "open $(ls -l $p/fd $p/cwd $p/root 2>/dev/null)"; }; }; done; done > /tmp/seen 2>/dev/null';
    const bundle = place.bundle((config) => {
      config.process.args = ['/bin/sh', '-c', line];
    });
    id = place.id();
    orlop.call(['run', '-d', '-b', bundle.directory, id]).ok();
    const seen = (): string => readFileSync(join(bundle.rootfs, 'tmp/seen'), 'utf8');
    // It is chance whether it meets one that is still there.
    for (let round = 0; round < 30 || (round < 500 && !seen().includes('open')); round++) exec(id, 'true').ok();
    expect(seen()).toContain('open');
    // The three that the process itself has are seen once it executes; its socket, the host's /proc and cgroups never.
    expect(seen()).not.toMatch(/-> (socket:|anon_inode:|\/proc|\/sys)/);
  }, 300_000);

  it('100 in a row leave nothing', async () => {
    container();
    for (let round = 0; round < 100; round++) exec(id, 'true').ok();
    // A heading, the first process, the shell and ps.
    expect(inside(id, 'sh', '-c', 'ps > /tmp/ps; wc -l < /tmp/ps')).toBe('4');
  }, 120_000);
});
