import { Diagnostic, Severity } from '../report';
import { Cpu, Memory } from '../spec/resources';
import { Context } from './context';
import { fixing } from './edits';
import { Explanation, Fixable, Preset, Rule } from './rule';

function memoryOf(context: Context): Memory | null {
  const resources = context.resources;
  return resources ? resources.memory : null;
}

function cpuOf(context: Context): Cpu | null {
  const resources = context.resources;
  return resources ? resources.cpu : null;
}

export class InvalidSwap extends Rule {
  constructor() {
    super('OCI401', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'memory.swap is less than memory.limit, or without one',
      'It is the limit of memory and swap together: the kernel refuses one that is below that of memory alone.',
      '{"linux":{"resources":{"memory":{"limit":536870912,"swap":268435456}}}}',
      '{"linux":{"resources":{"memory":{"limit":536870912,"swap":1073741824}}}}',
      'runtime-spec config-linux.md#memory; Documentation/admin-guide/cgroup-v1/memory.rst',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const memory = memoryOf(context);
    const limit = memory ? memory.limit : null;
    if (limit) finding.relate(limit.node, 'the limit of memory');
    return true;
  }
}

export class ReservationAboveLimit extends Rule {
  constructor() {
    super('OCI402', Severity.ERROR, Preset.RECOMMENDED);
  }

  /** RECOMMENDED and not SPEC: the kernel takes it, and nothing comes of it. */
  override explain(): Explanation {
    return new Explanation(
      'memory.reservation is more than memory.limit',
      'The reservation is what is left to the container when memory is short. It never gets more than the limit.',
      '{"linux":{"resources":{"memory":{"limit":268435456,"reservation":536870912}}}}',
      '{"linux":{"resources":{"memory":{"limit":536870912,"reservation":268435456}}}}',
      'runtime-spec config-linux.md#memory; Documentation/admin-guide/cgroup-v2.rst, memory.low',
    );
  }

  override check(context: Context): void {
    const memory = memoryOf(context);
    const limit = memory ? memory.limit : null;
    const reservation = memory ? memory.reservation : null;
    if (!limit || !reservation || limit.value <= 0 || reservation.value <= limit.value) return;
    const message = `memory.reservation (${reservation.value}) is more than memory.limit (${limit.value})`;
    const finding = this.found(context, reservation.node, message, 'lower it, or raise the limit');
    finding.relate(limit.node, 'the limit');
  }
}

export class SwappinessRange extends Rule {
  constructor() {
    super('OCI403', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'memory.swappiness is above 100',
      'The kernel refuses it (EINVAL).',
      '{"linux":{"resources":{"memory":{"swappiness":150}}}}',
      '{"linux":{"resources":{"memory":{"limit":536870912}}}}',
      'Documentation/admin-guide/cgroup-v1/memory.rst, memory.swappiness',
    );
  }

  override check(context: Context): void {
    const memory = memoryOf(context);
    const swappiness = memory ? memory.swappiness : null;
    if (!swappiness || swappiness.value <= 100) return;
    this.found(context, swappiness.node, `swappiness is ${swappiness.value}`, 'it goes from 0 to 100');
  }
}

export class KernelMemory extends Rule {
  constructor() {
    super('OCI404', Severity.WARNING, Preset.RECOMMENDED, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'memory.kernel and memory.kernelTCP have no effect',
      'The kernel dropped the one in 5.16, cgroup v2 never had either, and runtimes ignore both.',
      '{"linux":{"resources":{"memory":{"kernel":16777216}}}}',
      '{"linux":{"resources":{"memory":{"limit":536870912}}}}',
      'runtime-spec config-linux.md#memory; Linux commit 58056f77502f',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    fixing(context.document, finding, 'remove it', true).remove(finding.node);
    return true;
  }
}

/** runc itself needs about so much while it starts a container (libcontainer/cgroups, #1980); crun less, orlop none. */
const RUNTIME_NEEDS: i64 = 6291456;

export class MemoryBelowRuntime extends Rule {
  constructor() {
    super('OCI416', Severity.INFO, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'memory.limit is less than some runtimes need themselves',
      'They start the container from within its cgroup, and are killed: the error rarely says of what.',
      '{"linux":{"resources":{"memory":{"limit":4194304}}}}',
      '{"linux":{"resources":{"memory":{"limit":16777216}}}}',
      'runc issue 1980; moby pull request 41168',
    );
  }

