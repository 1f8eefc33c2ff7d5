// How much of the machine a container uses: the data of `runc events` key by key, names and units as there (types/events.go
// of runc). What Go leaves out when it is empty is optional here. Every number is a bigint: limits are 64 bits wide.

export interface Stats extends CgroupStats {
  /** Empty without linux.intelRdt. */
  intel_rdt: IntelRdt;
  /** Of a network namespace of its own, but for lo; null if there are none. runc has veth devices here and calls none its own. */
  network_interfaces: NetworkInterface[] | null;
}

export interface CgroupStats {
  cpu: { usage: CpuUsage; throttling: Throttling; psi?: Pressure };
  cpuset: CpuSet;
  memory: Memory;
  pids: { current?: bigint; limit?: bigint };
  blkio: Blkio;
  /** By size of page, such as 2MB. */
  hugetlb: Record<string, { usage?: bigint; max?: bigint; failcnt: bigint }>;
}

/** Nanoseconds. */
export interface CpuUsage {
  total?: bigint;
  percpu?: bigint[];
  percpu_kernel?: bigint[];
  percpu_user?: bigint[];
  kernel: bigint;
  user: bigint;
}

export interface Throttling {
  periods?: bigint;
  throttledPeriods?: bigint;
  /** Nanoseconds. */
  throttledTime?: bigint;
}

export interface CpuSet {
  cpus?: bigint[];
  cpu_exclusive: bigint;
  mems?: bigint[];
  mem_hardwall: bigint;
  mem_exclusive: bigint;
  memory_migrate: bigint;
  memory_spread_page: bigint;
  memory_spread_slab: bigint;
  memory_pressure: bigint;
  sched_load_balance: bigint;
  sched_relax_domain_level: bigint;
}

/** Bytes. */
export interface MemoryEntry {
  limit: bigint;
  usage?: bigint;
  max?: bigint;
  failcnt: bigint;
}

export interface Memory {
  cache?: bigint;
  usage: MemoryEntry;
  /** Memory and swap together, on version 2 too. */
  swap: MemoryEntry;
  kernel: MemoryEntry;
  kernelTCP: MemoryEntry;
  /** memory.stat as it is. */
  raw?: Record<string, bigint>;
  psi?: Pressure;
}

export interface BlkioEntry {
  major?: bigint;
  minor?: bigint;
  op?: string;
  value?: bigint;
}

export interface Blkio extends BlkioTables {
  psi?: Pressure;
}

export interface BlkioTables {
  ioServiceBytesRecursive?: BlkioEntry[];
  ioServicedRecursive?: BlkioEntry[];
  ioQueueRecursive?: BlkioEntry[];
  ioServiceTimeRecursive?: BlkioEntry[];
  ioWaitTimeRecursive?: BlkioEntry[];
  ioMergedRecursive?: BlkioEntry[];
  ioTimeRecursive?: BlkioEntry[];
  sectorsRecursive?: BlkioEntry[];
}

/** Documentation/accounting/psi.rst: percent of the time of the last seconds, and microseconds in all. */
export interface PressureData {
  avg10: number;
  avg60: number;
  avg300: number;
  total: bigint;
}

export interface Pressure {
  some?: PressureData;
  full?: PressureData;
}

export interface IntelRdt {
  l3_cache_info?: { cbm_mask?: string; min_cbm_bits?: bigint; num_closids?: bigint };
  /** The lines of schemata: of the root, and of the container's group. */
  l3_cache_schema_root?: string;
  l3_cache_schema?: string;
  mem_bw_info?: { bandwidth_gran?: bigint; delay_linear?: bigint; min_bandwidth?: bigint; num_closids?: bigint };
  mem_bw_schema_root?: string;
  mem_bw_schema?: string;
  /** Of each cache, in the order of its number: bytes from memory, all and that of its own node. */
  mbm_stats?: { mbm_total_bytes: bigint; mbm_local_bytes: bigint }[];
  /** Bytes of the cache. */
  cmt_stats?: { llc_occupancy: bigint }[];
}

export interface NetworkInterface {
  Name: string;
  RxBytes: bigint;
  RxPackets: bigint;
  RxErrors: bigint;
  RxDropped: bigint;
  TxBytes: bigint;
  TxPackets: bigint;
  TxErrors: bigint;
  TxDropped: bigint;
}

/** Go's omitempty: without what is zero, empty or absent. */
export function present<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const isThere = (value: unknown): boolean =>
    value !== undefined && value !== 0n && value !== '' && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isThere(value))) as ReturnType<
    typeof present<T>
  >;
}
