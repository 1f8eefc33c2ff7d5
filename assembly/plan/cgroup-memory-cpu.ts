import { Cpu, Memory, Resources } from '../spec/resources';
import { Value } from '../spec/value';
import { addLimit, onlyOnV1 } from './cgroup';
import { Planner } from './planner';

/** Bytes, or the file's word for "no limit". */
function bytes(value: i64, unlimited: string): string {
  return value < 0 ? unlimited : value.toString();
}

export function planMemory(planner: Planner, resources: Resources): void {
  const memory = resources.memory;
  if (!memory) return;
  const kernel = memory.kernel;
  if (kernel) ignoredKernelLimit(planner, 'kernel', kernel.node);
  const kernelTcp = memory.kernelTCP;
  if (kernelTcp) ignoredKernelLimit(planner, 'kernelTCP', kernelTcp.node);
  const check = memory.checkBeforeUpdate;
  // Only an update can take away what is in use; a new cgroup uses nothing.
  if (check && check.value && !planner.facts.cgroup.isUnified)
    onlyOnV2(planner, 'memory.checkBeforeUpdate', check.node);
  const swap = memory.swap;
  const limit = memory.limit;
  if (swap && swap.value > 0 && (!limit || limit.value == 0) && !planner.isUpdate) {
    planner.error(
      'OCI401',
      swap.node,
      'memory.swap is memory and swap together, and there is no memory.limit',
      'set memory.limit',
    );
    return;
  }
  if (swap && limit && swap.value >= 0 && limit.value > swap.value) {
    swapBelowLimit(planner, swap.value, limit.value, swap.node);
    return;
  }
  if (planner.facts.cgroup.isUnified) planMemoryV2(planner, memory);
  else planMemoryV1(planner, memory);
}

function swapBelowLimit(planner: Planner, swap: i64, limit: i64, node: i32): void {
  planner.error(
    'OCI401',
    node,
    `memory.swap (${swap}) is less than memory.limit (${limit})`,
    'swap is memory and swap together: make it at least the limit',
  );
}

/** A number of bytes that is in force now; -1 for no limit, and where nothing is known. */
function bytesInForce(planner: Planner, file: string): i64 {
  const text = planner.request.inForce(file);
  return text == '' || text == 'max' ? -1 : I64.parseInt(text);
}

/** Documentation/admin-guide/cgroup-v1/memory.rst */
function planMemoryV1(planner: Planner, memory: Memory): void {
  const limit = memory.limit;
  const swap = memory.swap;
  // Without a limit of memory and swap together, the limit of memory alone only moves pages to swap.
  if (limit && limit.value != 0)
    addLimit(planner, 'memory', 'memory.limit_in_bytes', limit.value.toString(), limit.node);
  if (swap && swap.value != 0)
    addLimit(planner, 'memory', 'memory.memsw.limit_in_bytes', swap.value.toString(), swap.node);
  else if (limit && limit.value < 0 && planner.isUpdate) {
    // No limit of memory means none of both together; a kernel that does not count swap has no such file.
    const both = addLimit(planner, 'memory', 'memory.memsw.limit_in_bytes', '-1', limit.node);
    if (both) both.isOptional = true;
  }
  const reservation = memory.reservation;
  if (reservation && reservation.value != 0) {
    addLimit(planner, 'memory', 'memory.soft_limit_in_bytes', reservation.value.toString(), reservation.node);
  }
  const swappiness = memory.swappiness;
  if (swappiness) {
    if (swappiness.value > 100)
      planner.error('OCI403', swappiness.node, `swappiness is ${swappiness.value}`, 'it goes from 0 to 100');
    else addLimit(planner, 'memory', 'memory.swappiness', swappiness.value.toString(), swappiness.node);
  }
  const oomKiller = memory.disableOOMKiller;
  if (oomKiller && oomKiller.value) addLimit(planner, 'memory', 'memory.oom_control', '1', oomKiller.node);
  const hierarchy = memory.useHierarchy;
  if (hierarchy && hierarchy.value) addLimit(planner, 'memory', 'memory.use_hierarchy', '1', hierarchy.node);
}

