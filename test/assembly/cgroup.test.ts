import { describe, expect, test } from 'vitest';
import type { CgroupFacts } from '../../src/spec/index.ts';
import { fixture } from './module.ts';
import { changed, findings, plan, request, V1, V2 } from './plans.ts';

/** runc's default without its device rules, for which there is device-filter.test.ts. */
const runc = changed(fixture('runc'), {
  '/process/capabilities/ambient': [],
  '/linux/resources/devices': undefined,
  '/linux/cgroupsPath': '/box',
});

/** `memory/memory.limit_in_bytes=1`: what the host writes, apart from device rules. */
function limits(resources: object, cgroup: CgroupFacts): string[] {
  const { steps } = plan(changed(runc, { '/linux/resources': resources }), request(cgroup));
  return steps
    .filter(({ verb, file }) => verb === 'limit' && !String(file).startsWith('devices.'))
    .map(({ directory, file, value, otherFile, otherValue, optional }) => {
      const place = String(directory).replace('/sys/fs/cgroup', '').replace('/box', '').slice(1);
      const other = otherFile ? ` or ${otherFile}=${otherValue}` : '';
      return `${place ? `${place}/` : ''}${file}=${value}${other}${optional ? ' if there' : ''}`;
    });
}

describe('limits', () => {
  const device = { major: 8, minor: 0 };
  const GiB = 2 ** 30;
  // resources, cgroup v1, cgroup v2; null where that version refuses
  test.each<[object, string[] | null, string[] | null]>([
    [{ memory: { limit: GiB } }, ['memory/memory.limit_in_bytes=1073741824'], ['memory.max=1073741824']],
    [{ memory: { limit: -1 } }, ['memory/memory.limit_in_bytes=-1'], ['memory.max=max']],
    [{ memory: { limit: 0 } }, [], []],
    [
      { memory: { limit: GiB, swap: 2 * GiB } },
      ['memory/memory.limit_in_bytes=1073741824', 'memory/memory.memsw.limit_in_bytes=2147483648'],
      ['memory.swap.max=1073741824', 'memory.max=1073741824'],
    ],
    [
      { memory: { limit: GiB, swap: GiB } },
      ['memory/memory.limit_in_bytes=1073741824', 'memory/memory.memsw.limit_in_bytes=1073741824'],
      ['memory.swap.max=0 if there', 'memory.max=1073741824'],
    ],
    [
      { memory: { limit: GiB, swap: -1 } },
      ['memory/memory.limit_in_bytes=1073741824', 'memory/memory.memsw.limit_in_bytes=-1'],
      ['memory.swap.max=max if there', 'memory.max=1073741824'],
    ],
    [{ memory: { swap: -1 } }, ['memory/memory.memsw.limit_in_bytes=-1'], ['memory.swap.max=max if there']],
    [{ memory: { kernel: GiB, kernelTCP: GiB } }, [], []],
    [{ memory: { reservation: 7 } }, ['memory/memory.soft_limit_in_bytes=7'], ['memory.low=7']],
    [{ memory: { swappiness: 0 } }, ['memory/memory.swappiness=0'], null],
    [{ memory: { disableOOMKiller: true } }, ['memory/memory.oom_control=1'], null],
    [{ memory: { disableOOMKiller: false } }, [], []],
    [{ memory: { useHierarchy: true } }, ['memory/memory.use_hierarchy=1'], []],

    [{ cpu: { shares: 1024 } }, ['cpu,cpuacct/cpu.shares=1024'], ['cpu.weight=100']],
    [{ cpu: { shares: 0 } }, [], []],
    [{ cpu: { shares: 2 } }, ['cpu,cpuacct/cpu.shares=2'], ['cpu.weight=1']],
    [{ cpu: { shares: 262144 } }, ['cpu,cpuacct/cpu.shares=262144'], ['cpu.weight=10000']],
    [{ cpu: { quota: 50000 } }, ['cpu,cpuacct/cpu.cfs_quota_us=50000'], ['cpu.max=50000 100000']],
    [
      { cpu: { quota: 50000, period: 200000 } },
      ['cpu,cpuacct/cpu.cfs_period_us=200000', 'cpu,cpuacct/cpu.cfs_quota_us=50000'],
      ['cpu.max=50000 200000'],
    ],
    [{ cpu: { quota: -1 } }, ['cpu,cpuacct/cpu.cfs_quota_us=-1'], ['cpu.max=max 100000']],
    [{ cpu: { period: 200000 } }, ['cpu,cpuacct/cpu.cfs_period_us=200000'], ['cpu.max=max 200000']],
    [
      { cpu: { quota: 50000, burst: 1000 } },
      ['cpu,cpuacct/cpu.cfs_quota_us=50000', 'cpu,cpuacct/cpu.cfs_burst_us=1000'],
      ['cpu.max=50000 100000', 'cpu.max.burst=1000'],
    ],
    [
      { cpu: { realtimeRuntime: 5, realtimePeriod: 9 } },
      ['cpu,cpuacct/cpu.rt_period_us=9', 'cpu,cpuacct/cpu.rt_runtime_us=5'],
      null,
    ],
    [
      { cpu: { cpus: '0-1', mems: '0' } },
      ['cpuset/cpuset.cpus=0-1', 'cpuset/cpuset.mems=0'],
      ['cpuset.cpus=0-1', 'cpuset.mems=0'],
    ],
    [{ cpu: { cpus: '' } }, [], []],
    [{ cpu: { idle: 1, shares: 512 } }, ['cpu,cpuacct/cpu.shares=512', 'cpu,cpuacct/cpu.idle=1'], ['cpu.idle=1']],

    [{ pids: { limit: 100 } }, ['pids/pids.max=100'], ['pids.max=100']],
    [{ pids: { limit: 0 } }, ['pids/pids.max=0'], ['pids.max=0']],
    [{ pids: { limit: -1 } }, ['pids/pids.max=max'], ['pids.max=max']],

    [
      { blockIO: { weight: 10 } },
      ['blkio/blkio.bfq.weight=10 or blkio.weight=10'],
      ['io.bfq.weight=10 or io.weight=default 1'],
    ],
    [
      { blockIO: { weight: 1000 } },
      ['blkio/blkio.bfq.weight=1000 or blkio.weight=1000'],
      ['io.bfq.weight=1000 or io.weight=default 10000'],
    ],
    [
      { blockIO: { weightDevice: [{ ...device, weight: 500 }] } },
      ['blkio/blkio.bfq.weight_device=8:0 500 or blkio.weight_device=8:0 500'],
      ['io.bfq.weight=8:0 500 or io.weight=8:0 4950'],
    ],
    [{ blockIO: { leafWeight: 400 } }, ['blkio/blkio.leaf_weight=400'], null],
    [{ blockIO: { weightDevice: [{ ...device, leafWeight: 9 }] } }, ['blkio/blkio.leaf_weight_device=8:0 9'], null],
    [
      { blockIO: { throttleReadBpsDevice: [{ ...device, rate: 1 }] } },
      ['blkio/blkio.throttle.read_bps_device=8:0 1'],
      ['io.max=8:0 rbps=1'],
    ],
    [
      { blockIO: { throttleWriteBpsDevice: [{ ...device, rate: 2 }] } },
      ['blkio/blkio.throttle.write_bps_device=8:0 2'],
      ['io.max=8:0 wbps=2'],
    ],
    [
      { blockIO: { throttleReadIOPSDevice: [{ ...device, rate: 3 }] } },
      ['blkio/blkio.throttle.read_iops_device=8:0 3'],
      ['io.max=8:0 riops=3'],
    ],
    [
      { blockIO: { throttleWriteIOPSDevice: [{ ...device, rate: 4 }] } },
      ['blkio/blkio.throttle.write_iops_device=8:0 4'],
      ['io.max=8:0 wiops=4'],
    ],

    [
      { hugepageLimits: [{ pageSize: '2MB', limit: 4 }] },
      ['hugetlb/hugetlb.2MB.limit_in_bytes=4', 'hugetlb/hugetlb.2MB.rsvd.limit_in_bytes=4 if there'],
      ['hugetlb.2MB.max=4', 'hugetlb.2MB.rsvd.max=4 if there'],
    ],
    [
      { rdma: { mlx5_1: { hcaHandles: 3, hcaObjects: 5 }, ocrdma1: { hcaObjects: 2 } } },
      ['rdma/rdma.max=mlx5_1 hca_handle=3 hca_object=5', 'rdma/rdma.max=ocrdma1 hca_object=2'],
      ['rdma.max=mlx5_1 hca_handle=3 hca_object=5', 'rdma.max=ocrdma1 hca_object=2'],
    ],
    [{ network: { classID: 1048577 } }, ['net_cls/net_cls.classid=1048577'], null],
    [{ network: { priorities: [{ name: 'eth0', priority: 5 }] } }, ['net_prio/net_prio.ifpriomap=eth0 5'], null],

    [{ unified: { 'memory.high': '7' } }, null, ['memory.high=7']],
    [{ unified: { 'cgroup.max.depth': '2' } }, null, ['cgroup.max.depth=2']],
    [{ unified: { 'io.max': '8:0 rbps=1\n8:16 rbps=2\n' } }, null, ['io.max=8:0 rbps=1', 'io.max=8:16 rbps=2']],
    [{ memory: { limit: 1 }, unified: { 'memory.max': '2' } }, null, ['memory.max=1', 'memory.max=2']],
    [{ unified: {} }, [], []],
  ])('%j', (resources, first, second) => {
    const config = changed(runc, { '/linux/resources': resources });
    for (const [cgroup, expected] of [
      [V1, first],
      [V2, second],
    ] as const) {
      if (expected) expect(limits(resources, cgroup)).toEqual(expected);
      else {
        const refused = findings(config, request(cgroup)).filter(({ severity }) => severity === 'error');
        // Not in this version, or no such controller.
        expect(refused.map(({ rule }) => rule).filter((rule) => !/^OCI41[48]$/.test(rule))).toEqual([]);
        expect(refused).not.toEqual([]);
      }
    }
  });

  test('cpu.weight grows with cpu.shares', () => {
    let before = 0;
    for (let shares = 2; shares <= 262144; shares *= 2) {
      const weight = Number(limits({ cpu: { shares } }, V2)[0]?.split('=')[1]);
      expect(weight).toBeGreaterThan(before);
      before = weight;
    }
    expect(before).toBe(10000);
  });

  test('bytes keep their 64 bits', () => {
    const config = changed(runc, { '/linux/resources': { memory: { limit: 42 } } }).replace(
      ':42',
      ':9223372036854775807',
    );
    expect(plan(config, request(V2)).steps).toContainEqual(
      expect.objectContaining({ file: 'memory.max', value: '9223372036854775807' }),
    );
  });
});

