// Statistics of cgroup v1: Documentation/admin-guide/cgroup-v1/{cpuacct,cpusets,memory,blkio-controller,hugetlb,pids}.rst

import { type CgroupFiles, NO_LIMIT } from './cgroup-files.ts';
import {
  type Blkio,
  type BlkioEntry,
  type BlkioTables,
  type CgroupStats,
  type CpuSet,
  type CpuUsage,
  type Memory,
  type MemoryEntry,
  present,
} from './stats.ts';

export function readStatsV1(files: CgroupFiles): CgroupStats {
  const cpu = files.table('cpu.stat');
  const limit = files.number('pids.max');
  return {
    cpu: {
      usage: cpuUsage(files),
      throttling: present({
        periods: cpu.get('nr_periods'),
        throttledPeriods: cpu.get('nr_throttled'),
        throttledTime: cpu.get('throttled_time'),
      }),
    },
    cpuset: cpuset(files),
    memory: memory(files),
    pids: present({ current: files.number('pids.current'), limit: limit === NO_LIMIT ? 0n : limit }),
    blkio: blkio(files),
    hugetlb: hugetlb(files),
  };
}

/** cpuacct.stat counts in ticks of a hundredth of a second: USER_HZ, the same on every architecture that counts. */
const NANOSECONDS_OF_TICK = 10_000_000n;

function cpuUsage(files: CgroupFiles): CpuUsage {
  const ticks = files.table('cpuacct.stat');
  const columns = files.lines('cpuacct.usage_all').slice(1); // after the title: cpu, user, system
  const column = (index: number): bigint[] => columns.map((line) => BigInt(line.split(' ')[index] ?? 0));
  return {
    ...present({
      total: files.number('cpuacct.usage'),
      percpu: (files.text('cpuacct.usage_percpu') ?? '').split(' ').filter(Boolean).map(BigInt),
      percpu_kernel: column(2),
      percpu_user: column(1),
    }),
    kernel: (ticks.get('system') ?? 0n) * NANOSECONDS_OF_TICK,
    user: (ticks.get('user') ?? 0n) * NANOSECONDS_OF_TICK,
  };
}

function cpuset(files: CgroupFiles): CpuSet {
  return {
    ...present({ cpus: numbersOf(files.text('cpuset.cpus')), mems: numbersOf(files.text('cpuset.mems')) }),
    cpu_exclusive: files.number('cpuset.cpu_exclusive'),
    mem_hardwall: files.number('cpuset.mem_hardwall'),
    mem_exclusive: files.number('cpuset.mem_exclusive'),
    memory_migrate: files.number('cpuset.memory_migrate'),
    memory_spread_page: files.number('cpuset.memory_spread_page'),
    memory_spread_slab: files.number('cpuset.memory_spread_slab'),
    memory_pressure: files.number('cpuset.memory_pressure'),
    sched_load_balance: files.number('cpuset.sched_load_balance'),
    sched_relax_domain_level: files.number('cpuset.sched_relax_domain_level'),
  };
}

/** man 7 cpuset, List Format: `0-2,4`. */
export function numbersOf(list = ''): bigint[] {
  return list
    .split(',')
    .filter(Boolean)
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => BigInt(first + index));
    });
}

function memory(files: CgroupFiles): Memory {
  const raw = files.table('memory.stat');
  return {
    ...present({ cache: raw.get('cache') }),
    usage: memoryEntry(files, 'memory'),
    swap: memoryEntry(files, 'memory.memsw'),
    kernel: memoryEntry(files, 'memory.kmem'),
    kernelTCP: memoryEntry(files, 'memory.kmem.tcp'),
    ...(raw.size > 0 ? { raw: Object.fromEntries([...raw].sort()) } : {}),
  };
}

function memoryEntry(files: CgroupFiles, prefix: string): MemoryEntry {
  return {
    limit: files.number(`${prefix}.limit_in_bytes`),
    ...present({ usage: files.number(`${prefix}.usage_in_bytes`), max: files.number(`${prefix}.max_usage_in_bytes`) }),
    failcnt: files.number(`${prefix}.failcnt`),
  };
}

/** The kernel's word for each table. */
const TABLES: Readonly<Record<keyof BlkioTables, string>> = {
  ioServiceBytesRecursive: 'io_service_bytes',
  ioServicedRecursive: 'io_serviced',
  ioQueueRecursive: 'io_queued',
  ioServiceTimeRecursive: 'io_service_time',
  ioWaitTimeRecursive: 'io_wait_time',
  ioMergedRecursive: 'io_merged',
  ioTimeRecursive: 'time',
  sectorsRecursive: 'sectors',
};

/** Who may have counted: the scheduler of the disk, bfq or once cfq, which know most, or the limits, which see every disk. */
const COUNTERS = [
  { prefix: 'blkio.bfq.', suffix: '_recursive' },
  { prefix: 'blkio.', suffix: '_recursive' },
  { prefix: 'blkio.throttle.', suffix: '_recursive' },
  { prefix: 'blkio.throttle.', suffix: '' },
];

function blkio(files: CgroupFiles): Blkio {
  for (const { prefix, suffix } of COUNTERS) {
    const tables = Object.entries(TABLES).map(([key, name]) => [key, blkioTable(files, `${prefix}${name}${suffix}`)]);
    const found: Blkio = present(Object.fromEntries(tables));
    if (found.ioServicedRecursive) return found;
  }
  return {};
}

/** Lines `8:0 Read 1282048`, or without a word in between; the line `Total` is the sum over all disks. */
function blkioTable(files: CgroupFiles, file: string): BlkioEntry[] {
  return files.lines(file).flatMap((line) => {
    const [, major, minor, op = '', value] = /^(\d+):(\d+) (?:(\w+) )?(\d+)$/.exec(line) ?? [];
    if (major === undefined || minor === undefined || value === undefined) return [];
    return [present({ major: BigInt(major), minor: BigInt(minor), op, value: BigInt(value) })];
  });
}

/** Reservations where the kernel counts them (5.7), as limits are set on them too. */
function hugetlb(files: CgroupFiles): CgroupStats['hugetlb'] {
  const sizes = files.names(/^hugetlb\.(\d+[KMG]B)\.usage_in_bytes$/);
  return Object.fromEntries(
    sizes.map((size) => {
      const reserved = `hugetlb.${size}.rsvd`;
      const prefix = files.text(`${reserved}.usage_in_bytes`) === undefined ? `hugetlb.${size}` : reserved;
      const counts = {
        usage: files.number(`${prefix}.usage_in_bytes`),
        max: files.number(`${prefix}.max_usage_in_bytes`),
      };
      return [size, { ...present(counts), failcnt: files.number(`${prefix}.failcnt`) }];
    }),
  );
}