/** Documentation/admin-guide/cgroup-v2.rst#memory; swap there is counted without the memory. */
function planMemoryV2(planner: Planner, memory: Memory): void {
  const limit = memory.limit;
  const swap = memory.swap;
  const bound: i64 = limit && limit.value != 0 ? limit.value : bytesInForce(planner, 'memory.max');
  if (swap && swap.value != 0) {
    if (swap.value > 0 && bound > swap.value) swapBelowLimit(planner, swap.value, bound, swap.node);
    const only = swap.value < 0 || bound < 0 ? -1 : swap.value - bound;
    // A kernel that counts no swap has no limit of it either; and where there is none to be had, 0 is so by itself.
    const step = addLimit(planner, 'memory', 'memory.swap.max', bytes(only, 'max'), swap.node);
    if (step && only <= 0) step.isOptional = true;
  } else if (limit && limit.value != 0 && planner.isUpdate) planKeptSwap(planner, limit.value, limit.node);
  const check = memory.checkBeforeUpdate;
  const used = bytesInForce(planner, 'memory.current');
  if (check && check.value) {
    if (limit) checkUsage(planner, 'limit', limit, used);
    if (swap) checkUsage(planner, 'swap', swap, used);
  }
  if (limit && limit.value != 0) addLimit(planner, 'memory', 'memory.max', bytes(limit.value, 'max'), limit.node);
  const reservation = memory.reservation;
  if (reservation && reservation.value != 0) {
    addLimit(planner, 'memory', 'memory.low', bytes(reservation.value, 'max'), reservation.node);
  }
  const swappiness = memory.swappiness;
  if (swappiness) onlyOnV1(planner, 'memory.swappiness', swappiness.node);
  const oomKiller = memory.disableOOMKiller;
  if (oomKiller && oomKiller.value) onlyOnV1(planner, 'memory.disableOOMKiller', oomKiller.node);
  // Version 2 always counts by hierarchy: useHierarchy asks for what is there.
}

function checkUsage(planner: Planner, field: string, limit: Value<i64>, used: i64): void {
  if (limit.value <= 0 || used <= limit.value) return;
  planner.error(
    'OCI417',
    limit.node,
    `memory.${field} (${limit.value}) is less than the container uses (${used})`,
    'the container would be killed: raise the limit, or leave checkBeforeUpdate out',
  );
}

/** Memory alone changes: memory and swap together stay as they are, so that the part of swap changes with it. */
function planKeptSwap(planner: Planner, limit: i64, node: i32): void {
  const limitBefore = bytesInForce(planner, 'memory.max');
  const swapBefore = bytesInForce(planner, 'memory.swap.max');
  if (limit > 0 && (limitBefore < 0 || swapBefore < 0)) return;
  const both = limitBefore + swapBefore;
  if (limit > both && limit > 0) {
    swapBelowLimit(planner, both, limit, node);
    return;
  }
  const step = addLimit(planner, 'memory', 'memory.swap.max', bytes(limit < 0 ? -1 : both - limit, 'max'), node);
  if (step) step.isOptional = true;
}

export function planCpu(planner: Planner, resources: Resources): void {
  const cpu = resources.cpu;
  if (!cpu) return;
  checkCpu(planner, cpu);
  if (planner.facts.cgroup.isUnified) planCpuV2(planner, cpu);
  else planCpuV1(planner, cpu);
  const cpus = cpu.cpus;
  if (cpus && cpus.value != '') addLimit(planner, 'cpuset', 'cpuset.cpus', cpus.value, cpus.node);
  const mems = cpu.mems;
  if (mems && mems.value != '') addLimit(planner, 'cpuset', 'cpuset.mems', mems.value, mems.node);
}

/** kernel/sched/core.c: tg_set_cfs_bandwidth, sched_group_set_idle. The kernel refuses these, and says less. */
function checkCpu(planner: Planner, cpu: Cpu): void {
  const idle = cpu.idle;
  if (idle && idle.value != 0 && idle.value != 1) {
    planner.error('OCI407', idle.node, `cpu.idle is ${idle.value}`, 'it is 0 or 1');
  }
  const period = cpu.period;
  if (period && period.value != 0 && (period.value < 1000 || period.value > 1000000)) {
    cpuRange(planner, 'period', period.node, period.value.toString(), 'it goes from 1000 to 1000000 microseconds');
  }
  const quota = cpu.quota;
  if (quota && quota.value > 0 && quota.value < 1000) {
    cpuRange(planner, 'quota', quota.node, quota.value.toString(), 'it is at least 1000 microseconds; -1 is no limit');
  }
  const burst = cpu.burst;
  if (burst && quota && quota.value > 0 && burst.value > <u64>quota.value) {
    planner.error(
      'OCI405',
      burst.node,
      `cpu.burst (${burst.value}) is more than cpu.quota (${quota.value})`,
      'what is saved up is at most one quota: lower the burst',
    );
  }
}

function cpuRange(planner: Planner, field: string, node: i32, value: string, help: string): void {
  planner.error('OCI406', node, `cpu.${field} is ${value}`, help);
}

