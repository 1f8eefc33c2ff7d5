// Statistics of cgroup v2: Documentation/admin-guide/cgroup-v2.rst, in the words of version 1.

import { type CgroupFiles, NO_LIMIT } from './cgroup-files.ts';
import {
  type Blkio,
  type BlkioEntry,
  type CgroupStats,
  type CpuSet,
  type Memory,
  type MemoryEntry,
  type Pressure,
  type PressureData,
  present,
} from './stats.ts';

export function readStatsV2(files: CgroupFiles): CgroupStats {
  const cpu = files.table('cpu.stat');
  const nanoseconds = (key: string): bigint => (cpu.get(key) ?? 0n) * 1000n;
  return {
    cpu: {
      usage: {
        ...present({ total: nanoseconds('usage_usec') }),
        kernel: nanoseconds('system_usec'),
        user: nanoseconds('user_usec'),
      },
      throttling: present({
        periods: cpu.get('nr_periods'),
        throttledPeriods: cpu.get('nr_throttled'),
        throttledTime: nanoseconds('throttled_usec'),
      }),
      ...pressure(files, 'cpu.pressure'),
    },
    cpuset: NO_CPUSET,
    memory: memory(files),
    pids: pids(files),
    blkio: blkio(files),
    hugetlb: hugetlb(files),
  };
}

/** Flags of version 1, which version 2 does not have. */
const NO_CPUSET: CpuSet = {
  cpu_exclusive: 0n,
  mem_hardwall: 0n,
  mem_exclusive: 0n,
  memory_migrate: 0n,
  memory_spread_page: 0n,
  memory_spread_slab: 0n,
  memory_pressure: 0n,
  sched_load_balance: 0n,
  sched_relax_domain_level: 0n,
};

/** Without the controller the processes themselves are counted. */
function pids(files: CgroupFiles): CgroupStats['pids'] {
  if (files.text('pids.current') === undefined) {
    const listed = files.text('cgroup.procs') === undefined ? 'cgroup.threads' : 'cgroup.procs';
    return present({ current: BigInt(files.lines(listed).length) });
  }
  const limit = files.number('pids.max');
  return present({ current: files.number('pids.current'), limit: limit === NO_LIMIT ? 0n : limit });
}

function memory(files: CgroupFiles): Memory {
  const raw = files.table('memory.stat');
  const usage = memoryEntry(files, 'memory');
  return {
    ...present({ cache: raw.get('file') }),
    usage,
    swap: withMemory(memoryEntry(files, 'memory.swap'), usage),
    kernel: { limit: 0n, failcnt: 0n },
    kernelTCP: { limit: 0n, failcnt: 0n },
    ...(raw.size > 0 ? { raw: Object.fromEntries([...raw].sort()) } : {}),
    ...pressure(files, 'memory.pressure'),
  };
}

function memoryEntry(files: CgroupFiles, prefix: string): MemoryEntry {
  return {
    limit: files.number(`${prefix}.max`),
    ...present({ usage: files.number(`${prefix}.current`), max: files.number(`${prefix}.peak`) }),
    failcnt: 0n,
  };
}

/** Version 1 counts memory and swap together; when they were most together nobody knows. */
function withMemory(swap: MemoryEntry, memory: MemoryEntry): MemoryEntry {
  const hasLimit = swap.limit !== NO_LIMIT && memory.limit !== NO_LIMIT;
  return {
    limit: hasLimit ? swap.limit + memory.limit : NO_LIMIT,
    ...present({ usage: (swap.usage ?? 0n) + (memory.usage ?? 0n) }),
    failcnt: 0n,
  };
}

/** io.stat: `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6`; version 1 has no word for discards. */
function blkio(files: CgroupFiles): Blkio {
  const devices = files.lines('io.stat').map((line) => {
    const [device = '', ...counts] = line.split(' ');
    const [major = '', minor = ''] = device.split(':');
    return {
      major: BigInt(major),
      minor: BigInt(minor),
      counts: new Map(counts.map((one) => one.split('=') as [string, string])),
    };
  });
  const table = (read: string, write: string): BlkioEntry[] =>
    devices.flatMap(({ major, minor, counts }) =>
      [
        { op: 'Read', value: counts.get(read) },
        { op: 'Write', value: counts.get(write) },
      ].flatMap(({ op, value }) => (value === undefined ? [] : [present({ major, minor, op, value: BigInt(value) })])),
    );
  return {
    ...present({ ioServiceBytesRecursive: table('rbytes', 'wbytes'), ioServicedRecursive: table('rios', 'wios') }),
    ...pressure(files, 'io.pressure'),
  };
}

/** Reservations where the kernel counts them (5.7), as limits are set on them too. */
function hugetlb(files: CgroupFiles): CgroupStats['hugetlb'] {
  const sizes = files.names(/^hugetlb\.(\d+[KMG]B)\.current$/);
  return Object.fromEntries(
    sizes.map((size) => {
      const reserved = `hugetlb.${size}.rsvd`;
      const prefix = files.text(`${reserved}.current`) === undefined ? `hugetlb.${size}` : reserved;
      const failcnt = files.table(`hugetlb.${size}.events`).get('max') ?? 0n;
      return [size, { ...present({ usage: files.number(`${prefix}.current`) }), failcnt }];
    }),
  );
}

/** Lines `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, and `full`; absent where the kernel keeps none. */
function pressure(files: CgroupFiles, file: string): { psi?: Pressure } {
  const lines = files.lines(file);
  if (lines.length === 0) return {};
  const psi: Pressure = {};
  for (const line of lines) {
    const [kind, ...pairs] = line.split(' ');
    const values = new Map(pairs.map((pair) => pair.split('=') as [string, string]));
    const data: PressureData = {
      avg10: Number(values.get('avg10')),
      avg60: Number(values.get('avg60')),
      avg300: Number(values.get('avg300')),
      total: BigInt(values.get('total') ?? 0),
    };
    if (kind === 'some' || kind === 'full') psi[kind] = data;
  }
  return { psi };
}
