// What a container sees of itself and of the host: its process and the system around it.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type Patch, shell, Workplace } from './support/bundle.ts';
import { Inside } from './support/inside.ts';
import { leavesNothing } from './support/leftovers.ts';
import { Orlop, until } from './support/orlop.ts';
import { linux, process_, without } from './support/patches.ts';

const place = new Workplace('inside');
const orlop = new Orlop(place);
const container = new Inside(place, orlop);
afterAll(() => place.remove());
leavesNothing(place, () => orlop, { sweeps: true });

const holders: ChildProcess[] = [];
afterEach(async () => {
  for (const holder of holders.splice(0)) {
    const ended = new Promise((resolve) => holder.once('exit', resolve));
    holder.kill('SIGKILL');
    await ended;
  }
});

const ALL_NAMESPACES = ['pid', 'net', 'ipc', 'uts', 'mnt', 'cgroup', 'time', 'user'];

describe('the process', () => {
  it('is pid 1 and alone, in namespaces of its own', () => {
    const [pid, processes, ...namespaces] = container.lines(
      `echo $$; echo /proc/[0-9]*; for n in ${ALL_NAMESPACES.join(' ')}; do readlink /proc/self/ns/$n; done`,
    );
    expect(pid).toBe('1');
    expect(processes).toBe('/proc/1');
    const isOwn = ALL_NAMESPACES.map((name, index) => readlinkSync(`/proc/self/ns/${name}`) !== namespaces[index]);
    expect(isOwn).toEqual([true, true, true, true, true, true, false, false]);
  });

  it('has no fds but 0 to 2', () => {
    expect(container.lines('ls /proc/1/fd; :')).toEqual(['0', '1', '2']);
  });

  it('has no fds but 0 to 2, whatever the caller has open', () => {
    const fds = Array.from({ length: 12 }, () => openSync('/dev/null', 'r'));
    try {
      expect(container.linesWith({ fds }, [], 'ls /proc/1/fd; :')).toEqual(['0', '1', '2']);
    } finally {
      for (const fd of fds) closeSync(fd);
    }
  });

  it('--preserve-fds hands on what comes behind 2', () => {
    const file = place.path('preserved');
    writeFileSync(file, 'preserved\n');
    const fds = [openSync(file, 'r'), openSync('/dev/null', 'r')];
    try {
      const lines = container.linesWith({ fds }, ['--preserve-fds', '1'], 'ls /proc/1/fd; cat <&3');
      expect(lines).toEqual(['0', '1', '2', '3', 'preserved']);
    } finally {
      for (const fd of fds) closeSync(fd);
    }
  });

  it('has no signal ignored or blocked', () => {
    // The caller may ignore signals itself, as nohup does; and a shell that has nothing more to do ignores SIGQUIT.
    const prefix = ['env', '--default-signal'];
    expect(container.linesWith({ prefix }, [], 'grep -E "Sig(Ign|Blk|Pnd|Cgt)|ShdPnd" /proc/self/status; :')).toEqual([
      'SigPnd:\t0000000000000000',
      'ShdPnd:\t0000000000000000',
      'SigBlk:\t0000000000000000',
      'SigIgn:\t0000000000000000',
      'SigCgt:\t0000000000000000',
    ]);
  });

  it('dies of SIGPIPE', () => {
    // The shell alone would hide an ignored signal: yes would complain of a broken pipe.
    expect(container.lines('yes 2>&1 | head -n 1; echo end')).toEqual(['y', 'end']);
  });

  it("has the caller's limit of open files without one in the config", () => {
    const prefix = ['sh', '-c', 'ulimit -Sn 1234; ulimit -Hn 2345; "$@"; exit $?', 'sh'];
    expect(container.linesWith({ prefix }, [], 'ulimit -Sn; ulimit -Hn', process_({ rlimits: [] }))).toEqual([
      '1234',
      '2345',
    ]);
  });

  it('has the limits of the config', () => {
    const rlimits = [
      { type: 'RLIMIT_NOFILE', soft: 100, hard: 200 },
      { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
      { type: 'RLIMIT_CPU', soft: 60, hard: 120 },
    ];
    const lines = container.lines('cat /proc/self/limits', process_({ rlimits }));
    const limit = (name: string) =>
      lines
        .find((line) => line.startsWith(name))
        ?.split(/ {2,}/)
        .slice(1, 3);
    expect(limit('Max open files')).toEqual(['100', '200']);
    expect(limit('Max core file size')).toEqual(['0', '0']);
    expect(limit('Max cpu time')).toEqual(['60', '120']);
  });

  it('has the capabilities of the config and no others', () => {
    const capabilities = {
      bounding: ['CAP_KILL', 'CAP_CHOWN', 'CAP_NET_RAW'],
      permitted: ['CAP_KILL', 'CAP_CHOWN'],
      effective: ['CAP_CHOWN'],
      inheritable: ['CAP_KILL'],
      ambient: ['CAP_KILL'],
    };
    // A user without root's privilege: execve leaves the sets as they were made.
    const lines = container.lines('grep ^Cap /proc/self/status', process_({ user: { uid: 1, gid: 1 }, capabilities }));
    expect(lines.map((line) => Number.parseInt(line.split('\t')[1] ?? '', 16))).toEqual([
      1 << 5,
      1 << 5,
      1 << 5,
      (1 << 0) | (1 << 5) | (1 << 13),
      1 << 5,
    ]);
  });

  it('has no capabilities without a config of them', () => {
    const lines = container.lines('grep ^Cap /proc/self/status', (config) => {
      config.process.capabilities = undefined;
    });
    expect(lines.map((line) => line.split('\t')[1])).toEqual(Array(5).fill('0000000000000000'));
  });

  it.each([true, false])('noNewPrivileges %s', (noNewPrivileges) => {
    expect(container.lines('grep NoNewPrivs /proc/self/status', process_({ noNewPrivileges }))).toEqual([
      `NoNewPrivs:\t${noNewPrivileges ? 1 : 0}`,
    ]);
  });

  it('has its user, groups and umask', () => {
    const user = { uid: 1000, gid: 2000, additionalGids: [5, 3000], umask: 0o27 };
    const lines = container.lines('grep -E "^(Uid|Gid|Groups|Umask)" /proc/self/status; umask', process_({ user }));
    expect(lines.map((line) => line.trim())).toEqual([
      'Umask:\t0027',
      'Uid:\t1000\t1000\t1000\t1000',
      'Gid:\t2000\t2000\t2000\t2000',
      'Groups:\t5 3000',
      '0027',
    ]);
  });

  it('has no groups and the umask 022 by default', () => {
    const lines = container.lines('grep -E "^(Groups|Umask)" /proc/self/status');
    expect(lines.map((line) => line.trim())).toEqual(['Umask:\t0022', 'Groups:']);
  });

  it('has its score for the out-of-memory killer', () => {
    expect(container.lines('cat /proc/self/oom_score_adj', process_({ oomScoreAdj: 321 }))).toEqual(['321']);
  });

  it('gets a working directory that was not there', () => {
    expect(container.lines('pwd', process_({ cwd: '/not/there/yet' }))).toEqual(['/not/there/yet']);
  });

  it('has the environment of the config and a home', () => {
    const env = ['PATH=/bin', 'A=b', 'EMPTY=', 'TWICE=1=2'];
    const lines = container.linesWith(
      { env: { LEAK: 'of the caller', HOME: '/home/of/the/caller' } },
      [],
      'tr "\\0" "\\n" < /proc/1/environ; :',
      process_({ env }),
    );
    expect(lines).toEqual([...env, 'HOME=/']);
  });

  it.each([
    [0, '/root'],
    [1000, '/home/user'],
    [4711, '/'],
  ])('user %i is at home in %s', (uid, home) => {
    const bundle = place.bundle(shell('echo $HOME'), process_({ user: { uid, gid: 0 } }));
    bundle.write('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n');
    expect(orlop.run(bundle, place.id()).ok().lines).toEqual([home]);
  });

  it('keeps a HOME of the config', () => {
    expect(container.lines('echo $HOME', process_({ env: ['PATH=/bin', 'HOME=/elsewhere'] }))).toEqual(['/elsewhere']);
  });

  it('is found in PATH, past files that may not be executed', () => {
    const bundle = place.bundle(process_({ args: ['hello', 'a b'], env: ['PATH=/none:/etc:/usr/bin:/bin'] }));
    bundle.write('etc/hello', '#!/bin/sh\necho wrong\n', 0o644);
    bundle.write('usr/bin/hello', '#!/bin/sh\necho "$0" "$1"\n', 0o755);
    expect(orlop.run(bundle, place.id()).ok().lines).toEqual(['/usr/bin/hello a b']);
  });

  it('is found from the working directory by a relative path', () => {
    const bundle = place.bundle(process_({ args: ['./hello'], cwd: '/usr' }));
    bundle.write('usr/hello', '#!/bin/sh\npwd\n', 0o755);
    expect(orlop.run(bundle, place.id()).ok().lines).toEqual(['/usr']);
  });
});

describe('the system', () => {
  it('has a host name and a domain name', () => {
    const lines = container.lines('hostname; cat /proc/sys/kernel/domainname', (config) => {
      config.hostname = 'box';
      config.domainname = 'example.org';
    });
    expect(lines).toEqual(['box', 'example.org']);
  });

  it('has its sysctls', () => {
    const sysctl = { 'net.ipv4.ip_forward': '1', 'kernel.msgmax': '4096', 'net/ipv4/ip_default_ttl': '42' };
    const files = 'net/ipv4/ip_forward kernel/msgmax net/ipv4/ip_default_ttl';
    expect(container.lines(`cd /proc/sys; cat ${files}`, linux({ sysctl }))).toEqual(['1', '4096', '42']);
  });

  it('has a network with lo up and nothing else', () => {
    expect(container.lines('ls /sys/class/net; ip -o addr show lo')).toEqual([
      'lo',
      expect.stringContaining('127.0.0.1/8'),
      ...(existsSync('/proc/sys/net/ipv6') ? [expect.stringContaining('::1/128')] : []),
    ]);
  });

  it('shares with the host what the config has no namespace for', () => {
    const shared = ['net', 'ipc', 'uts', 'cgroup'];
    const lines = container.lines(
      `for n in ${shared.join(' ')}; do readlink /proc/self/ns/$n; done`,
      without('network', 'ipc', 'uts', 'cgroup'),
      (config) => {
        delete config.hostname;
      },
    );
    expect(lines).toEqual(shared.map((name) => readlinkSync(`/proc/self/ns/${name}`)));
  });

  const join_ =
    (paths: Record<string, string>): Patch =>
    (config) => {
      const names = Object.keys(paths);
      config.linux.namespaces = [
        ...config.linux.namespaces.filter(({ type }) => !names.includes(type)),
        ...Object.entries(paths).map(([type, path]) => ({ type, path })),
      ];
    };

  it('joins namespaces of another process', async () => {
    const holder = spawn('unshare', ['--net', '--ipc', '--uts', 'sh', '-c', 'hostname joined; exec sleep 1000'], {
      stdio: 'ignore',
    });
    holders.push(holder);
    await until('the holder sleeps', () => readFileSync(`/proc/${holder.pid}/comm`, 'utf8') === 'sleep\n');
    const path = (name: string) => `/proc/${holder.pid}/ns/${name}`;
    const lines = container.lines(
      'for n in net ipc uts; do readlink /proc/self/ns/$n; done; hostname',
      join_({ network: path('net'), ipc: path('ipc'), uts: path('uts') }),
      (config) => {
        delete config.hostname;
      },
    );
    expect(lines).toEqual([...['net', 'ipc', 'uts'].map((name) => readlinkSync(path(name))), 'joined']);
  });

  it('joins namespaces of another container, its processes too', () => {
    const id = place.id('first');
    orlop.run(place.bundle(shell('sleep 1000')), id, '-d').ok();
    const { pid } = orlop.state(id);
    const path = (name: string) => `/proc/${pid}/ns/${name}`;
    const lines = container.lines(
      'readlink /proc/self/ns/pid; readlink /proc/self/ns/net; cat /proc/1/cmdline | tr "\\0" " "; echo; test $$ != 1',
      join_({ network: path('net'), pid: path('pid') }),
    );
    expect(lines[0]).toBe(readlinkSync(path('pid')));
    expect(lines[1]).toBe(readlinkSync(path('net')));
    expect(lines[2]).toContain('sleep 1000');
    expect(orlop.state(id).status).toBe('running');
  });

  it('has clocks of its own', () => {
    const timeOffsets = { boottime: { secs: 1_000_000, nanosecs: 5 }, monotonic: { secs: 2000 } };
    const [monotonic, boottime, uptime] = container.lines(
      'cat /proc/self/timens_offsets; cut -d. -f1 /proc/uptime',
      (config) => {
        config.linux.namespaces.push({ type: 'time' });
        config.linux.timeOffsets = timeOffsets;
      },
    );
    expect(monotonic?.split(/\s+/)).toEqual(['monotonic', '2000', '0']);
    expect(boottime?.split(/\s+/)).toEqual(['boottime', '1000000', '5']);
    expect(Number(uptime)).toBeGreaterThan(1_000_000);
  });
});
