// The files of a cgroup in words: what cgroup v1 and v2 call differently is one limit to people.

import { placeOf, stepsOf } from './steps.ts';
import type { Place, Plan } from './types.ts';

export interface Limit {
  /** Names the same limit in another plan. */
  name: string;
  /** For people: `64 MiB`, `1.5 CPUs`, `none`. */
  shown: string;
  /** To compare by, Infinity for no limit; undefined where more and less mean nothing. */
  amount: number | undefined;
  /** It confines: more of it, or none, is a gain. */
  isLimit: boolean;
  place: Place;
}

type Unit = 'bytes' | 'count' | 'microseconds' | 'share' | 'text';

const WORDS: Readonly<Record<string, readonly [string, Unit]>> = {
  'memory.max': ['memory limit', 'bytes'],
  'memory.limit_in_bytes': ['memory limit', 'bytes'],
  'memory.high': ['memory throttle', 'bytes'],
  'memory.low': ['memory reservation', 'bytes'],
  'memory.min': ['guaranteed memory', 'bytes'],
  'memory.soft_limit_in_bytes': ['memory reservation', 'bytes'],
  'memory.swap.max': ['swap limit', 'bytes'],
  'memory.memsw.limit_in_bytes': ['limit of memory and swap', 'bytes'],
  'memory.swappiness': ['swappiness', 'share'],
  'memory.oom_control': ['OOM killer', 'text'],
  'memory.use_hierarchy': ['memory of child cgroups counted', 'text'],
  'cpu.shares': ['CPU shares', 'share'],
  'cpu.weight': ['CPU weight', 'share'],
  'cpu.idle': ['only idle CPU time', 'text'],
  'cpu.max.burst': ['CPU burst', 'microseconds'],
  'cpu.cfs_burst_us': ['CPU burst', 'microseconds'],
  'cpu.rt_period_us': ['realtime CPU period', 'microseconds'],
  'cpu.rt_runtime_us': ['realtime CPU time', 'microseconds'],
  'cpuset.cpus': ['CPUs', 'text'],
  'cpuset.mems': ['memory nodes', 'text'],
  'pids.max': ['process limit', 'count'],
  'io.weight': ['I/O weight', 'text'],
  'io.bfq.weight': ['I/O weight', 'text'],
  'blkio.bfq.weight': ['I/O weight', 'text'],
  'io.max': ['I/O limit', 'text'],
  'blkio.throttle.read_bps_device': ['bytes read a second', 'text'],
  'blkio.throttle.write_bps_device': ['bytes written a second', 'text'],
  'blkio.throttle.read_iops_device': ['reads a second', 'text'],
  'blkio.throttle.write_iops_device': ['writes a second', 'text'],
  'net_cls.classid': ['network class', 'text'],
  'net_prio.ifpriomap': ['network priority', 'text'],
  'rdma.max': ['RDMA limit', 'text'],
};

/** Those where more is not less confined, but another share of the same. */
const NO_LIMITS = new Set([
  'memory reservation',
  'guaranteed memory',
  'swappiness',
  'OOM killer',
  'CPU shares',
  'CPU weight',
  'only idle CPU time',
  'I/O weight',
  'network class',
  'network priority',
  'realtime CPU period',
  'realtime CPU time',
  'CPU burst',
  'memory of child cgroups counted',
]);

/** The usual period of the CFS: kernel/sched/fair.c. */
const PERIOD = 100_000;

/** Bytes that no machine has are how some say "none". */
const ENDLESS = 2 ** 60;

interface File {
  file: string;
  value: string;
  place: Place;
}

export function limitsOf(plan: Plan): Limit[] {
  const files: File[] = stepsOf<{ file: string; value: string }>(plan, 'limit')
    .filter(({ file }) => !file.startsWith('devices.'))
    .map((step) => ({ file: step.file, value: step.value, place: placeOf(step) }));
  const period = files.find(({ file }) => file === 'cpu.cfs_period_us');
  const limits = new Map<string, Limit>();
  for (const one of files) {
    const limit = limitOf(one, period);
    if (limit) limits.set(limit.name, limit);
  }
  return [...limits.values()];
}

function limitOf({ file, value, place }: File, period: File | undefined): Limit | undefined {
  if (file === 'cpu.cfs_period_us' || file.includes('.rsvd.')) return undefined;
  if (file === 'cpu.max') return cpuLimit(value.split(' ')[0] ?? '', value.split(' ')[1], place);
  if (file === 'cpu.cfs_quota_us') return cpuLimit(value, period?.value, place);
  const huge = /^hugetlb\.(\w+)\.(?:max|limit_in_bytes)$/.exec(file);
  const [words, unit] = huge ? ([`${huge[1]} huge pages`, 'bytes'] as const) : (WORDS[file] ?? [file, 'text']);
  const device = unit === 'text' ? deviceOf(value) : '';
  const name = device === '' ? words : `${words} of ${device}`;
  const rest = device === '' ? value : value.slice(device.length + 1);
  const isLimit = !NO_LIMITS.has(words);
  if (words === 'OOM killer') return { name, shown: 'off', amount: undefined, isLimit, place };
  if (value === 'max' || value === '-1' || (unit === 'bytes' && Number(value) >= ENDLESS)) {
    return { name, shown: 'none', amount: Number.POSITIVE_INFINITY, isLimit, place };
  }
  return { name, shown: show(rest, unit), amount: unit === 'text' ? undefined : Number(rest), isLimit, place };
}

function cpuLimit(quota: string, period: string | undefined, place: Place): Limit {
  const name = 'CPU limit';
  if (quota === 'max' || quota === '-1') {
    return { name, shown: 'none', amount: Number.POSITIVE_INFINITY, isLimit: true, place };
  }
  const cpus = Number(quota) / Number(period ?? PERIOD);
  const shown = `${Number(cpus.toFixed(3))} CPU${cpus === 1 ? '' : 's'}`;
  return { name, shown, amount: cpus, isLimit: true, place };
}

/** `8:0 rbps=1`, `8:0 1048576`, `mlx5_1 hca_handle=3`: one limit for each device. */
function deviceOf(value: string): string {
  const space = value.indexOf(' ');
  const device = space < 0 ? '' : value.slice(0, space);
  return device === 'default' ? '' : device;
}

function show(value: string, unit: Unit): string {
  if (unit === 'bytes') return bytesInWords(value);
  if (unit === 'microseconds') return `${value} µs`;
  return value;
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Exact where that is short: `64 MiB`, `1.5 GiB`; otherwise rounded to three places. */
export function bytesInWords(value: string): string {
  if (!/^\d+$/.test(value)) return value;
  let amount = Number(value);
  let unit = 0;
  while (amount >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${Number(amount.toFixed(3))} ${UNITS[unit]}`;
}