describe('what the kernel would not take', () => {
  test.each<[string, string, object, CgroupFacts]>([
    ['OCI401 invalid-swap', '/memory/swap', { memory: { swap: 5 } }, V1],
    ['OCI401 invalid-swap', '/memory/swap', { memory: { swap: 5 } }, V2],
    ['OCI401 invalid-swap', '/memory/swap', { memory: { limit: 6, swap: 5 } }, V1],
    ['OCI401 invalid-swap', '/memory/swap', { memory: { limit: 6, swap: 5 } }, V2],
    ['OCI403 swappiness-range', '/memory/swappiness', { memory: { swappiness: 101 } }, V1],
    ['OCI405 burst-above-quota', '/cpu/burst', { cpu: { quota: 5000, burst: 5001 } }, V2],
    ['OCI406 cpu-range', '/cpu/shares', { cpu: { shares: 1 } }, V1],
    ['OCI406 cpu-range', '/cpu/shares', { cpu: { shares: 262145 } }, V1],
    ['OCI406 cpu-range', '/cpu/quota', { cpu: { quota: 999 } }, V2],
    ['OCI406 cpu-range', '/cpu/period', { cpu: { period: 999 } }, V1],
    ['OCI406 cpu-range', '/cpu/period', { cpu: { period: 1000001 } }, V2],
    ['OCI407 idle-range', '/cpu/idle', { cpu: { idle: 2 } }, V2],
    ['OCI411 empty-rdma', '/rdma/mlx5', { rdma: { mlx5: {} } }, V2],
    ['OCI408 weight-range', '/blockIO/weight', { blockIO: { weight: 9 } }, V1],
    ['OCI408 weight-range', '/blockIO/weight', { blockIO: { weight: 1001 } }, V2],
    [
      'OCI408 weight-range',
      '/blockIO/weightDevice/0/weight',
      { blockIO: { weightDevice: [{ major: 8, minor: 0, weight: 0 }] } },
      V2,
    ],
    [
      'OCI409 device-without-value',
      '/blockIO/weightDevice/0',
      { blockIO: { weightDevice: [{ major: 8, minor: 0 }] } },
      V1,
    ],
    [
      'OCI409 device-without-value',
      '/blockIO/throttleReadBpsDevice/0',
      { blockIO: { throttleReadBpsDevice: [{ major: 8, minor: 0 }] } },
      V2,
    ],
    ['OCI410 unified-key', '/unified/memory', { unified: { memory: '1' } }, V2],
    ['OCI410 unified-key', '/unified/..~1memory.max', { unified: { '../memory.max': '1' } }, V2],
    ['OCI410 unified-key', '/unified/.max', { unified: { '.max': '1' } }, V2],
    ['OCI410 unified-key', '/unified/cgroup.freeze', { unified: { 'cgroup.freeze': '1' } }, V2],
    ['OCI413 hugepage-size', '/hugepageLimits/0/pageSize', { hugepageLimits: [{ pageSize: '2 MB', limit: 1 }] }, V1],
    ['OCI413 hugepage-size', '/hugepageLimits/0/pageSize', { hugepageLimits: [{ pageSize: 'MB', limit: 1 }] }, V1],
    ['OCI413 hugepage-size', '/hugepageLimits/0/pageSize', { hugepageLimits: [{ pageSize: '02MB', limit: 1 }] }, V1],
    ['OCI413 hugepage-size', '/hugepageLimits/0/pageSize', { hugepageLimits: [{ pageSize: '../MB', limit: 1 }] }, V1],
    ['OCI414 cgroup-version', '/unified', { unified: { 'memory.high': '1' } }, V1],
    ['OCI414 cgroup-version', '/memory/swappiness', { memory: { swappiness: 1 } }, V2],
    ['OCI418 missing-controller', '/pids/limit', { pids: { limit: 1 } }, { ...V2, controllers: ['memory'] }],
    ['OCI418 missing-controller', '/pids/limit', { pids: { limit: 1 } }, { layout: 'v1', hierarchies: [] }],
    ['OCI412 device-rule', '/devices/0/type', { devices: [{ allow: true, type: 'x' }] }, V1],
    ['OCI412 device-rule', '/devices/0/access', { devices: [{ allow: true, type: 'c', access: 'rx' }] }, V1],
    ['OCI412 device-rule', '/devices/0', { devices: [{ allow: true, type: 'a', major: 1 }] }, V1],
    ['OCI412 device-rule', '/devices/0', { devices: [{ allow: true, access: 'r' }] }, V1],
  ])('%s at %s: %j', (id, path, resources, cgroup) => {
    const errors = findings(changed(runc, { '/linux/resources': resources }), request(cgroup));
    expect(errors.map(({ rule, name, path }) => [`${rule} ${name}`, path])).toEqual([[id, `/linux/resources${path}`]]);
  });

  test.each([
    ['/a/../../b', /leaves its place/],
    ['..', /leaves its place/],
    ['a\0b', /leaves its place/],
    ['/', /root cgroup/],
    ['/.//', /root cgroup/],
  ])('cgroupsPath %j', (path, message) => {
    const all = findings(changed(runc, { '/linux/cgroupsPath': path }), request(V1));
    expect(all.filter(({ severity }) => severity === 'error')).toMatchObject([
      { rule: 'OCI415', path: '/linux/cgroupsPath', message: expect.stringMatching(message) },
    ]);
  });
});

