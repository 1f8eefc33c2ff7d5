// What a container sees of itself and of the host.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Config, type Mount, type Patch, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { type CallOptions, Orlop, until } from './support/orlop.ts';

const place = new Workplace('inside');
const orlop = new Orlop(place);
let before: Snapshot;
const holders: ChildProcess[] = [];

afterAll(() => place.remove());

beforeEach(() => {
  before = snapshot(place, orlop);
});

afterEach(async () => {
  for (const holder of holders.splice(0)) {
    const ended = new Promise((resolve) => holder.once('exit', resolve));
    holder.kill('SIGKILL');
    await ended;
  }
  for (const left of orlop.call(['list', '-q']).stdout.split('\n').filter(Boolean)) {
    orlop.call(['delete', '--force', left]);
  }
  await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
});

/** The output of a line of shell in a container. */
function inside(line: string, ...patches: Patch[]): string[] {
  return insideWith({}, [], line, ...patches);
}

function insideWith(options: CallOptions, words: string[], line: string, ...patches: Patch[]): string[] {
  const bundle = place.bundle(shell(line), ...patches);
  const result = orlop.call(['run', '-b', bundle.directory, ...words, place.id()], options).ok();
  expect(result.stderr).toBe('');
  return result.lines;
}

const mount =
  (...mounts: Mount[]): Patch =>
  (config) => {
    config.mounts.push(...mounts);
  };

const linux =
  (fields: Record<string, unknown>): Patch =>
  (config) => {
    Object.assign(config.linux, fields);
  };

const process_ =
  (fields: Record<string, unknown>): Patch =>
  (config) => {
    Object.assign(config.process, fields);
  };

const without =
  (...types: string[]): Patch =>
  (config) => {
    config.linux.namespaces = config.linux.namespaces.filter(({ type }) => !types.includes(type));
  };

const ALL_NAMESPACES = ['pid', 'net', 'ipc', 'uts', 'mnt', 'cgroup', 'time', 'user'];

/** Every capability, for containers that look at what else keeps them. */
const privileged: Patch = (config) => {
  const all = ['CAP_SYS_ADMIN', 'CAP_MKNOD', 'CAP_SYS_CHROOT', 'CAP_DAC_OVERRIDE', 'CAP_SETUID', 'CAP_SETGID'];
  config.process.capabilities = { bounding: all, effective: all, permitted: all };
};

