// --systemd-cgroup where systemd is the first process (test/vm.sh), with runc beside it.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bundle, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { fastest, Orlop, type Result, until } from './support/orlop.ts';
import { linux } from './support/patches.ts';

const place = new Workplace('scope');
const orlop = new Orlop(place, fastest());
const runc = new Orlop(place, { name: 'runc', argv: ['runc'] });
afterAll(() => place.remove());

const isThere = existsSync('/run/systemd/system');
if (!isThere)
  console.warn('systemd-cgroup.test.ts: skipped: systemd is not the first process here (test/vm.sh has one)');
const isV2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
const MIB = 1 << 20;

const systemctl = (...words: string[]): string => execFileSync('systemctl', words, { encoding: 'utf8' }).trim();
const property = (unit: string, name: string): string => systemctl('show', '--value', '-p', name, unit);

/** All that is about what was asked for: no names, times, numbers of processes, and what is in use. */
function properties(unit: string): string[] {
  const own =
    /^(Id|Names|Description|InvocationID|ControlGroup.*|FragmentPath|DropInPaths|Transient|.*Timestamp.*|.*Current|.*NSec)=/;
  const used =
    /^(Memory(Available|Peak)|IO(Read|Write).*|IP.*|ExecMain.*|CPUUsage.*|EffectiveCPUs|EffectiveMemoryNodes)=/;
  // What runc does in later versions than a distribution has: names of classes, and OOMPolicy.
  const lines = systemctl('show', unit).replace('char-pts', 'char-136').split('\n');
  return lines.filter((line) => !own.test(line) && !used.test(line) && !line.startsWith('OOMPolicy=')).sort();
}

/** The settings of a cgroup directory. */
function files(directory: string): Record<string, string> {
  const names = ['memory.max', 'memory.low', 'memory.high', 'memory.swap.max', 'cpu.max', 'cpu.idle', 'pids.max'];
  const all = [...names, 'cpuset.cpus', 'cpuset.mems', 'cgroup.subtree_control', 'io.weight', 'memory.oom.group'];
  return Object.fromEntries(
    all
      .map((name) => join(directory, name))
      .flatMap((path) => (existsSync(path) ? [[path, readFileSync(path, 'utf8')]] : [])),
  );
}

const PRIVILEGED = [{ allow: true, access: 'rwm' }];