/** Documentation/scheduler/sched-bwc.rst, sched-rt-group.rst: a period before its quota, a quota before its burst. */
function planCpuV1(planner: Planner, cpu: Cpu): void {
  const shares = cpu.shares;
  if (shares && shares.value != 0) {
    // The kernel takes any number, and without a word makes it one of these.
    if (shares.value < 2 || shares.value > 262144) {
      cpuRange(planner, 'shares', shares.node, shares.value.toString(), 'it goes from 2 to 262144');
    } else addLimit(planner, 'cpu', 'cpu.shares', shares.value.toString(), shares.node);
  }
  const idle = cpu.idle;
  if (idle) addLimit(planner, 'cpu', 'cpu.idle', idle.value.toString(), idle.node);
  const period = cpu.period;
  if (period && period.value != 0) addLimit(planner, 'cpu', 'cpu.cfs_period_us', period.value.toString(), period.node);
  const quota = cpu.quota;
  if (quota && quota.value != 0) addLimit(planner, 'cpu', 'cpu.cfs_quota_us', quota.value.toString(), quota.node);
  const burst = cpu.burst;
  if (burst) addLimit(planner, 'cpu', 'cpu.cfs_burst_us', burst.value.toString(), burst.node);
  const realtimePeriod = cpu.realtimePeriod;
  if (realtimePeriod && realtimePeriod.value != 0) {
    addLimit(planner, 'cpu', 'cpu.rt_period_us', realtimePeriod.value.toString(), realtimePeriod.node);
  }
  const realtimeRuntime = cpu.realtimeRuntime;
  if (realtimeRuntime && realtimeRuntime.value != 0) {
    addLimit(planner, 'cpu', 'cpu.rt_runtime_us', realtimeRuntime.value.toString(), realtimeRuntime.node);
  }
}

function planCpuV2(planner: Planner, cpu: Cpu): void {
  const idle = cpu.idle;
  if (idle) addLimit(planner, 'cpu', 'cpu.idle', idle.value.toString(), idle.node);
  const shares = cpu.shares;
  if (shares && shares.value != 0 && !(idle && idle.value == 1)) {
    addLimit(planner, 'cpu', 'cpu.weight', weightOfShares(shares.value).toString(), shares.node);
  }
  const quota = cpu.quota;
  const period = cpu.period;
  const hasQuota = quota != null && quota.value != 0;
  const hasPeriod = period != null && period.value != 0;
  if (hasQuota || hasPeriod) {
    // cpu.max is both in one: an update of one keeps the other.
    const before = planner.request.inForce('cpu.max').split(' ');
    let amount = before.length == 2 ? before[0] : 'max';
    if (quota && quota.value != 0) amount = quota.value > 0 ? quota.value.toString() : 'max';
    const interval = period && period.value != 0 ? period.value.toString() : before.length == 2 ? before[1] : '100000';
    addLimit(planner, 'cpu', 'cpu.max', `${amount} ${interval}`, quota ? quota.node : period!.node);
  }
  const burst = cpu.burst;
  if (burst) addLimit(planner, 'cpu', 'cpu.max.burst', burst.value.toString(), burst.node);
  const realtimePeriod = cpu.realtimePeriod;
  if (realtimePeriod && realtimePeriod.value != 0) onlyOnV1(planner, 'cpu.realtimePeriod', realtimePeriod.node);
  const realtimeRuntime = cpu.realtimeRuntime;
  if (realtimeRuntime && realtimeRuntime.value != 0) onlyOnV1(planner, 'cpu.realtimeRuntime', realtimeRuntime.node);
}

/**
 * cpu.weight (1..10000, usual 100) for cpu.shares (2..262144, usual 1024): the curve through (2, 1), (1024, 100) and
 * (262144, 10000) that runc and crun agreed on; the straight line they had before made 1024 shares a weight of 39.
 */
export function weightOfShares(shares: u64): u64 {
  if (shares <= 2) return 1;
  if (shares >= 262144) return 10000;
  const logarithm = Math.log2(<f64>shares);
  const exponent = (logarithm * logarithm + 125 * logarithm) / 612 - 7.0 / 34;
  return <u64>Math.ceil(10 ** exponent);
}

function ignoredKernelLimit(planner: Planner, field: string, node: i32): void {
  planner.warning('OCI404', node, `memory.${field} has no effect: the kernel dropped this limit`, 'remove it');
}

function onlyOnV2(planner: Planner, field: string, node: i32): void {
  planner.warning('OCI414', node, `${field} has no effect on cgroup v1`, 'remove it');
}
