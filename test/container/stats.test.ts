// What files of a cgroup become: those that this machine's kernel may not have, with the text that the kernel's
// documentation shows. The others are compared with runc on real containers (test/system/events.test.ts).

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { toJson } from '../../src/cli/json.ts';
import { CgroupFiles, isUnified } from '../../src/container/cgroup-files.ts';
import { notifyOom } from '../../src/container/oom.ts';
import { readRdt } from '../../src/container/stats-rdt.ts';
import { readStatsV1 } from '../../src/container/stats-v1.ts';
import { readStatsV2 } from '../../src/container/stats-v2.ts';

const place = mkdtempSync(join(tmpdir(), 'orlop-stats-'));
afterAll(() => rmSync(place, { recursive: true }));
let count = 0;

/** A directory with these files. */
function files(texts: Record<string, string>): CgroupFiles {
  const directory = join(place, String(++count));
  mkdirSync(directory);
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(directory, name), text);
  return new CgroupFiles([directory]);
}

const json = (value: unknown) => JSON.parse(toJson(value));
const v1 = (texts: Record<string, string>) => json(readStatsV1(files(texts)));
const v2 = (texts: Record<string, string>) => json(readStatsV2(files(texts)));

test('directories that a container has made where files could be', () => {
  const directory = join(place, String(++count));
  const names = [
    'hugetlb.5MB.current',
    'hugetlb.5MB.usage_in_bytes',
    'memory.current',
    'memory.usage_in_bytes',
    'io.stat',
  ];
  for (const name of names) mkdirSync(join(directory, name), { recursive: true });
  const both = new CgroupFiles([directory]);
  for (const { hugetlb, memory } of [readStatsV1(both), readStatsV2(both)]) {
    expect(hugetlb).toEqual({});
    expect(memory.usage).toEqual({ limit: 0n, failcnt: 0n });
  }
  for (const name of ['cgroup.controllers', 'memory.oom_control', 'memory.events']) mkdirSync(join(directory, name));
  expect(isUnified(directory)).toBe(false);
  expect(notifyOom({ directories: [directory], made: [] })).toBe(undefined);
});

describe('cgroup v1', () => {
  test('nothing is there', () => {
    const none = { limit: 0, failcnt: 0 };
    expect(v1({})).toMatchObject({
      cpu: { usage: { kernel: 0, user: 0 }, throttling: {} },
      memory: { usage: none, swap: none, kernel: none, kernelTCP: none },
      pids: {},
      blkio: {},
      hugetlb: {},
    });
  });

  test('processors', () => {
    const { cpu, cpuset } = v1({
      'cpuacct.usage': '300\n',
      'cpuacct.usage_percpu': '100 200 \n',
      'cpuacct.usage_all': 'cpu user system\n0 60 40\n1 150 50\n',
      'cpuacct.stat': 'user 21\nsystem 9\n',
      'cpu.stat': 'nr_periods 5\nnr_throttled 2\nthrottled_time 1234567890123\n',
      'cpuset.cpus': '0-2,5\n',
      'cpuset.mems': '0\n',
      'cpuset.sched_relax_domain_level': '-1\n',
    });
    expect(cpu).toEqual({
      usage: {
        total: 300,
        percpu: [100, 200],
        percpu_kernel: [40, 50],
        percpu_user: [60, 150],
        kernel: 90_000_000,
        user: 210_000_000,
      },
      throttling: { periods: 5, throttledPeriods: 2, throttledTime: 1234567890123 },
    });
    expect(cpuset).toMatchObject({ cpus: [0, 1, 2, 5], mems: [0], sched_relax_domain_level: -1 });
  });

  test('disks: from the scheduler that counts, or else from the limits', () => {
    const limits = { 'blkio.throttle.io_serviced': '8:0 Read 1\n8:0 Total 1\nTotal 1\n' };
    expect(v1(limits).blkio).toEqual({
      ioServicedRecursive: [
        { major: 8, op: 'Read', value: 1 },
        { major: 8, op: 'Total', value: 1 },
      ],
    });
    const recursive = { ...limits, 'blkio.throttle.io_serviced_recursive': '8:1 Write 2\n' };
    expect(v1(recursive).blkio.ioServicedRecursive).toEqual([{ major: 8, minor: 1, op: 'Write', value: 2 }]);
    const bfq = {
      ...recursive,
      'blkio.bfq.io_serviced_recursive': '8:2 Read 3\nTotal 3\n',
      'blkio.bfq.io_service_bytes_recursive': '8:2 Read 12288\nTotal 12288\n',
      'blkio.bfq.sectors_recursive': '8:2 24\n',
      'blkio.bfq.time_recursive': '8:2 7\n',
    };
    expect(v1(bfq).blkio).toEqual({
      ioServicedRecursive: [{ major: 8, minor: 2, op: 'Read', value: 3 }],
      ioServiceBytesRecursive: [{ major: 8, minor: 2, op: 'Read', value: 12288 }],
      sectorsRecursive: [{ major: 8, minor: 2, value: 24 }],
      ioTimeRecursive: [{ major: 8, minor: 2, value: 7 }],
    });
    // bfq is there and has no disk: who does count is asked.
    expect(v1({ ...limits, 'blkio.bfq.io_serviced_recursive': 'Total 0\n' }).blkio.ioServicedRecursive).toHaveLength(2);
  });

  test('huge pages: reserved ones where they are counted', () => {
    const old = {
      'hugetlb.2MB.usage_in_bytes': '4194304\n',
      'hugetlb.2MB.max_usage_in_bytes': '8388608\n',
      'hugetlb.2MB.failcnt': '1\n',
      'hugetlb.2MB.limit_in_bytes': '9223372036854771712\n',
    };
    expect(v1(old).hugetlb).toEqual({ '2MB': { usage: 4194304, max: 8388608, failcnt: 1 } });
    const reserved = {
      'hugetlb.2MB.rsvd.usage_in_bytes': '0\n',
      'hugetlb.2MB.rsvd.max_usage_in_bytes': '0\n',
      'hugetlb.2MB.rsvd.failcnt': '2\n',
    };
    expect(v1({ ...old, ...reserved }).hugetlb).toEqual({ '2MB': { failcnt: 2 } });
  });
});

