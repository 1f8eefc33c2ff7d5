// orlop update on the cgroups of this host.

import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cgroupLayout } from '../../src/linux/facts.ts';
import { shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, Orlop, type Result, until } from './support/orlop.ts';

const place = new Workplace('update');
afterAll(() => place.remove());

const MIB = 1024 * 1024;
const layout = cgroupLayout();
const isV1 = layout.layout !== 'v2';

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  let before: Snapshot;
  let id: string;

  beforeEach(() => {
    id = place.id();
    before = snapshot(place, orlop);
    orlop.run(place.bundle(shell('sleep 1000')), id, '-d').ok();
  });

  afterEach(async () => {
    orlop.call(['delete', '--force', id]).ok();
    await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
  });

  const update = (...options: string[]): Result => orlop.call(['update', ...options, id]);
  const value = (file: string): string => readFileSync(`${directoryOf(file)}/${file}`, 'utf8').trim();

  function directoryOf(file: string): string {
    const controller = file.slice(0, file.indexOf('.'));
    if (!('hierarchies' in layout)) return `/sys/fs/cgroup/orlop-${id}`;
    return `${layout.hierarchies.find(({ controllers }) => controllers.includes(controller))?.mount}/orlop-${id}`;
  }

  function expectError(result: Result, message: string | RegExp): void {
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toContain('bug of orlop');
    expect(result.status).toBe(1);
  }

  describe.runIf(isV1)('on cgroup v1', () => {
    it.each([
      ['--memory', '64m', 'memory.limit_in_bytes', 64 * MIB],
      ['--memory', '0.5GiB', 'memory.limit_in_bytes', 512 * MIB],
      ['--memory-reservation', '32MB', 'memory.soft_limit_in_bytes', 32 * MIB],
      ['--cpu-share', '512', 'cpu.shares', 512],
      ['--cpu-quota', '50000', 'cpu.cfs_quota_us', 50000],
      ['--cpu-quota', '-1', 'cpu.cfs_quota_us', -1],
      ['--cpu-period', '50000', 'cpu.cfs_period_us', 50000],
      ['--cpu-idle', '1', 'cpu.idle', 1],
      ['--cpu-rt-period', '900000', 'cpu.rt_period_us', 900000],
      ['--cpu-rt-runtime', '0', 'cpu.rt_runtime_us', 0],
      ['--cpuset-cpus', '0', 'cpuset.cpus', 0],
      ['--cpuset-mems', '0', 'cpuset.mems', 0],
      ['--pids-limit', '20', 'pids.max', 20],
      ['--pids-limit', '-1', 'pids.max', 'max'],
    ])('%s %s', (flag, text, file, expected) => {
      update(flag, text).ok();
      expect(value(file)).toBe(String(expected));
    });

    it('memory with swap, up and down and without limit', () => {
      for (const [memory, swap] of [
        [100, 200],
        [300, 400],
        [50, 60],
      ] as const) {
        update('--memory', `${memory}m`, '--memory-swap', `${swap}m`).ok();
        expect(value('memory.limit_in_bytes')).toBe(String(memory * MIB));
        expect(value('memory.memsw.limit_in_bytes')).toBe(String(swap * MIB));
      }
      update('--memory', '-1').ok();
      expect(BigInt(value('memory.limit_in_bytes'))).toBeGreaterThan(2n ** 60n);
      expect(BigInt(value('memory.memsw.limit_in_bytes'))).toBeGreaterThan(2n ** 60n);
    });

    it('quota, period and burst in one', () => {
      update('--cpu-burst', '20000', '--cpu-quota', '40000', '--cpu-period', '80000').ok();
      expect(['cfs_quota_us', 'cfs_period_us', 'cfs_burst_us'].map((name) => value(`cpu.${name}`))).toEqual([
        '40000',
        '80000',
        '20000',
      ]);
    });

    it('all or nothing: what was written is taken back', () => {
      update('--memory', '100m', '--memory-swap', '200m', '--pids-limit', '50').ok();
      const files = ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes', 'cpu.shares', 'pids.max', 'cpuset.cpus'];
      const held = files.map(value);
      expectError(
        update('--memory', '300m', '--memory-swap', '400m', '--cpu-share', '77', '--cpuset-cpus', '4000'),
        /--cpuset-cpus 4000: write\(.*cpuset\.cpus", "4000"\) failed: (ERANGE|EINVAL)/,
      );
      expect(files.map(value)).toEqual(held);
    });

    it('device rules are replaced, or left alone', () => {
      const rules = value('devices.list');
      update('--pids-limit', '9').ok();
      expect(value('devices.list')).toBe(rules);
      const devices = [{ allow: true, type: 'c', major: 10, minor: 229, access: 'rw' }];
      orlop.call(['update', '-r', '-', id], { input: JSON.stringify({ devices }) }).ok();
      expect(value('devices.list')).toContain('c 10:229 rw');
      expect(orlop.state(id).status).toBe('running');
    });
  });

  it('reads linux.resources from a file and from standard input', () => {
    const file = place.path(`resources-${id}.json`);
    writeFileSync(file, JSON.stringify({ pids: { limit: 30 }, memory: null }));
    update(`--resources=${file}`).ok();
    expect(value('pids.max')).toBe('30');
    orlop.call(['update', '--resources', '-', id], { input: '{"pids":{"limit":31}}' }).ok();
    expect(value('pids.max')).toBe('31');
  });

  it('tells where a file is wrong', () => {
    const file = place.path(`wrong-${id}.json`);
    writeFileSync(file, '{\n  "pids": { "limit": "many" }\n}');
    expectError(update('-r', file), new RegExp(`${file}:2:22 /pids/limit`));
    writeFileSync(file, '[]');
    expectError(update('-r', file), /expected an object/);
    writeFileSync(file, '{');
    expectError(update('-r', file), new RegExp(file));
    expectError(update('-r', '/no/such/file'), /open\("\/no\/such\/file"\) failed: ENOENT/);
  });

  it.each([
    [['--pids-limit', 'many'], /--pids-limit many: not a whole number/],
    [['--memory', '12x'], /--memory 12x: not a size/],
    [['--cpu-share', '-5'], /--cpu-share -5: -5 is out of range/],
    [['--memory', '64m', '--memory-swap', '32m'], /--memory-swap 32m: memory.swap \(33554432\) is less/],
    [['--blkio-weight', '5'], /--blkio-weight 5: the weight is 5/],
    [['-r', '-', '--memory', '1m'], /--resources and --memory exclude each other/],
    [['--nonsense', '1'], /nonsense/],
  ])('refuses %j', (options, message) => {
    expectError(update(...options), message);
  });

  it('warns of limits that the kernel has dropped', () => {
    for (const flag of ['--kernel-memory', '--kernel-memory-tcp']) {
      expect(update(flag, '5m').ok().stderr).toMatch(new RegExp(`warning: ${flag}: .*no effect`));
    }
    expect(orlop.call(['update', '--help']).ok().stdout).not.toContain('kernel-memory');
  });

  it('in every state', async () => {
    orlop.call(['pause', id]).ok();
    update('--pids-limit', '12').ok();
    expect(orlop.state(id).status).toBe('paused');
    orlop.call(['kill', id, 'KILL']).ok();
    await until('it is stopped', () => orlop.state(id).status === 'stopped');
    expectError(update('--pids-limit', '13'), /is stopped, not created, running or paused/);
    expectError(orlop.call(['update', '--pids-limit', '1', place.id('unknown')]), 'does not exist');
    expectError(orlop.call(['update', 'a/b']), 'is not a container id');
  });
});
