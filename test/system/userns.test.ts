// Containers with a user namespace of their own, or in one of others: ids, devices, terminals, what the host keeps.

import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bundle, type Config, type Patch, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, Orlop, type Result } from './support/orlop.ts';
import { process_ } from './support/patches.ts';

const place = new Workplace('userns');
let orlop = new Orlop(place);
let before: Snapshot;

afterAll(() => place.remove());
beforeEach(() => {
  before = snapshot(place, orlop);
});
afterEach(async () => {
  for (const left of orlop.call(['list', '-q']).stdout.split('\n').filter(Boolean)) {
    orlop.call(['delete', '--force', left]).ok();
  }
  await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
});

/** Ids of the host that are nobody's. */
const UID = 300_000;
const GID = 400_000;

const users: Patch = (config) => {
  config.linux.namespaces.push({ type: 'user' });
  config.linux.uidMappings = [{ containerID: 0, hostID: UID, size: 65536 }];
  config.linux.gidMappings = [{ containerID: 0, hostID: GID, size: 65536 }];
};

/** The root filesystem belongs to the container's root. */
function bundleOf(...patches: Patch[]): Bundle {
  const bundle = place.bundle(users, ...patches);
  for (const path of ['', 'etc', 'tmp', 'dev', 'root']) chownSync(join(bundle.rootfs, path), UID, GID);
  return bundle;
}

function run(line: string, ...patches: Patch[]): Result {
  return orlop.run(bundleOf(shell(line), ...patches), place.id());
}

const lines = (line: string, ...patches: Patch[]): string[] =>
  run(line, ...patches)
    .ok()
    .stdout.trimEnd()
    .split('\n');

function start(...patches: Patch[]): string {
  const id = place.id();
  orlop.run(bundleOf(shell('sleep 1000'), ...patches), id, '-d').ok();
  return id;
}

const uid1000: Patch = (config) => {
  config.process.user.uid = 1000;
};

const devices =
  (...list: object[]): Patch =>
  (config) => {
    config.linux.devices = list;
  };

const inode = (path: string): string => {
  const { uid, gid, mode, ino } = lstatSync(path);
  return [ino, uid, gid, mode.toString(8)].join(' ');
};