describe('resource control groups', () => {
  const root = join(place, 'resctrl');
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const group = join(root, 'box');

  test('none', () => expect(readRdt(undefined)).toEqual({}));

  test('caches, bandwidth and what is counted of them', () => {
    write('info/L3/cbm_mask', 'fffff\n');
    write('info/L3/min_cbm_bits', '1\n');
    write('info/L3/num_closids', '16\n');
    write('info/MB/min_bandwidth', '10\n');
    write('info/MB/bandwidth_gran', '10\n');
    write('info/MB/delay_linear', '1\n');
    write('info/MB/num_closids', '8\n');
    write('schemata', '    L3:0=fffff;1=fffff\n    MB:0=100;1=100\n');
    write('box/schemata', '    L3:0=f;1=ff\n    MB:0=50;1=70\n');
    const limits = {
      l3_cache_info: { cbm_mask: 'fffff', min_cbm_bits: 1, num_closids: 16 },
      l3_cache_schema_root: 'L3:0=fffff;1=fffff',
      l3_cache_schema: 'L3:0=f;1=ff',
      mem_bw_info: { bandwidth_gran: 10, delay_linear: 1, min_bandwidth: 10, num_closids: 8 },
      mem_bw_schema_root: 'MB:0=100;1=100',
      mem_bw_schema: 'MB:0=50;1=70',
    };
    expect(json(readRdt({ group, isMade: true, isShared: false }))).toEqual(limits);
    write('box/mon_data/mon_L3_00/llc_occupancy', '16384\n');
    write('box/mon_data/mon_L3_01/llc_occupancy', 'Unavailable\n');
    expect(json(readRdt({ group, isMade: true, isShared: false }))).toEqual({
      ...limits,
      cmt_stats: [{ llc_occupancy: 16384 }, { llc_occupancy: 0 }],
    });
    // In a group that others use too, the container's own monitor is what counts.
    write('box/mon_groups/one/mon_data/mon_L3_00/mbm_total_bytes', '300\n');
    write('box/mon_groups/one/mon_data/mon_L3_00/mbm_local_bytes', '200\n');
    const monitor = join(group, 'mon_groups/one');
    expect(json(readRdt({ group, monitor, isMade: false, isShared: true }))).toEqual({
      ...limits,
      mbm_stats: [{ mbm_total_bytes: 300, mbm_local_bytes: 200 }],
    });
  });

  test('a processor that only has bandwidth', () => {
    rmSync(join(root, 'info/L3'), { recursive: true });
    write('schemata', 'MB:0=100\n');
    write('lone/schemata', 'MB:0=20\n');
    expect(Object.keys(readRdt({ group: join(root, 'lone'), isMade: true, isShared: false }))).toEqual([
      ...['mem_bw_info', 'mem_bw_schema_root', 'mem_bw_schema'],
    ]);
  });
});