describe('the process', () => {
  it('is pid 1 and alone, in namespaces of its own', () => {
    const [pid, processes, ...namespaces] = inside(
      `echo $$; echo /proc/[0-9]*; for n in ${ALL_NAMESPACES.join(' ')}; do readlink /proc/self/ns/$n; done`,
    );
    expect(pid).toBe('1');
    expect(processes).toBe('/proc/1');
    const isOwn = ALL_NAMESPACES.map((name, index) => readlinkSync(`/proc/self/ns/${name}`) !== namespaces[index]);
    expect(isOwn).toEqual([true, true, true, true, true, true, false, false]);
  });

  it('has no fds but 0 to 2', () => {
    expect(inside('ls /proc/1/fd; :')).toEqual(['0', '1', '2']);
  });

  it('has no fds but 0 to 2, whatever the caller has open', () => {
    const fds = Array.from({ length: 12 }, () => openSync('/dev/null', 'r'));
    try {
      expect(insideWith({ fds }, [], 'ls /proc/1/fd; :')).toEqual(['0', '1', '2']);
    } finally {
      for (const fd of fds) closeSync(fd);
    }
  });

  it('--preserve-fds hands on what comes behind 2', () => {
    const file = place.path('preserved');
    writeFileSync(file, 'preserved\n');
    const fds = [openSync(file, 'r'), openSync('/dev/null', 'r')];
    try {
      const lines = insideWith({ fds }, ['--preserve-fds', '1'], 'ls /proc/1/fd; cat <&3');
      expect(lines).toEqual(['0', '1', '2', '3', 'preserved']);
    } finally {
      for (const fd of fds) closeSync(fd);
    }
  });

  it('has no signal ignored or blocked', () => {
    // The caller may ignore signals itself, as nohup does; and a shell that has nothing more to do ignores SIGQUIT.
    const prefix = ['env', '--default-signal'];
    expect(insideWith({ prefix }, [], 'grep -E "Sig(Ign|Blk|Pnd|Cgt)|ShdPnd" /proc/self/status; :')).toEqual([
      'SigPnd:\t0000000000000000',
      'ShdPnd:\t0000000000000000',
      'SigBlk:\t0000000000000000',
      'SigIgn:\t0000000000000000',
      'SigCgt:\t0000000000000000',
    ]);
  });

  it('dies of SIGPIPE', () => {
    // The shell alone would hide an ignored signal: yes would complain of a broken pipe.
    expect(inside('yes 2>&1 | head -n 1; echo end')).toEqual(['y', 'end']);
  });

  it("has the caller's limit of open files without one in the config", () => {
    const prefix = ['sh', '-c', 'ulimit -Sn 1234; ulimit -Hn 2345; "$@"; exit $?', 'sh'];
    expect(insideWith({ prefix }, [], 'ulimit -Sn; ulimit -Hn', process_({ rlimits: [] }))).toEqual(['1234', '2345']);
  });

  it('has the limits of the config', () => {
    const rlimits = [
      { type: 'RLIMIT_NOFILE', soft: 100, hard: 200 },
      { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
      { type: 'RLIMIT_CPU', soft: 60, hard: 120 },
    ];
    const lines = inside('cat /proc/self/limits', process_({ rlimits }));
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
    const lines = inside('grep ^Cap /proc/self/status', process_({ user: { uid: 1, gid: 1 }, capabilities }));
    expect(lines.map((line) => Number.parseInt(line.split('\t')[1] ?? '', 16))).toEqual([
      1 << 5,
      1 << 5,
      1 << 5,
      (1 << 0) | (1 << 5) | (1 << 13),
      1 << 5,
    ]);
  });

  it('has no capabilities without a config of them', () => {
    const lines = inside('grep ^Cap /proc/self/status', (config) => {
      config.process.capabilities = undefined;
    });
    expect(lines.map((line) => line.split('\t')[1])).toEqual(Array(5).fill('0000000000000000'));
  });

  it.each([true, false])('noNewPrivileges %s', (noNewPrivileges) => {
    expect(inside('grep NoNewPrivs /proc/self/status', process_({ noNewPrivileges }))).toEqual([
      `NoNewPrivs:\t${noNewPrivileges ? 1 : 0}`,
    ]);
  });

  it('has its user, groups and umask', () => {
    const user = { uid: 1000, gid: 2000, additionalGids: [5, 3000], umask: 0o27 };
    const lines = inside('grep -E "^(Uid|Gid|Groups|Umask)" /proc/self/status; umask', process_({ user }));
    expect(lines.map((line) => line.trim())).toEqual([
      'Umask:\t0027',
      'Uid:\t1000\t1000\t1000\t1000',
      'Gid:\t2000\t2000\t2000\t2000',
      'Groups:\t5 3000',
      '0027',
    ]);
  });

  it('has no groups and the umask 022 by default', () => {
    const lines = inside('grep -E "^(Groups|Umask)" /proc/self/status');
    expect(lines.map((line) => line.trim())).toEqual(['Umask:\t0022', 'Groups:']);
  });

  it('has its score for the out-of-memory killer', () => {
    expect(inside('cat /proc/self/oom_score_adj', process_({ oomScoreAdj: 321 }))).toEqual(['321']);
  });

  it('gets a working directory that was not there', () => {
    expect(inside('pwd', process_({ cwd: '/not/there/yet' }))).toEqual(['/not/there/yet']);
  });

  it('has the environment of the config and a home', () => {
    const env = ['PATH=/bin', 'A=b', 'EMPTY=', 'TWICE=1=2'];
    const lines = insideWith(
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
    expect(inside('echo $HOME', process_({ env: ['PATH=/bin', 'HOME=/elsewhere'] }))).toEqual(['/elsewhere']);
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
    const lines = inside('hostname; cat /proc/sys/kernel/domainname', (config) => {
      config.hostname = 'box';
      config.domainname = 'example.org';
    });
    expect(lines).toEqual(['box', 'example.org']);
  });

  it('has its sysctls', () => {
    const sysctl = { 'net.ipv4.ip_forward': '1', 'kernel.msgmax': '4096', 'net/ipv4/ip_default_ttl': '42' };
    const files = 'net/ipv4/ip_forward kernel/msgmax net/ipv4/ip_default_ttl';
    expect(inside(`cd /proc/sys; cat ${files}`, linux({ sysctl }))).toEqual(['1', '4096', '42']);
  });

  it('has a network with lo up and nothing else', () => {
    expect(inside('ls /sys/class/net; ip -o addr show lo')).toEqual([
      'lo',
      expect.stringContaining('127.0.0.1/8'),
      ...(existsSync('/proc/sys/net/ipv6') ? [expect.stringContaining('::1/128')] : []),
    ]);
  });

  it('shares with the host what the config has no namespace for', () => {
    const shared = ['net', 'ipc', 'uts', 'cgroup'];
    const lines = inside(
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
    const lines = inside(
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
    const lines = inside(
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
    const [monotonic, boottime, uptime] = inside(
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

describe('the filesystem', () => {
  /** Lines of mountinfo by mount point. */
  function mounts(lines: string[]): Map<string, { options: string[]; type: string; data: string[]; tags: string[] }> {
    return new Map(
      lines.map((line) => {
        const [left = '', right = ''] = line.split(' - ');
        const fields = left.split(' ');
        const [type = '', , data = ''] = right.split(' ');
        const entry = { options: (fields[5] ?? '').split(','), type, data: data.split(','), tags: fields.slice(6) };
        return [fields[4] ?? '', entry];
      }),
    );
  }

  it('has the mounts of the config and no mount of the host', () => {
    const seen = mounts(inside('cat /proc/self/mountinfo', linux({ maskedPaths: [], readonlyPaths: [] })));
    const points = [...seen.keys()].filter((point) => !point.startsWith('/sys/fs/cgroup/'));
    expect(points.sort()).toEqual(
      ['/', '/dev', '/dev/mqueue', '/dev/pts', '/dev/shm', '/proc', '/sys', '/sys/fs/cgroup'].sort(),
    );
    expect(seen.get('/proc')?.type).toBe('proc');
    expect(seen.get('/dev')).toMatchObject({
      type: 'tmpfs',
      data: expect.arrayContaining(['size=65536k', 'mode=755']),
    });
    expect(seen.get('/dev/shm')?.options).toEqual(expect.arrayContaining(['nosuid', 'nodev', 'noexec']));
    expect(seen.get('/dev/pts')?.data).toEqual(expect.arrayContaining(['gid=5', 'mode=620', 'ptmxmode=666']));
    expect(seen.get('/sys')).toMatchObject({ type: 'sysfs', options: expect.arrayContaining(['ro', 'noexec']) });
    expect(seen.get('/dev/mqueue')?.type).toBe('mqueue');
    expect([...seen.values()].flatMap(({ tags }) => tags.filter((tag) => tag.startsWith('shared:')))).toEqual([]);
  });

  it('has a read-only root if asked for', () => {
    const readonly: Patch = (config) => {
      config.root.readonly = true;
    };
    expect(inside('touch /x 2>&1; touch /dev/shm/x && echo fine', readonly)).toEqual([
      'touch: /x: Read-only file system',
      'fine',
    ]);
    expect(inside('touch /x && echo fine')).toEqual(['fine']);
  });

  it('hides masked paths and protects read-only ones', () => {
    const bundle = place.bundle(
      shell(
        'cat /etc/secret; ls -A /etc/secrets; touch /etc/secrets/x; echo y > /etc/fixed; touch /usr/x; cat /etc/fixed; true',
      ),
      linux({
        maskedPaths: ['/etc/secret', '/etc/secrets', '/no/such/path'],
        readonlyPaths: ['/etc/fixed', '/usr', '/no/such/path'],
      }),
      privileged,
    );
    bundle.write('etc/secret', 'secret').write('etc/fixed', 'fixed\n');
    mkdirSync(join(bundle.rootfs, 'etc/secrets/a'), { recursive: true });
    const result = orlop.run(bundle, place.id()).ok();
    expect(result.stdout).toBe('fixed\n');
    expect(result.stderr.trimEnd().split('\n')).toEqual([
      'touch: /etc/secrets/x: Read-only file system',
      expect.stringContaining("can't create /etc/fixed: Read-only file system"),
      'touch: /usr/x: Read-only file system',
    ]);
  });

  it('cannot change the file that masked paths show', () => {
    const { mode, uid } = statSync('/dev/null');
    const capabilities = ['CAP_FOWNER', 'CAP_CHOWN', 'CAP_SYS_ADMIN'];
    try {
      const lines = inside(
        'chmod 640 /proc/keys 2>&1; chown 5 /proc/keys 2>&1; wc -c < /proc/keys',
        process_({ capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities } }),
      );
      expect(lines.at(-1)).toBe('0');
      expect(statSync('/dev/null')).toMatchObject({ mode, uid });
    } finally {
      chmodSync('/dev/null', mode);
      chownSync('/dev/null', uid, 0);
    }
  });

  it('has tmpfs of the size and mode asked for', () => {
    const lines = inside(
      'df -k /scratch | tail -n 1 | tr -s " " | cut -d" " -f2; stat -c %a /scratch; echo x > /scratch/file; cat /scratch/file',
      mount({ destination: '/scratch', type: 'tmpfs', source: 'tmpfs', options: ['size=4m', 'mode=1750', 'nosuid'] }),
    );
    expect(lines).toEqual(['4096', '1750', 'x']);
  });

  it('binds directories and files of the host', () => {
    const source = place.path('source');
    mkdirSync(join(source, 'below'), { recursive: true });
    writeFileSync(join(source, 'file'), 'of the host\n');
    const lines = inside(
      'cat /in/file /one; echo new > /in/new; echo no > /ro/new; cat /deep/er/file',
      process_({ args: [] }),
      mount(
        { destination: '/in', source, options: ['rbind'] },
        { destination: '/one', source: join(source, 'file'), type: 'bind', options: ['bind', 'ro'] },
        { destination: '/ro', source, options: ['bind', 'ro'] },
        { destination: '/deep/er', source, options: ['bind'] },
      ),
      shell('cat /in/file /one; echo new > /in/new; (echo no > /ro/no) 2>/dev/null || echo refused; cat /deep/er/file'),
    );
    expect(lines).toEqual(['of the host', 'of the host', 'refused', 'of the host']);
    expect(readFileSync(join(source, 'new'), 'utf8')).toBe('new\n');
    expect(existsSync(join(source, 'no'))).toBe(false);
  });

  it('binds from the bundle by a relative source', () => {
    const bundle = place.bundle(shell('cat /in'), mount({ destination: '/in', source: 'beside', options: ['bind'] }));
    writeFileSync(join(bundle.directory, 'beside'), 'beside\n');
    expect(orlop.run(bundle, place.id()).ok().lines).toEqual(['beside']);
  });

  describe('below a mount of the host', () => {
    const outer = place.path('outer');

    beforeEach(() => {
      mkdirSync(join(outer), { recursive: true });
      execFileSync('mount', ['-t', 'tmpfs', 'outer', outer]);
      execFileSync('mount', ['--make-shared', outer]);
      mkdirSync(join(outer, 'inner'));
      execFileSync('mount', ['-t', 'tmpfs', 'inner', join(outer, 'inner')]);
      writeFileSync(join(outer, 'inner/file'), 'inner\n');
    });

    afterEach(() => {
      execFileSync('umount', ['-R', outer]);
    });

    it('binds alone with bind and the tree with rbind', () => {
      const lines = inside(
        'ls -A /one/inner; echo -; cat /tree/inner/file',
        mount(
          { destination: '/one', source: outer, options: ['bind'] },
          { destination: '/tree', source: outer, options: ['rbind'] },
        ),
      );
      expect(lines).toEqual(['-', 'inner']);
    });

    it('makes one mount read-only with ro and the tree with rro', () => {
      const lines = inside(
        'for d in ro/inner rro rro/inner; do touch /$d/x 2>/dev/null && echo yes || echo no; done',
        mount(
          { destination: '/ro', source: outer, options: ['rbind', 'ro'] },
          { destination: '/rro', source: outer, options: ['rbind', 'rro'] },
        ),
      );
      expect(lines).toEqual(['yes', 'no', 'no']);
    });

    it.each([
      ['rprivate', /^$/],
      ['rslave', /^master:\d+$/],
      ['rshared', /^shared:\d+$/],
    ])('has the propagation %s', (propagation, tags) => {
      const seen = mounts(
        inside(
          'cat /proc/self/mountinfo',
          mount({ destination: '/tree', source: outer, options: ['rbind', propagation] }),
          linux({ rootfsPropagation: propagation === 'rshared' ? 'rshared' : 'rslave' }),
        ),
      );
      expect(seen.get('/tree')?.tags.join(' ')).toMatch(tags);
      expect(seen.get('/tree/inner')?.tags.join(' ')).toMatch(tags);
    });
  });

  it('follows links of the root filesystem within it', () => {
    const bundle = place.bundle(
      shell('cat /var/in/file; ls /real'),
      mount({ destination: '/var/in', source: place.path('linked'), options: ['bind'] }),
    );
    mkdirSync(place.path('linked'), { recursive: true });
    writeFileSync(place.path('linked/file'), 'linked\n');
    mkdirSync(join(bundle.rootfs, 'real'));
    execFileSync('ln', ['-s', '../../../../real', join(bundle.rootfs, 'var')]);
    expect(orlop.run(bundle, place.id()).ok().lines).toEqual(['linked', 'in']);
  });
});

describe('the devices', () => {
  it('are those of the specification', () => {
    const names = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
    const lines = inside(`cd /dev; stat -c "%n %F %t:%T %a %u:%g" ${names.join(' ')}`);
    expect(lines).toEqual(
      ['null 1:3', 'zero 1:5', 'full 1:7', 'random 1:8', 'urandom 1:9', 'tty 5:0'].map((device) => {
        const [name, number] = device.split(' ');
        return `${name} character special file ${number} 666 0:0`;
      }),
    );
  });

  it('work', () => {
    expect(inside('echo x > /dev/null; head -c 3 /dev/zero | od -An -tx1; head -c 4 /dev/urandom | wc -c')).toEqual([
      ' 00 00 00',
      '4',
    ]);
  });

  it('have the links of the specification', () => {
    const lines = inside(
      'cd /dev; for l in fd stdin stdout stderr ptmx; do readlink $l; done; (echo x > /dev/stderr) 2>&1 | cat',
    );
    expect(lines).toEqual(['/proc/self/fd', '/proc/self/fd/0', '/proc/self/fd/1', '/proc/self/fd/2', 'pts/ptmx', 'x']);
  });

  it('have nothing else', () => {
    expect(inside('ls /dev').sort()).toEqual(
      [
        ...[
          'fd',
          'full',
          'mqueue',
          'null',
          'ptmx',
          'pts',
          'random',
          'shm',
          'stderr',
          'stdin',
          'stdout',
          'tty',
          'urandom',
        ],
        'zero',
      ].sort(),
    );
  });

  it('have those of the config with mode and owner', () => {
    const devices = [
      { path: '/dev/fuse', type: 'c', major: 10, minor: 229, fileMode: 0o640, uid: 7, gid: 8 },
      { path: '/dev/disk/by/loop', type: 'b', major: 7, minor: 0, fileMode: 0o600 },
      { path: '/run/pipe', type: 'p', fileMode: 0o622, uid: 1 },
      { path: '/dev/null', type: 'c', major: 1, minor: 3, fileMode: 0o600 },
    ];
    const lines = inside(
      'stat -c "%F %t:%T %a %u:%g" /dev/fuse /dev/disk/by/loop /run/pipe /dev/null',
      linux({ devices }),
    );
    expect(lines).toEqual([
      'character special file a:e5 640 7:8',
      'block special file 7:0 600 0:0',
      'fifo 0:0 622 1:0',
      'character special file 1:3 600 0:0',
    ]);
  });

  it('are refused by the cgroup unless allowed', () => {
    if (!existsSync('/sys/fs/cgroup/devices')) return;
    const lines = inside(
      'mknod /dev/mem c 1 1 && (head -c 1 /dev/mem >/dev/null) 2>&1; head -c 1 /dev/zero | wc -c',
      privileged,
      linux({ resources: { devices: [{ allow: false, access: 'rwm' }] } }),
    );
    expect(lines[0]).toMatch(/Operation not permitted/);
    expect(lines.at(-1)).toBe('1');
  });
});

describe('the cgroup', () => {
  const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers');

  /** The container's own directory of a controller. */
  function directory(pid: number, controller: string): string {
    const line = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
      .split('\n')
      .find((entry) =>
        entry
          .split(':')[1]
          ?.split(',')
          .includes(isUnified ? '' : controller),
      );
    return join('/sys/fs/cgroup', isUnified ? '' : controller, line?.split(':')[2] ?? '');
  }

  function detached(...patches: Patch[]): number {
    const id = place.id();
    orlop.run(place.bundle(shell('sleep 1000'), ...patches), id, '-d').ok();
    return orlop.state(id).pid;
  }

  it('is its root in a namespace of its own', () => {
    expect(new Set(inside('cut -d: -f3 /proc/self/cgroup'))).toEqual(new Set(['/']));
  });

  it('is in every hierarchy below the name of the container', () => {
    const pid = detached();
    const paths = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trimEnd().split('\n');
    expect(paths.filter((line) => !line.includes(place.tag))).toEqual([]);
  });

  it('is where cgroupsPath says, with parents that go again', () => {
    const path = `/${place.tag}-parent/middle/own`;
    const pid = detached(linux({ cgroupsPath: path }));
    expect(directory(pid, 'memory')).toBe(`/sys/fs/cgroup/${isUnified ? '' : 'memory/'}${path.slice(1)}`);
  });

  const LIMITS: { name: string; resources: object; v1: [string, string, string]; v2: [string, string] }[] = [
    {
      name: 'memory.limit',
      resources: { memory: { limit: 32 << 20 } },
      v1: ['memory', 'memory.limit_in_bytes', String(32 << 20)],
      v2: ['memory.max', String(32 << 20)],
    },
    {
      name: 'memory.reservation',
      resources: { memory: { reservation: 16 << 20 } },
      v1: ['memory', 'memory.soft_limit_in_bytes', String(16 << 20)],
      v2: ['memory.low', String(16 << 20)],
    },
    { name: 'pids.limit', resources: { pids: { limit: 17 } }, v1: ['pids', 'pids.max', '17'], v2: ['pids.max', '17'] },
    {
      name: 'cpu.shares',
      resources: { cpu: { shares: 512 } },
      v1: ['cpu', 'cpu.shares', '512'],
      v2: ['cpu.weight', '59'],
    },
    {
      name: 'cpu.quota',
      resources: { cpu: { quota: 20000, period: 50000 } },
      v1: ['cpu', 'cpu.cfs_quota_us', '20000'],
      v2: ['cpu.max', '20000 50000'],
    },
    {
      name: 'cpu.period',
      resources: { cpu: { quota: 20000, period: 50000 } },
      v1: ['cpu', 'cpu.cfs_period_us', '50000'],
      v2: ['cpu.max', '20000 50000'],
    },
    {
      name: 'cpu.cpus',
      resources: { cpu: { cpus: '0' } },
      v1: ['cpuset', 'cpuset.cpus', '0'],
      v2: ['cpuset.cpus', '0'],
    },
  ];

  it.each(LIMITS)('has $name', ({ resources, v1, v2 }) => {
    const [controller, file, value] = isUnified ? ['', ...v2] : v1;
    const pid = detached(linux({ resources }));
    expect(readFileSync(join(directory(pid, controller as string), file as string), 'utf8').trim()).toBe(value);
  });

  it('limits for real', () => {
    const lines = inside(
      'for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done 2>/dev/null; echo done; exit 0',
      linux({ resources: { pids: { limit: 4 } } }),
      (config: Config) => {
        config.process.args = [
          '/bin/sh',
          '-c',
          '(for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done) 2>/dev/null || echo limited',
        ];
      },
    );
    expect(lines).toEqual(['limited']);
  });

  it('shows itself, read-only', () => {
    const controller = isUnified ? '' : '/memory';
    const lines = inside(
      `head -n 1 /sys/fs/cgroup${controller}/cgroup.procs; mkdir /sys/fs/cgroup${controller}/x 2>&1; true`,
      privileged,
    );
    expect(lines).toEqual(['1', expect.stringContaining('Read-only file system')]);
  });
});

// What is mounted for a container never shows on the host, not even where all mounts are shared, as under systemd.
it.each([undefined, 'private', 'slave', 'shared', 'unbindable'])(
  'keeps its mounts with rootfsPropagation %s',
  (value) => {
    const [first, last] = [place.path(`mounts-${value}-1`), place.path(`mounts-${value}-2`)];
    const script =
      'mount --make-rshared /; cut -d" " -f5- /proc/self/mountinfo > $0; "$@" || exit; cut -d" " -f5- /proc/self/mountinfo > ' +
      last;
    const prefix = ['unshare', '--mount', 'sh', '-c', script, first];
    insideWith({ prefix }, [], 'true', linux({ rootfsPropagation: value }));
    expect(readFileSync(last, 'utf8')).toBe(readFileSync(first, 'utf8'));
  },
);

it('leaves the host as it is', () => {
  const name = execFileSync('hostname', { encoding: 'utf8' });
  const links = readdirSync('/proc/self/ns').map((one) => readlinkSync(`/proc/self/ns/${one}`));
  const { mode } = statSync('/dev/null');
  inside('true', (config) => {
    config.hostname = 'other';
  });
  expect(execFileSync('hostname', { encoding: 'utf8' })).toBe(name);
  expect(readdirSync('/proc/self/ns').map((one) => readlinkSync(`/proc/self/ns/${one}`))).toEqual(links);
  expect(statSync('/dev/null').mode).toBe(mode);
});