  override check(context: Context): void {
    const memory = memoryOf(context);
    const limit = memory ? memory.limit : null;
    if (!limit || limit.value <= 0 || limit.value >= RUNTIME_NEEDS) return;
    const message = `a limit of ${limit.value} bytes is less than runc itself needs`;
    this.found(context, limit.node, message, `give it ${RUNTIME_NEEDS} (6 MiB) or more, or use another runtime`);
  }
}

export class BurstAboveQuota extends Rule {
  constructor() {
    super('OCI405', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'cpu.burst is more than cpu.quota',
      'The kernel refuses it (EINVAL).',
      '{"ociVersion":"1.2.0","linux":{"resources":{"cpu":{"quota":50000,"burst":100000}}}}',
      '{"ociVersion":"1.2.0","linux":{"resources":{"cpu":{"quota":100000,"burst":50000}}}}',
      'Documentation/scheduler/sched-bwc.rst; runtime-spec config-linux.md#cpu',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const cpu = cpuOf(context);
    const quota = cpu ? cpu.quota : null;
    if (quota) finding.relate(quota.node, 'the quota');
    return true;
  }
}

export class CpuRange extends Rule {
  constructor() {
    super('OCI406', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'cpu.shares, cpu.quota or cpu.period is outside of what the kernel takes',
      'The kernel refuses quotas below 1 ms and periods beyond 1 ms to 1 s (EINVAL), and makes shares fit without a word.',
      '{"linux":{"resources":{"cpu":{"quota":500,"period":100000}}}}',
      '{"linux":{"resources":{"cpu":{"quota":50000,"period":100000}}}}',
      'Documentation/scheduler/sched-bwc.rst; kernel/sched/core.c',
    );
  }

  /** Quota and period the translator checks, and on cgroup v1 what follows. */
  override check(context: Context): void {
    const cpu = cpuOf(context);
    if (!cpu) return;
    const shares = cpu.shares;
    if (shares && shares.value != 0 && (shares.value < 2 || shares.value > 262144)) {
      this.found(context, shares.node, `cpu.shares is ${shares.value}`, 'it goes from 2 to 262144, usual is 1024');
    }
    const runtime = cpu.realtimeRuntime;
    const period = cpu.realtimePeriod;
    if (!runtime || !period || runtime.value <= 0 || <u64>runtime.value <= period.value) return;
    const message = `cpu.realtimeRuntime (${runtime.value}) is more than cpu.realtimePeriod (${period.value})`;
    const finding = this.found(
      context,
      runtime.node,
      message,
      'it is the part of each period that real-time threads get',
    );
    finding.relate(period.node, 'the period');
  }
}

export class IdleRange extends Rule {
  constructor() {
    super('OCI407', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'cpu.idle is neither 0 nor 1',
      'The kernel refuses it (EINVAL).',
      '{"ociVersion":"1.2.0","linux":{"resources":{"cpu":{"idle":2}}}}',
      '{"ociVersion":"1.2.0","linux":{"resources":{"cpu":{"idle":1}}}}',
      'Documentation/admin-guide/cgroup-v2.rst, cpu.idle',
    );
  }
}

export class NoMemoryLimit extends Rule {
  constructor() {
    super('OCI917', Severity.WARNING, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      'there is no limit of memory',
      'The container can take all memory of the host, and others are killed for it.',
      '{"linux":{"resources":{"memory":null}}}',
      '{"linux":{"resources":{"memory":{"limit":536870912}}}}',
      'CIS Docker Benchmark 5.11; runtime-spec config-linux.md#memory',
    );
  }

  override check(context: Context): void {
    const memory = memoryOf(context);
    const limit = memory ? memory.limit : null;
    if (limit && limit.value > 0) return;
    this.found(
      context,
      context.placeOfResources(),
      'the memory of the container has no limit',
      'set linux.resources.memory.limit',
    );
  }
}