describe('cgroup v2', () => {
  test('nothing is there', () => {
    expect(v2({}).memory).toEqual({
      usage: { limit: 0, failcnt: 0 },
      swap: { limit: 0, failcnt: 0 },
      kernel: { limit: 0, failcnt: 0 },
      kernelTCP: { limit: 0, failcnt: 0 },
    });
    expect(v2({ 'cgroup.procs': '12\n13\n' }).pids).toEqual({ current: 2 });
    expect(v2({ 'cgroup.threads': '12\n13\n14\n' }).pids).toEqual({ current: 3 });
  });

  test('processors in nanoseconds, and pressure', () => {
    const { cpu } = v2({
      'cpu.stat': 'usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\nnr_throttled 3\nthrottled_usec 5\n',
      'cpu.pressure':
        'some avg10=1.71 avg60=2.36 avg300=2.57 total=230548833\nfull avg10=0.00 avg60=1.01 avg300=1.00 total=157622356\n',
    });
    expect(cpu).toEqual({
      usage: { total: 30_000, user: 20_000, kernel: 10_000 },
      throttling: { periods: 4, throttledPeriods: 3, throttledTime: 5000 },
      psi: {
        some: { avg10: 1.71, avg60: 2.36, avg300: 2.57, total: 230548833 },
        full: { avg10: 0, avg60: 1.01, avg300: 1, total: 157622356 },
      },
    });
  });

  test('memory and swap together', () => {
    const memory = {
      'memory.current': '100\n',
      'memory.max': '1000\n',
      'memory.peak': '200\n',
      'memory.stat': 'file 60\nanon 40\n',
    };
    const swap = { 'memory.swap.current': '10\n', 'memory.swap.max': '500\n', 'memory.swap.peak': '20\n' };
    expect(v2({ ...memory, ...swap }).memory).toMatchObject({
      cache: 60,
      usage: { limit: 1000, usage: 100, max: 200, failcnt: 0 },
      swap: { limit: 1500, usage: 110, failcnt: 0 },
      raw: { anon: 40, file: 60 },
    });
    // Without accounting of swap, what is in memory is all.
    expect(v2(memory).memory.swap).toEqual({ limit: 1000, usage: 100, failcnt: 0 });
    const most = '18446744073709551615';
    for (const unlimited of [{ 'memory.max': 'max\n' }, { 'memory.swap.max': 'max\n' }]) {
      const text = toJson(readStatsV2(files({ ...memory, ...swap, ...unlimited })).memory.swap);
      expect(text).toBe(`{"limit":${most},"usage":110,"failcnt":0}`);
    }
  });

  test('disks, in the words of version 1', () => {
    const { blkio } = v2({
      'io.stat': '8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n254:0 \n',
      'io.pressure': '',
    });
    expect(blkio).toEqual({
      ioServiceBytesRecursive: [
        { major: 8, minor: 16, op: 'Read', value: 1459200 },
        { major: 8, minor: 16, op: 'Write', value: 314773504 },
      ],
      ioServicedRecursive: [
        { major: 8, minor: 16, op: 'Read', value: 192 },
        { major: 8, minor: 16, op: 'Write', value: 353 },
      ],
    });
  });

  test('huge pages', () => {
    const old = { 'hugetlb.1GB.current': '1073741824\n', 'hugetlb.1GB.max': 'max\n', 'hugetlb.1GB.events': 'max 3\n' };
    expect(v2(old).hugetlb).toEqual({ '1GB': { usage: 1073741824, failcnt: 3 } });
    expect(v2({ ...old, 'hugetlb.1GB.rsvd.current': '2147483648\n' }).hugetlb['1GB'].usage).toBe(2147483648);
  });
});