describe.each(builds())('$name', (build) => {
  beforeEach(() => {
    orlop = new Orlop(place, build);
    before = snapshot(place, orlop);
  });

  it.each([
    ["the user's alone", UID + 1000, 0],
    ["root's alone", UID, GID],
  ])('the working directory may be %s', (_name, uid, gid) => {
    const bundle = bundleOf(shell('pwd'), uid1000, process_({ cwd: '/own' }));
    mkdirSync(join(bundle.rootfs, 'own'), { mode: 0o700 });
    chownSync(join(bundle.rootfs, 'own'), uid, gid);
    expect(orlop.run(bundle, place.id()).ok().lines).toEqual(['/own']);
  });

  it('a working directory that neither root nor the user may enter', () => {
    const bundle = bundleOf(shell('pwd'), uid1000, process_({ cwd: '/own' }));
    mkdirSync(join(bundle.rootfs, 'own'), { mode: 0o700 });
    const { status, stderr } = orlop.run(bundle, place.id());
    expect(status).toBe(1);
    expect(stderr).toContain('cwd /own failed: EACCES (permission denied): fchdir(');
    expect(stderr).toMatch(/config\.json:\d+:\d+ \/process\/cwd/);
    expect(stderr).toContain('neither');
  });

  it('binds a directory that root may not enter', () => {
    const source = place.path(place.id());
    mkdirSync(source, { mode: 0o700 });
    const options = ['rbind'];
    const mounts: Patch = (config) => config.mounts.push({ destination: '/mnt', type: 'bind', source, options });
    expect(lines('stat -c "%a %u" /mnt; ls /mnt 2>&1 | tail -c 18', mounts)).toEqual([
      '700 65534',
      'Permission denied',
    ]);
  });

  it('the root inside is nobody outside', () => {
    const id = start();
    const status = readFileSync(`/proc/${orlop.state(id).pid}/status`, 'utf8');
    expect(status).toMatch(new RegExp(`^Uid:\\t${UID}\\t${UID}\\t${UID}\\t${UID}$`, 'm'));
    expect(status).toMatch(new RegExp(`^Gid:\\t${GID}\\t${GID}\\t${GID}\\t${GID}$`, 'm'));
    expect(status).toMatch(/^Groups:\t $/m);
    const inside = orlop.call(['exec', id, 'sh', '-c', 'id -u; cat /proc/self/uid_map /proc/self/gid_map']).ok();
    expect(inside.stdout.replaceAll(/ +/g, ' ').trim()).toBe(`0\n 0 ${UID} 65536\n 0 ${GID} 65536`);
  });

  it('all namespaces belong to it', () => {
    const answers = lines(
      'hostname inside; hostname; ip link set lo down; ip link show lo | head -1; ls -dn /dev/mqueue /dev/shm',
      (config) => {
        const all = ['CAP_SYS_ADMIN', 'CAP_NET_ADMIN'];
        config.process.capabilities = { bounding: all, effective: all, permitted: all };
      },
    );
    expect(answers[0]).toBe('inside');
    expect(answers[1]).not.toContain('UP');
    for (const line of answers.slice(2)) expect(line).toMatch(/^d\S+ +\d+ 0 +0 /);
  });

  it('user, groups and capabilities of the process', () => {
    const answers = lines('grep -E "^(Uid|Gid|Groups|CapEff|CapBnd)" /proc/self/status', (config) => {
      config.process.user = { uid: 1000, gid: 1001, additionalGids: [5, 10] };
      config.process.capabilities = { bounding: ['CAP_CHOWN'], inheritable: [], permitted: [], effective: [] };
    });
    expect(answers).toEqual([
      'Uid:\t1000\t1000\t1000\t1000',
      'Gid:\t1001\t1001\t1001\t1001',
      'Groups:\t5 10 ',
      'CapEff:\t0000000000000000',
      'CapBnd:\t0000000000000001',
    ]);
  });

  it('devices are those of the host, which keep mode and owner', () => {
    const nodes = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => `/dev/${name}`);
    const kept = nodes.map(inode);
    const answers = lines(
      `for one in ${nodes.join(' ')}; do test -c $one || echo no $one; done; head -c 3 /dev/zero | wc -c; ` +
        'echo x > /dev/null && echo written; echo x >> /dev/null; chmod 600 /dev/null 2>&1; chown 1:1 /dev/zero 2>&1; ' +
        'mknod /tmp/null c 1 3 2>&1; stat -c %t:%T:%u:%a /dev/urandom; ls -ln /dev/pipe | cut -c1-10; readlink /dev/ptmx',
      (config) => {
        const all = ['CAP_CHOWN', 'CAP_FOWNER', 'CAP_MKNOD'];
        config.process.capabilities = { bounding: all, effective: all, permitted: all };
        config.linux.devices = [
          { path: '/dev/urandom', type: 'c', major: 1, minor: 9, fileMode: 0o600, uid: 7, gid: 7 },
          { path: '/dev/pipe', type: 'p', fileMode: 0o600 },
        ];
      },
    );
    expect(answers).toEqual([
      '3',
      'written',
      expect.stringContaining('Read-only file system'),
      expect.stringContaining('Read-only file system'),
      expect.stringContaining('Operation not permitted'),
      '1:9:65534:666',
      'prw-------',
      'pts/ptmx',
    ]);
    expect(nodes.map(inode)).toEqual(kept);
  });

  it('/dev/null as standard input keeps its owner', () => {
    const kept = inode('/dev/null');
    expect(lines('cat; echo done', uid1000)).toEqual(['done']);
    expect(inode('/dev/null')).toBe(kept);
  });

  it('what it makes belongs to the mapped ids, also through a bind', () => {
    const shared = place.path(`shared-${place.id()}`);
    mkdirSync(shared, { mode: 0o777 });
    chmodSync(shared, 0o777);
    const bundle = bundleOf(shell('touch /tmp/a /in/b; chown 5:6 /in/b'), (config) => {
      const all = ['CAP_CHOWN'];
      config.process.capabilities = { bounding: all, effective: all, permitted: all };
      config.mounts.push({ destination: '/in', source: shared, options: ['rbind'] });
    });
    orlop.run(bundle, place.id()).ok();
    const owner = (path: string) => [statSync(path).uid, statSync(path).gid];
    expect(owner(join(bundle.rootfs, 'tmp/a'))).toEqual([UID, GID]);
    expect(owner(join(shared, 'b'))).toEqual([UID + 5, GID + 6]);
    expect(owner(join(bundle.rootfs, 'in'))).toEqual([UID, GID]);
  });

  it('root filesystem and sources may lie where only others pass', () => {
    const closed = place.path(`closed-${place.id()}`);
    mkdirSync(join(closed, 'source'), { recursive: true });
    writeFileSync(join(closed, 'source/file'), 'text');
    chownSync(closed, 1234, 1234);
    chmodSync(closed, 0o700);
    const bundle = bundleOf(shell('cat /in/file; mkdir /new'), (config) => {
      config.mounts.push({ destination: '/in', source: join(closed, 'source'), options: ['bind', 'ro'] });
    });
    chmodSync(bundle.directory, 0o700);
    expect(orlop.run(bundle, place.id()).ok().stdout).toBe('text');
    expect(existsSync(join(bundle.rootfs, 'new'))).toBe(true);
  });

  it('no mount travels to the host, even from a shared one', () => {
    const shared = place.path(`propagation-${place.id()}`);
    mkdirSync(join(shared, 'below'), { recursive: true });
    const mount = (...args: string[]) => expect(spawnSync('mount', args).status, args.join(' ')).toBe(0);
    mount('-t', 'tmpfs', 'shared', shared);
    try {
      mount('--make-shared', shared);
      mkdirSync(join(shared, 'below'));
      const line = 'mount -t tmpfs inside /in/below && touch /in/below/file && echo mounted';
      const answers = lines(line, (config) => {
        const all = ['CAP_SYS_ADMIN'];
        config.process.capabilities = { bounding: all, effective: all, permitted: all };
        config.linux.rootfsPropagation = 'shared';
        config.mounts.push({ destination: '/in', source: shared, options: ['rbind', 'rshared'] });
      });
      expect(answers).toEqual(['mounted']);
      expect(existsSync(join(shared, 'below/file'))).toBe(false);
    } finally {
      spawnSync('umount', ['-R', shared]);
    }
  });

  it('sysctls of its namespaces', () => {
    const answers = lines(
      'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax /proc/sys/user/max_net_namespaces',
      (config) => {
        config.linux.sysctl = {
          'net.ipv4.ip_unprivileged_port_start': '81',
          'kernel.msgmax': '4096',
          'user.max_net_namespaces': '7',
        };
      },
    );
    expect(answers).toEqual(['81', '4096', '7']);
  });

  it('a time namespace of it', () => {
    const [uptime = ''] = lines('cut -d. -f1 /proc/uptime', (config) => {
      config.linux.namespaces.push({ type: 'time' });
      config.linux.timeOffsets = { boottime: { secs: 1_000_000, nanosecs: 0 } };
    });
    expect(Number(uptime)).toBeGreaterThan(1_000_000);
  });

  it('a terminal that belongs to its user', () => {
    const socket = spawnSync('script', ['--version']);
    if (socket.error) throw new Error('script is missing: apt-get install bsdutils');
    const bundle = bundleOf(
      shell('tty; ls -ln /dev/pts/0 /dev/console; id -u; test -t 0 && echo terminal'),
      (config) => {
        config.process.terminal = true;
        config.process.user = { uid: 1000, gid: 1000 };
      },
    );
    const words = orlop.words(['run', '-b', bundle.directory, place.id()]).map((word) => `'${word}'`);
    const done = spawnSync('script', ['-qec', words.join(' '), '/dev/null'], { encoding: 'utf8', timeout: 60_000 });
    const shown = done.stdout
      .replaceAll(/\r|\^@/g, '')
      .trim()
      .split('\n');
    expect(shown[0]).toMatch(/\/dev\/(pts\/0|console)$/);
    expect(shown.slice(1, 3)).toEqual([
      expect.stringMatching(/^c\S+ +1 1000 +5 +136, +0 /),
      expect.stringMatching(/^c\S+ +1 1000 +5 +136, +0 /),
    ]);
    expect(shown.slice(3)).toEqual(['1000', 'terminal']);
  });

  it('hooks: those of the host as its root, those inside as the mapped root', () => {
    chmodSync(place.directory, 0o711);
    const log = place.path(`hooks-${place.id()}`);
    writeFileSync(log, '', { mode: 0o666 });
    chmodSync(log, 0o666);
    const hook = (name: string) => ({
      path: '/bin/sh',
      args: ['sh', '-c', `echo ${name} $(id -u) $(cat /proc/self/uid_map) >> ${log}`],
      env: ['PATH=/bin:/usr/bin'],
    });
    run('true', (config) => {
      config.hooks = {
        createRuntime: [hook('runtime')],
        createContainer: [hook('container')],
        poststop: [hook('stop')],
      };
    }).ok();
    expect(readFileSync(log, 'utf8').replaceAll(/ +/g, ' ').trim().split('\n')).toEqual([
      'runtime 0 0 0 4294967295',
      `container 0 0 ${UID} 65536`,
      'stop 0 0 0 4294967295',
    ]);
    chmodSync(place.directory, 0o700);
  });

  it('exec: another user, a terminal, and only what is mapped', () => {
    const id = start();
    const exec = (...words: string[]) => orlop.call(['exec', ...words]);
    const answers = exec(
      '-u',
      '1000:1000',
      '-g',
      '5',
      id,
      'sh',
      '-c',
      'grep -E "^(Uid|Groups)" /proc/self/status',
    ).ok();
    expect(answers.lines).toEqual(['Uid:\t1000\t1000\t1000\t1000', 'Groups:\t5']);
    const made = exec(id, 'sh', '-c', 'touch /tmp/made; ls -ln /tmp/made; readlink /proc/self/ns/user');
    expect(made.ok().lines[0]).toMatch(/ 0 +0 /);
    const refused = exec('-u', '70000', id, 'true');
    expect(refused.status).toBe(255);
    expect(refused.stderr).toContain('uid 70000 is not mapped in the user namespace');
  });

  it('another container joins it, with all that belongs to it', () => {
    const id = start((config) => {
      config.hostname = 'first';
    });
    const { pid } = orlop.state(id);
    const files: Record<string, string> = { user: 'user', network: 'net', ipc: 'ipc', uts: 'uts', pid: 'pid' };
    const join = (config: Config): void => {
      delete config.hostname;
      for (const namespace of config.linux.namespaces) {
        const file = files[namespace.type];
        if (file !== undefined) namespace.path = `/proc/${pid}/ns/${file}`;
      }
    };
    // Engines tell the mappings of a joined one, or do not.
    for (const forget of [false, true]) {
      const done = run(
        'hostname; id -u; cat /proc/self/uid_map; ls /proc/1/fd >/dev/null 2>&1 && echo seen',
        (config) => {
          join(config);
          if (forget) config.linux = { ...config.linux, uidMappings: undefined, gidMappings: undefined };
        },
      );
      expect(done.ok().stdout.replaceAll(/ +/g, ' ')).toBe(`first\n0\n 0 ${UID} 65536\nseen\n`);
    }
  });

  it('namespaces of the host with it', () => {
    const answers = lines('readlink /proc/self/ns/net; hostname', (config) => {
      config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'uts' && type !== 'network');
      delete config.hostname;
      config.linux.namespaces.push({ type: 'network', path: '/proc/self/ns/net' });
      config.mounts = config.mounts.map((mount) =>
        mount.destination === '/sys' ? { ...mount, type: 'none', source: '/sys', options: ['rbind', 'ro'] } : mount,
      );
    });
    expect(answers).toEqual([
      spawnSync('readlink', ['/proc/self/ns/net'], { encoding: 'utf8' }).stdout.trim(),
      spawnSync('hostname', { encoding: 'utf8' }).stdout.trim(),
    ]);
  });

  it('several ranges, and a root that is not mapped', () => {
    const answers = lines('id -u; cat /proc/self/uid_map; touch /tmp/x; ls -ln /tmp/x', (config) => {
      config.linux.uidMappings = [
        { containerID: 1000, hostID: UID, size: 1 },
        { containerID: 5, hostID: UID + 5, size: 10 },
      ];
      config.process.user.uid = 1000;
    });
    expect(answers.slice(0, 3).map((line) => line.trim().replaceAll(/ +/g, ' '))).toEqual([
      '1000',
      `1000 ${UID} 1`,
      `5 ${UID + 5} 10`,
    ]);
    expect(answers[3]).toMatch(/ 1000 +0 /);
  });

  it.each<[string, Patch, RegExp[]]>([
    [
      'a root filesystem of others',
      (config) => void config.mounts.push({ destination: '/usr/bin/new/in', source: '/etc', options: ['rbind'] }),
      [/mkdirat\(.*EACCES|EACCES.*mkdirat/, /chown -R/, /\/mounts\/7/],
    ],
    [
      'proc of a pid namespace that is not its own',
      (config) => {
        const found = config.linux.namespaces.find(({ type }) => type === 'pid');
        if (found) found.path = '/proc/self/ns/pid';
      },
      [/mount of "proc" on \/proc failed: EPERM/, /belongs to another user namespace/],
    ],
    [
      'a filesystem that is not for user namespaces',
      (config) => void config.mounts.push({ destination: '/tmp', type: 'ext4', source: '/dev/null' }),
      [/mount of "ext4" on \/tmp failed: EPERM/, /mount it on the host, and bind it/],
    ],
    [
      'a device that the host has not',
      devices({ path: '/dev/nosuch', type: 'c', major: 10, minor: 229 }),
      [/device \/dev\/nosuch .*failed: ENOENT/, /\/linux\/devices\/0/, /the host/],
    ],
    [
      'a device that the host has as another',
      devices({ path: '/dev/full', type: 'c', major: 1, minor: 99 }),
      [/device \/dev\/full \(c 1:99\) failed/, /is another one/],
    ],
  ])('says what is wrong with %s', (_name, patch, expected) => {
    const done = run('true', patch);
    expect(done.status).not.toBe(0);
    for (const pattern of expected) expect(done.stderr).toMatch(pattern);
  });

  it('the host may refuse to map', () => {
    const done = orlop.call(['run', '-b', bundleOf().directory, place.id()], {
      prefix: ['setpriv', '--bounding-set=-setuid', '--inh-caps=-setuid'],
    });
    // Without CAP_SETUID a root is as anybody: newuidmap does it, which finds no range.
    expect(done.status).not.toBe(0);
    expect(done.stderr).toMatch(/newuidmap|uid_map/);
    expect(done.stderr).toContain('/linux/uidMappings');
  });
});