describe.skipIf(!isThere || !isV2)('the container is in a scope of systemd', () => {
  let before: Snapshot;
  let id: string;
  const units = (): string[] =>
    systemctl('list-units', '--all', '--plain', '--no-legend', `*${place.tag}*`).split('\n').filter(Boolean);

  beforeEach(() => {
    id = place.id();
    before = snapshot(place, orlop);
  });

  afterEach(async () => {
    orlop.call(['delete', '--force', id]).ok();
    await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
    expect(units()).toEqual([]);
  });

  const run = (bundle: Bundle, ...options: string[]): Result =>
    orlop.call(['--systemd-cgroup', 'run', '-b', bundle.directory, ...options, id]);
  const scope = (): string => `orlop-${id}.scope`;
  const directory = (): string => `/sys/fs/cgroup/system.slice/${scope()}`;
  const cgroup = (name: string): string => readFileSync(join(directory(), name), 'utf8').trim();

  it('by the name of the container', () => {
    run(place.bundle(shell('sleep 1000')), '-d').ok();
    const { pid } = orlop.state(id);
    expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim()).toBe(`0::/system.slice/${scope()}`);
    expect(property(scope(), 'ActiveState')).toBe('active');
    expect(property(scope(), 'Slice')).toBe('system.slice');
    expect(property(scope(), 'Delegate')).toBe('yes');
    const other = orlop.call(['exec', id, 'cat', '/proc/self/cgroup']).ok().stdout.trim();
    expect(other).toBe('0::/');
    expect(orlop.call(['ps', '--format', 'json', id]).ok().stdout.trim()).toBe(`[${pid}]`);
    orlop.call(['pause', id]).ok();
    expect(orlop.state(id).status).toBe('paused');
  });

  it('in a slice of slices', () => {
    const path = `${place.tag.replaceAll('-', '_')}-in.slice:one:${id}`;
    run(place.bundle(shell('sleep 1000'), linux({ cgroupsPath: path })), '-d').ok();
    const slice = place.tag.replaceAll('-', '_');
    const own = readFileSync(`/proc/${orlop.state(id).pid}/cgroup`, 'utf8').trim();
    expect(own).toBe(`0::/${slice}.slice/${slice}-in.slice/one-${id}.scope`);
    orlop.call(['delete', '--force', id]).ok();
    expect(existsSync(`/sys/fs/cgroup${own.slice(3)}`)).toBe(false);
  });

  it('ends with the container', () => {
    run(place.bundle(shell('exit 3')));
    expect(property(scope(), 'LoadState')).toBe('not-found');
    run(place.bundle(shell('sleep 1000')), '-d').ok();
    orlop.call(['kill', id, 'KILL']).ok();
    orlop.call(['delete', '--force', id]).ok();
    expect(property(scope(), 'LoadState')).toBe('not-found');
  });

  describe('with the properties that runc gives it', () => {
    const annotations = {
      'org.systemd.property.TimeoutStopUSec': 'uint64 7000000',
      'org.systemd.property.CollectMode': "'inactive-or-failed'",
    };
    it.each<[string, Record<string, unknown>]>([
      ['nothing', {}],
      ['memory', { memory: { limit: 64 * MIB, swap: 96 * MIB, reservation: 16 * MIB } }],
      ['memory without limit', { memory: { limit: -1, swap: -1 } }],
      ['quota', { cpu: { quota: 33333, period: 200000 } }],
      ['quota in the usual period', { cpu: { quota: 25000 } }],
      ['no quota', { cpu: { quota: -1, period: 50000 } }],
      ['CPUs', { cpu: { cpus: '0-1', mems: '0' } }],
      ['pids', { pids: { limit: 70 } }],
      ['pids without limit', { pids: { limit: -1 } }],
      [
        'unified',
        { unified: { 'memory.high': `${32 * MIB}`, 'cpu.weight': '55', 'pids.max': '80', 'memory.oom.group': '1' } },
      ],
      ['all devices', { devices: PRIVILEGED }],
      [
        'devices',
        {
          devices: [
            { allow: false, access: 'rwm' },
            { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' },
          ],
        },
      ],
    ])('%s', (_, resources) => {
      // It also looks for the device's file, which only a machine with udev has.
      mkdirSync('/dev/char', { recursive: true });
      if (!existsSync('/dev/char/10:229')) execFileSync('mknod', ['/dev/char/10:229', 'c', '10', '229']);
      const found = [runc, orlop].map((runtime) => {
        const bundle = place.bundle(
          shell('sleep 1000'),
          linux({ cgroupsPath: `system.slice:test:${id}`, resources }),
          (config) => {
            config.ociVersion = '1.0.2';
            config.annotations = annotations;
          },
        );
        const call = (...words: string[]): Result => runtime.call(['--systemd-cgroup', ...words]).ok();
        call('run', '-d', '-b', bundle.directory, id);
        try {
          return {
            properties: properties(`test-${id}.scope`),
            files: files(`/sys/fs/cgroup/system.slice/test-${id}.scope`),
          };
        } finally {
          call('delete', '--force', id);
        }
      });
      const [theirs, ours] = found as [(typeof found)[0], (typeof found)[0]];
      expect(ours.properties).toEqual(theirs.properties);
      expect(ours.files).toEqual(theirs.files);
    });
  });

  it('idle, which systemd has a word for', () => {
    run(place.bundle(shell('sleep 1000'), linux({ resources: { cpu: { idle: 1 } } })), '-d').ok();
    expect(property(scope(), 'CPUWeight')).toBe('idle');
    systemctl('daemon-reload');
    expect(cgroup('cpu.idle')).toBe('1');
  });

  it('limits and device rules are in force, and stay so when systemd reloads', () => {
    const resources = {
      memory: { limit: 64 * MIB, swap: 64 * MIB },
      cpu: { shares: 2048, quota: 33333 },
      pids: { limit: 50 },
      hugepageLimits: [{ pageSize: '2MB', limit: 4 * MIB }],
      devices: [{ allow: false, access: 'rwm' }],
      unified: { 'memory.oom.group': '1' },
    };
    const bundle = place.bundle(
      shell('sleep 1000'),
      linux({ resources, devices: [{ path: '/dev/own', type: 'c', major: 240, minor: 1 }] }),
    );
    run(bundle, '-d').ok();
    const check = (): void => {
      expect(cgroup('memory.max')).toBe(`${64 * MIB}`);
      expect(cgroup('memory.swap.max')).toBe('0');
      expect(cgroup('cpu.weight')).toBe('174');
      expect(cgroup('pids.max')).toBe('50');
      expect(cgroup('hugetlb.2MB.max')).toBe(`${4 * MIB}`);
      expect(orlop.call(['exec', id, 'sh', '-c', 'exec 3</dev/own']).stderr).toContain('not permitted');
      orlop.call(['exec', id, 'sh', '-c', 'exec 3</dev/null']).ok();
    };
    check();
    expect(property(scope(), 'OOMPolicy')).toBe('kill');
    expect(cgroup('cpu.max')).toBe('33333 100000');
    expect(property(scope(), 'CPUWeight')).toBe('174');
    systemctl('daemon-reload');
    check();
  });

  describe('update', () => {
    const update = (resources: object): Result =>
      orlop.call(['update', '-r', '-', id], { input: JSON.stringify(resources) });

    it('tells systemd too', () => {
      run(
        place.bundle(shell('sleep 1000'), linux({ resources: { memory: { limit: 64 * MIB }, pids: { limit: 9 } } })),
        '-d',
      ).ok();
      update({
        memory: { limit: 96 * MIB },
        cpu: { quota: 20000, period: 50000, cpus: '0' },
        pids: { limit: 77 },
      }).ok();
      expect(property(scope(), 'MemoryMax')).toBe(`${96 * MIB}`);
      expect(property(scope(), 'CPUQuotaPerSecUSec')).toBe('400ms');
      expect(property(scope(), 'AllowedCPUs')).toBe('0');
      expect(property(scope(), 'TasksMax')).toBe('77');
      expect([cgroup('memory.max'), cgroup('cpu.max'), cgroup('pids.max')]).toEqual([
        `${96 * MIB}`,
        '20000 50000',
        '77',
      ]);
      update({ cpu: { quota: 10000 } }).ok();
      expect(property(scope(), 'CPUQuotaPerSecUSec')).toBe('200ms');
      expect(cgroup('cpu.max')).toBe('10000 50000');
    });

    it('changes nothing, neither there nor in the files, where one value is refused', () => {
      const devices = [{ allow: true, type: 'c', major: 10, minor: 229, access: 'rw' }];
      run(
        place.bundle(
          shell('sleep 1000'),
          linux({ resources: { memory: { limit: 64 * MIB }, cpu: { quota: 50000 }, devices } }),
        ),
        '-d',
      ).ok();
      const held = { properties: properties(scope()), files: files(directory()) };
      const refused = update({
        memory: { limit: 96 * MIB },
        pids: { limit: 5 },
        cpu: { quota: 7000 },
        devices: [],
        unified: { 'memory.high': 'much' },
      });
      expect(refused.stderr).toMatch(/memory\.high", "much"\) failed: EINVAL/);
      expect(refused.stderr).toContain('/unified/memory.high');
      expect({ properties: properties(scope()), files: files(directory()) }).toEqual(held);
    });
  });

  it('what systemd refuses is an error, and nothing is left', () => {
    const bundle = place.bundle(shell('true'), (config) => {
      config.annotations = { 'org.systemd.property.NoSuchThing': 'true' };
    });
    const { stderr, status } = run(bundle);
    expect(stderr).toMatch(/StartTransientUnit\("orlop-.*failed: .*NoSuchThing/);
    expect(status).toBe(1);
  });

  it('another unit of the same name stays what it is', async () => {
    const name = `test-${id}.scope`;
    execFileSync('systemd-run', ['--quiet', '--scope', `--unit=${name}`, 'sh', '-c', 'sleep 1000 >/dev/null 2>&1 &']);
    await until('it is there', () => property(name, 'ActiveState') === 'active');
    const { stderr } = run(place.bundle(shell('true'), linux({ cgroupsPath: `system.slice:test:${id}` })));
    expect(stderr).toContain(`test-${id}.scope`);
    expect(stderr).toContain('org.freedesktop.systemd1.UnitExists');
    expect(stderr).toMatch(/\/linux\/cgroupsPath/);
    expect(property(name, 'ActiveState')).toBe('active');
    systemctl('stop', name);
  });

  it.each([
    ['/a/path', /not of the form slice:prefix:name/],
    ['a.slice:b', /not of the form slice:prefix:name/],
    ['nonsense:orlop:x', /"nonsense" is not the name of a slice/],
    ['a--b.slice:orlop:x', /"a--b.slice" is not the name of a slice/],
    ['system.slice:orlop:x.slice', /names a slice/],
    ['system.slice:orlop:../x', /is not the name of a unit/],
  ])('cgroupsPath %s is refused', (cgroupsPath, message) => {
    const { stderr, status } = run(place.bundle(shell('true'), linux({ cgroupsPath })));
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
  });

  it('a create that is killed leaves what delete removes', async () => {
    const bundle = place.bundle(shell('sleep 1000'));
    const begin = performance.now();
    orlop.call(['--systemd-cgroup', 'create', '-b', bundle.directory, id]).ok();
    const whole = performance.now() - begin;
    orlop.call(['delete', '--force', id]).ok();
    for (let part = 0.3; part < 1.05; part += 0.07) {
      const { pid, result } = orlop.launch(['--systemd-cgroup', 'create', '-b', bundle.directory, id]);
      await new Promise((resolve) => setTimeout(resolve, part * whole));
      try {
        process.kill(pid, 'SIGKILL');
      } catch {}
      await result;
      orlop.call(['delete', '--force', id]).ok();
      await until('the unit has gone', () => units().length === 0, 20_000);
    }
  });

  it("a user's systemd takes scopes of that user", () => {
    const uid = 1000;
    systemctl('start', `user@${uid}.service`);
    // A process of the user's asks for a scope with another in it, and says where that is then.
    const script = `
      import { spawn } from 'node:child_process';
      import { readFileSync } from 'node:fs';
      import { Systemd } from ${JSON.stringify(join(import.meta.dirname, '../../dist/container/systemd.js'))};
      const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
      const systemd = new Systemd();
      const facts = systemd.facts();
      systemd.start('${scope()}', [{ name: 'Slice', type: 's', value: 'user.slice' }], child.pid);
      const place = readFileSync('/proc/' + child.pid + '/cgroup', 'utf8').trim();
      child.kill('SIGKILL');
      systemd.stop('${scope()}');
      systemd.close();
      console.log(JSON.stringify({ facts, place }));
    `;
    const environment = {
      ...process.env,
      XDG_RUNTIME_DIR: `/run/user/${uid}`,
      DBUS_SESSION_BUS_ADDRESS: '',
      HOME: '/',
    };
    const words = [
      '--reuid',
      `${uid}`,
      '--regid',
      `${uid}`,
      '--clear-groups',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
    ];
    const { facts, place: own } = JSON.parse(execFileSync('setpriv', words, { encoding: 'utf8', env: environment }));
    expect(facts).toMatchObject({ isUser: true, controlGroup: `/user.slice/user-${uid}.slice/user@${uid}.service` });
    expect(own).toBe(`0::${facts.controlGroup}/user.slice/${scope()}`);
    systemctl('stop', `user@${uid}.service`);
  });
});

describe.skipIf(!isThere || isV2)('on cgroup v1 too', () => {
  it('in all hierarchies, those of systemd and others', async () => {
    const id = place.id();
    const before = snapshot(place, orlop);
    const scope = `orlop-${id}.scope`;
    const value = (file: string): string =>
      readFileSync(`/sys/fs/cgroup/${file.slice(0, file.indexOf('.'))}/system.slice/${scope}/${file}`, 'utf8').trim();
    const resources = {
      memory: { limit: 64 * MIB },
      cpu: { shares: 512, quota: 33333 },
      pids: { limit: 50 },
      devices: [{ allow: false, access: 'rwm' }],
    };
    const bundle = place.bundle(shell('sleep 1000'), linux({ resources }));
    orlop.call(['--systemd-cgroup', 'run', '-d', '-b', bundle.directory, id]).ok();
    try {
      const places = readFileSync(`/proc/${orlop.state(id).pid}/cgroup`, 'utf8')
        .trim()
        .split('\n');
      expect(places.map((line) => line.split(':')[2])).toEqual(places.map(() => `/system.slice/${scope}`));
      const check = (): void => {
        expect(value('memory.limit_in_bytes')).toBe(`${64 * MIB}`);
        expect(value('cpu.shares')).toBe('512');
        expect(value('pids.max')).toBe('50');
        expect(value('devices.list').split('\n').sort()).toContain('c 1:3 rwm');
        expect(value('devices.list')).not.toContain('a *:*');
      };
      check();
      expect(value('cpu.cfs_quota_us')).toBe('33333');
      expect(property(scope, 'MemoryLimit')).toBe(`${64 * MIB}`);
      systemctl('daemon-reload');
      check();
      const devices = [{ allow: true, type: 'c', major: 10, minor: 229, access: 'rw' }];
      const input = JSON.stringify({ devices, memory: { limit: 96 * MIB }, cpu: { quota: 50000 } });
      orlop.call(['update', '-r', '-', id], { input }).ok();
      expect(property(scope, 'MemoryLimit')).toBe(`${96 * MIB}`);
      expect(property(scope, 'CPUQuotaPerSecUSec')).toBe('500ms');
      expect(value('devices.list')).toContain('c 10:229 rw');
      expect(orlop.state(id).status).toBe('running');
      orlop.call(['exec', id, 'true']).ok();
    } finally {
      orlop.call(['delete', '--force', id]).ok();
    }
    await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
    expect(property(scope, 'LoadState')).toBe('not-found');
  });
});