describe('where the cgroup is', () => {
  const created = (cgroup: CgroupFacts, path?: string) =>
    plan(changed(runc, { '/linux/cgroupsPath': path }), request(cgroup)).steps.filter(
      ({ verb }) => verb === 'create-cgroup',
    );

  test('v1: a directory in every hierarchy', () => {
    const directories = V1.hierarchies?.map(({ mount }) => `${mount}/a/b`);
    expect(created(V1, '/a/b')).toMatchObject([{ cgroup: '/a/b', directories }]);
  });

  test('hybrid: in the unified one too', () => {
    const hybrid: CgroupFacts = { ...V1, layout: 'hybrid', unified: '/sys/fs/cgroup/unified' };
    expect(created(hybrid, '/a')[0]?.directories).toContain('/sys/fs/cgroup/unified/a');
  });

  test('v2: one directory, and its controllers', () => {
    expect(created(V2, 'a//b/')).toMatchObject([
      { cgroup: '/a/b', directories: ['/sys/fs/cgroup/a/b'], controllers: V2.controllers },
    ]);
  });

  test('the name of the container where the config has none', () => {
    expect(created(V2)).toMatchObject([{ cgroup: '/orlop-box' }]);
    expect(created(V2, '')).toMatchObject([{ cgroup: '/orlop-box' }]);
  });

  test('none where the host has none', () => {
    const config = changed(runc, { '/mounts/6': { destination: '/a', type: 'tmpfs' } });
    const { steps } = plan(config, request({ layout: 'none' }));
    expect(steps.some(({ by }) => by === 'host')).toBe(false);
  });
});
