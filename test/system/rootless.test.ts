// An ordinary user runs containers: `orlop spec --rootless && orlop run x`.

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootlessSpec } from '../../src/container/default-spec.ts';
import { type Bundle, type Config, type Patch, shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { GID, OrdinaryUser, UID } from './support/ordinary.ts';
import { type Result, until } from './support/orlop.ts';

const place = new Workplace('rootless');
const user = new OrdinaryUser(place);
const orlop = user.orlop(place);

afterAll(() => place.remove());
leavesNothing(place, () => orlop, { sweeps: true });

/** The config of `orlop spec --rootless`, in a bundle that is the user's. */
function bundleOf(...patches: Patch[]): Bundle {
  const rootless: Patch = (config) => {
    Object.assign(config, structuredClone(rootlessSpec(UID, GID)));
    config.process.terminal = false;
    config.root.readonly = false;
  };
  return user.own(place.bundle(rootless, ...patches));
}

const run = (line: string, ...patches: Patch[]): Result => orlop.run(bundleOf(shell(line), ...patches), place.id());

function start(...patches: Patch[]): string {
  const id = place.id();
  orlop.run(bundleOf(shell('sleep 1000'), ...patches), id, '-d').ok();
  return id;
}

describe('who maps himself alone', () => {
  it('from nothing: spec, run, and the state in his own directory', () => {
    const bundle = user.directory(place.path(`bundle-spec-${place.id()}`));
    // Without --root: the output goes to a file, for a created container keeps it open.
    const own = (...args: string[]): string => {
      const [command = '', , , ...rest] = orlop.words(args);
      const file = place.path('own');
      const output = openSync(file, 'w');
      const [setpriv = '', ...words] = [...user.prefix, command, ...rest];
      const env = { ...process.env, ...user.env };
      const { status } = spawnSync(setpriv, words, { cwd: bundle, env, stdio: ['ignore', output, output] });
      closeSync(output);
      if (status !== 0) throw new Error(`${args.join(' ')}: ${readFileSync(file, 'utf8')}`);
      return readFileSync(file, 'utf8');
    };
    own('spec', '--rootless');
    const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as Config;
    expect(config.linux.uidMappings).toEqual([{ containerID: 0, hostID: UID, size: 1 }]);
    expect(config.linux.gidMappings).toEqual([{ containerID: 0, hostID: GID, size: 1 }]);
    config.process.terminal = false;
    config.process.args = ['/bin/sh', '-c', 'id -u; id -g'];
    const { rootfs } = bundleOf();
    config.root.path = rootfs;
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
    const id = place.id();
    expect(own('run', id)).toBe('0\n0\n');
    own('create', id);
    expect(existsSync(join(user.runtime, 'orlop', id, 'state.json'))).toBe(true);
    expect(statSync(join(user.runtime, 'orlop')).mode.toString(8)).toMatch(/^41711$/);
    own('delete', '--force', id);
    expect(readdirSync(join(user.runtime, 'orlop'))).toEqual([]);
    rmSync(join(user.runtime, 'orlop'), { recursive: true });
    rmSync(bundle, { recursive: true });
  });

  it('spec writes what runc writes', () => {
    const bundle = user.directory(place.path(`bundle-runc-${place.id()}`));
    const runc = spawnSync(user.prefix[0] as string, [...user.prefix.slice(1), 'runc', 'spec', '--rootless'], {
      cwd: bundle,
    });
    if (runc.error || runc.status !== 0) throw new Error('runc is missing: apt-get install runc');
    const theirs = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as Config;
    const ours = rootlessSpec(UID, GID) as unknown as Config;
    expect(ours.mounts).toEqual(theirs.mounts.map((mount) => ({ options: [], ...mount })));
    for (const kind of ['uidMappings', 'gidMappings']) {
      expect(ours.linux[kind].map((range: { size: number }) => range.size)).toEqual([1]);
      expect(theirs.linux[kind]).toEqual(ours.linux[kind]);
    }
    const types = ({ linux }: Config) => linux.namespaces.map(({ type }) => type).filter((type) => type !== 'cgroup');
    expect(types(ours)).toEqual(types(theirs));
    expect(ours.linux.resources).toEqual(theirs.linux.resources);
    rmSync(bundle, { recursive: true });
  });

  it('is inside as under runc', () => {
    const line = [
      'grep -E "^(Cap|NoNewPrivs|Seccomp|Umask|Groups|Uid|Gid|Name)" /proc/self/status',
      'cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups',
      // runc has /dev/core where there is a /proc/kcore, which the specification does not ask for.
      'ls -lAn /dev | grep -v " core -> " | sed -E "s/ [A-Z][a-z]+ +[0-9]+ [0-9:]+ / /"',
      'sed -E "s/^([^ ]+ ){4}([^ ]+) .* - ([^ ]+) .*/\\2 \\3/" /proc/self/mountinfo | sort',
      'ls /proc/1/fd; cat /proc/self/cgroup; hostname',
    ].join('\n');
    const bundle = bundleOf(shell(line), (config) => {
      config.ociVersion = '1.0.2';
      // The runc of this machine may be older than cgroup namespaces without privileges.
      config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'cgroup');
      config.mounts = config.mounts.filter(({ type }) => type !== 'cgroup');
    });
    const ours = orlop.run(bundle, place.id()).ok().stdout;
    const root = user.directory(place.path('runc'));
    const words = [...user.prefix.slice(1), 'runc', '--root', root, 'run', '-b', bundle.directory, place.id()];
    const theirs = spawnSync(user.prefix[0] as string, words, {
      encoding: 'utf8',
      env: { ...process.env, ...user.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(theirs.status, theirs.stderr).toBe(0);
    expect(ours.split('\n')).toEqual(theirs.stdout.split('\n'));
    rmSync(root, { recursive: true });
  });

  it('the whole life of a container', async () => {
    const bundle = bundleOf(shell('trap "exit 7" TERM; touch /ready; while :; do sleep 0.1; done'));
    const id = place.id();
    orlop.create(bundle, id).ok();
    expect(orlop.state(id).status).toBe('created');
    orlop.call(['start', id]).ok();
    expect(orlop.state(id)).toMatchObject({ status: 'running' });
    expect(orlop.call(['exec', id, 'sh', '-c', 'id -u; tr "\\0" " " < /proc/1/cmdline | cut -c1-7']).ok().stdout).toBe(
      '0\n/bin/sh\n',
    );
    expect(orlop.call(['exec', id, 'false']).status).toBe(1);
    expect(orlop.call(['list', '-q']).ok().stdout).toBe(`${id}\n`);
    await until('it takes signals', () => existsSync(join(bundle.rootfs, 'ready')));
    orlop.call(['kill', id, 'TERM']).ok();
    await until('it has stopped', () => orlop.state(id).status === 'stopped');
    orlop.call(['delete', id]).ok();
    expect(orlop.call(['state', id]).stderr).toContain('does not exist');
  });

  it('all processes are known by their pid namespace, where there is no cgroup', async () => {
    const id = start((config) => {
      config.process.args = ['/bin/sh', '-c', 'sleep 1000 & sleep 1000 & wait'];
    });
    const pids = (): number[] => JSON.parse(orlop.call(['ps', '--format', 'json', id]).ok().stdout);
    await until('its children are there', () => pids().length === 3);
    expect(pids()).toContain(orlop.state(id).pid);
    orlop.call(['kill', '--all', id, 'KILL']).ok();
    await until('they have gone', () => orlop.state(id).status === 'stopped');
    expect(pids()).toEqual([]);
  });

  it('a terminal, by exec too', () => {
    const id = start();
    const words = (args: string[]) =>
      orlop
        .words(args)
        .map((word) => `'${word}'`)
        .join(' ');
    const inTerminal = (args: string[]): string =>
      spawnSync('script', ['-qec', `${user.prefix.join(' ')} ${words(args)}`, '/dev/null'], {
        encoding: 'utf8',
        env: { ...process.env, ...user.env },
        timeout: 60_000,
      }).stdout.replaceAll(/\r|\^@/g, '');
    expect(inTerminal(['exec', '-t', id, 'sh', '-c', 'tty; stat -c %u /dev/pts/0']).trim().split('\n')).toEqual([
      '/dev/pts/0',
      '0',
    ]);
    const bundle = bundleOf(shell('test -t 0 && echo terminal; stat -c %u /dev/console'), (config) => {
      config.process.terminal = true;
    });
    expect(inTerminal(['run', '-b', bundle.directory, place.id()]).trim().split('\n')).toEqual(['terminal', '0']);
  });

  it('his files are his, inside and outside', () => {
    const directory = user.directory(place.path(`files-${place.id()}`));
    const bind: Patch = (config) => {
      config.mounts.push({ destination: '/in', source: directory, options: ['rbind', 'nosuid', 'nodev'] });
    };
    expect(run('stat -c %u:%g /in; touch /in/made; chown 1 /in/made 2>&1', bind).stdout).toMatch(
      /^0:0\nchown: .*Invalid argument\n$/,
    );
    expect([statSync(join(directory, 'made')).uid, statSync(join(directory, 'made')).gid]).toEqual([UID, GID]);
    rmSync(directory, { recursive: true });
  });

  it('another container joins the user namespace of the first', () => {
    const id = start();
    const { pid } = orlop.state(id);
    const done = run('id -u; ls /proc/1/fd > /dev/null && echo seen; hostname', (config) => {
      delete config.hostname;
      for (const namespace of config.linux.namespaces) {
        if (['user', 'pid', 'ipc', 'uts'].includes(namespace.type)) {
          namespace.path = `/proc/${pid}/ns/${namespace.type}`;
        }
      }
    });
    expect(done.ok().stdout).toBe('0\nseen\norlop\n');
  });

  it('his hooks, and a time namespace', () => {
    const file = join(user.home, 'hook');
    const done = run('cut -d. -f1 /proc/uptime', (config) => {
      config.hooks = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', `id -u > ${file}`] }] };
      config.linux.namespaces.push({ type: 'time' });
      config.linux.timeOffsets = { boottime: { secs: 1_000_000, nanosecs: 0 } };
    });
    expect(Number(done.ok().stdout)).toBeGreaterThan(1_000_000);
    expect(readFileSync(file, 'utf8')).toBe(`${UID}\n`);
    rmSync(file);
  });

  it.each<[string, Patch, RegExp[]]>([
    [
      'no user namespace',
      (config) => {
        config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'user');
        delete config.linux.uidMappings;
        delete config.linux.gidMappings;
      },
      [/user 54321 may not make containers without a user namespace: missing CAP_SYS_ADMIN \(for/, /spec --rootless/],
    ],
    [
      'the map of another',
      (config) => {
        config.linux.uidMappings[0].hostID = 12;
      },
      [/newuidmap/, /\/linux\/uidMappings/],
    ],
    [
      'groups',
      (config) => {
        config.process.user.additionalGids = [0];
      },
      [/OCI216\] groups-denied/],
    ],
    [
      'another user',
      (config) => {
        config.process.user.uid = 1;
      },
      [/OCI207\] unmapped-id: uid 1 is not mapped/],
    ],
    [
      'sysfs with the network of the host',
      (config) => {
        config.mounts.push({ destination: '/tmp', type: 'sysfs', source: 'sysfs' });
      },
      [/OCI316/, /sysfs can be mounted on \/tmp only with a network namespace/],
    ],
    [
      'an id-mapped mount',
      (config) => {
        config.mounts.push({ destination: '/tmp', source: '/etc', options: ['bind', 'idmap'] });
      },
      [/OCI319/, /CAP_SYS_ADMIN/],
    ],
    [
      'a source that he does not reach',
      (config) => {
        config.mounts.push({ destination: '/tmp', source: '/root/x', options: ['rbind'] });
      },
      [/open \/root\/x failed: EACCES/, /namei/],
    ],
    [
      'a mount that may not be uncovered',
      (config) => {
        config.mounts.push({ destination: '/tmp', source: '/sys', options: ['bind'] });
      },
      [/open \/sys failed: EINVAL/, /rbind/],
    ],
    [
      'an attribute of the host that he may not take away',
      (config) => {
        config.mounts.push({
          destination: '/tmp',
          source: join(place.directory, 'locked'),
          options: ['rbind', 'suid'],
        });
      },
      [/bind of .*locked on \/tmp failed: EPERM/, /leave out the option/],
    ],
  ])('%s: says what is wrong', (_name, patch, expected) => {
    const locked = place.path('locked');
    mkdirSync(locked, { recursive: true });
    const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'nosuid', 'tmpfs', locked]).status === 0;
    try {
      expect(isMounted).toBe(true);
      const done = run('true', patch);
      expect(done.status).not.toBe(0);
      for (const pattern of expected) expect(done.stderr).toMatch(pattern);
    } finally {
      spawnSync('umount', [locked]);
    }
  });

  it('says where his state would go, if there is no place for it', () => {
    const [command = '', , , ...rest] = orlop.words(['run', '-b', bundleOf().directory, place.id()]);
    const done = spawnSync(user.prefix[0] as string, [...user.prefix.slice(1), command, ...rest], {
      encoding: 'utf8',
      env: { ...process.env, ...user.env, XDG_RUNTIME_DIR: '' },
    });
    expect(done.status).toBe(1);
    expect(done.stderr).toMatch(/mkdir\("\/run\/orlop.*EACCES/);
    expect(done.stderr).toContain('--root');
  });
});

describe('cgroups', () => {
  const isV2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
  const limited: Patch = (config) => {
    config.linux.resources = { pids: { limit: 20 } };
  };

  it('without any it runs, and a limit is refused with the reason', () => {
    expect(run('echo up').ok().stdout).toBe('up\n');
    const done = run('true', limited);
    expect(done.status).toBe(1);
    expect(done.stderr).toMatch(
      /OCI418\] missing-controller: the container has no cgroup, in which pids.max could be set: user 54321 may not write/,
    );
  });

  it('one that the config names is tried', () => {
    const done = run('true', (config) => {
      config.linux.cgroupsPath = `/${place.tag}`;
    });
    expect(done.status).toBe(1);
    expect(done.stderr).toMatch(/mkdir\("\/sys\/fs\/cgroup\/.*EACCES/);
    expect(done.stderr).toContain('delegated');
  });

  it('--cgroup-manager disabled, and --rootless false', () => {
    const bundle = bundleOf(shell('echo up'));
    const call = (...flags: string[]) => orlop.call([...flags, 'run', '-b', bundle.directory, place.id()]);
    expect(call('--cgroup-manager', 'disabled').ok().stdout).toBe('up\n');
    expect(call('--rootless', 'true').ok().stdout).toBe('up\n');
    const strict = call('--rootless', 'false');
    expect(strict.status).toBe(1);
    expect(strict.stderr).toMatch(/mkdir\("\/sys\/fs\/cgroup\/.*EACCES/);
    expect(call('--rootless', 'maybe').stderr).toContain('use true or false or auto');
    expect(call('--cgroup-manager', 'systemd').stderr).toContain('there is no systemd of this user');
  });

  it('pause and update say that there is none', () => {
    const id = start();
    expect(orlop.call(['pause', id]).stderr).toContain('no cgroup with a freezer');
    expect(orlop.call(['update', '--pids-limit', '5', id]).stderr).toContain(
      'has no cgroup of its own, and so no limits',
    );
  });

  it.skipIf(!isV2)('a delegated one is used: limits, exec, pause and delete', async () => {
    const base = `/sys/fs/cgroup/${place.tag}`;
    mkdirSync(join(base, 'caller'), { recursive: true });
    for (const path of [base, join(base, 'caller')]) {
      writeFileSync(join(path, 'cgroup.subtree_control'), path === base ? '+pids +memory' : '');
      for (const name of ['', 'cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads']) {
        spawnSync('chown', [`${UID}:${GID}`, join(path, name)]);
      }
    }
    // What runs orlop is in the cgroup of the caller, as systemd would have it.
    orlop.before = ['sh', '-c', `echo 0 > ${base}/caller/cgroup.procs; exec "$@"`, 'sh'];
    try {
      const id = place.id();
      orlop.create(bundleOf(shell('sleep 1000'), limited), id).ok();
      expect(readFileSync(join(base, `orlop-${id}`, 'pids.max'), 'utf8')).toBe('20\n');
      orlop.call(['start', id]).ok();
      expect(orlop.call(['exec', id, 'cat', '/proc/self/cgroup']).ok().stdout).toBe('0::/\n');
      orlop.call(['pause', id]).ok();
      expect(orlop.state(id).status).toBe('paused');
      orlop.call(['resume', id]).ok();
      orlop.call(['update', '--pids-limit', '30', id]).ok();
      expect(readFileSync(join(base, `orlop-${id}`, 'pids.max'), 'utf8')).toBe('30\n');
      orlop.call(['delete', '--force', id]).ok();
      expect(existsSync(join(base, `orlop-${id}`))).toBe(false);
    } finally {
      orlop.before = [];
      await until('its cgroups are empty', () => spawnSync('rmdir', [join(base, 'caller'), base]).status === 0);
    }
  });
});

describe('with ranges in /etc/subuid', () => {
  let ranges: ReturnType<typeof OrdinaryUser.enroll>;
  beforeAll(() => {
    ranges = OrdinaryUser.enroll();
    if (!ranges)
      console.warn('\n*** useradd or newuidmap is missing: no ranges are mapped. apt-get install uidmap ***\n');
  });
  afterAll(() => OrdinaryUser.expel());

  const mapped: Patch = (config) => {
    const { uids = 0, gids = 0 } = ranges ?? {};
    config.linux.uidMappings.push({ containerID: 1, hostID: uids, size: 65536 });
    config.linux.gidMappings.push({ containerID: 1, hostID: gids, size: 65536 });
  };

  it('other users, groups, and owners of terminals', () => {
    if (!ranges) return;
    const done = run('grep -E "^(Uid|Gid|Groups)" /proc/self/status; cat /proc/self/setgroups', mapped, (config) => {
      config.process.user = { uid: 1000, gid: 1001, additionalGids: [5, 10] };
      config.mounts[2]?.options?.push('gid=5');
    });
    expect(done.ok().lines).toEqual([
      'Uid:\t1000\t1000\t1000\t1000',
      'Gid:\t1001\t1001\t1001\t1001',
      'Groups:\t5 10 ',
      'allow',
    ]);
  });

  it('exec and kill reach processes of other ids', async () => {
    if (!ranges) return;
    const id = start(mapped, (config) => {
      config.process.user.uid = 1000;
    });
    expect(statSync(`/proc/${orlop.state(id).pid}`).uid).toBe(ranges.uids + 999);
    expect(orlop.call(['exec', '-u', '7:8', '-g', '9', id, 'id', '-G']).ok().stdout).toBe('8 9\n');
    orlop.call(['kill', id, 'KILL']).ok();
    await until('it has stopped', () => orlop.state(id).status === 'stopped');
  });

  it('his files keep their owner where another id is the root', () => {
    if (!ranges) return;
    const { uids, gids } = ranges;
    const directory = user.directory(place.path(`keep-${place.id()}`));
    const bundle = bundleOf(shell('id -u; stat -c %u /in; touch /in/made && echo made'), (config) => {
      const around = (from: number, own: number) => [
        { containerID: 0, hostID: from, size: 1000 },
        { containerID: 1000, hostID: own, size: 1 },
      ];
      config.linux.uidMappings = around(uids, UID);
      config.linux.gidMappings = around(gids, GID);
      config.process.user = { uid: 1000, gid: 1000 };
      // Who is the root inside passes here only as the user.
      config.mounts.push({ destination: '/in', source: directory, options: ['rbind'] });
    });
    for (const path of ['', 'dev', 'proc', 'sys', 'tmp']) {
      spawnSync('chown', [`${uids}:${gids}`, join(bundle.rootfs, path)]);
    }
    expect(orlop.run(bundle, place.id()).ok().stdout).toBe('1000\n1000\nmade\n');
    expect(statSync(join(directory, 'made')).uid).toBe(UID);
    rmSync(directory, { recursive: true });
  });

  it('ranges that are not his are refused by newuidmap', () => {
    if (!ranges) return;
    const done = run('true', (config) => {
      config.linux.uidMappings.push({ containerID: 1, hostID: 1, size: 5 });
    });
    expect(done.status).toBe(1);
    expect(done.stderr).toMatch(/newuidmap \d+ 0 54321 1 1 1 5 exited with 1: newuidmap: uid range .* not allowed/);
    expect(done.stderr).toContain('/etc/subuid');
  });
});
