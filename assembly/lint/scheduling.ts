import { NONE } from '../json/document';
import { Severity } from '../report';
import { Scheduler } from '../spec/process';
import { Value } from '../spec/value';
import { Context } from './context';
import { Explanation, Preset, Rule } from './rule';

export class IoPriorityRange extends Rule {
  constructor() {
    super('OCI118', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'process.ioPriority has no priority from 0 to 7',
      'The kernel refuses it (ioprio_set: EINVAL).',
      '{"ociVersion":"1.2.0","process":{"ioPriority":{"class":"IOPRIO_CLASS_BE","priority":9}}}',
      '{"ociVersion":"1.2.0","process":{"ioPriority":{"class":"IOPRIO_CLASS_BE","priority":4}}}',
      'man 2 ioprio_set; runtime-spec config.md#linux-process',
    );
  }

  override check(context: Context): void {
    const process = context.process;
    const io = process ? process.ioPriority : null;
    if (!io) return;
    const priority = io.priority;
    if (!priority) {
      if (context.document.member(io.node, 'priority') != NONE) return;
      this.found(context, io.node, 'ioPriority has a class and no priority', 'give one from 0 (most) to 7');
    } else if (priority.value < 0 || priority.value > 7) {
      this.found(context, priority.node, `the priority is ${priority.value}`, 'it goes from 0 (most) to 7');
    }
  }
}

export class SchedulerField extends Rule {
  constructor() {
    super('OCI119', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a field of process.scheduler does not go with the policy, or is out of its range',
      'The kernel refuses such attributes (sched_setattr: EINVAL), or the spec says that they are not allowed.',
      '{"ociVersion":"1.2.0","process":{"scheduler":{"policy":"SCHED_FIFO","nice":5,"priority":10}}}',
      '{"ociVersion":"1.2.0","process":{"scheduler":{"policy":"SCHED_FIFO","priority":10}}}',
      'man 2 sched_setattr; man 7 sched; runtime-spec config.md#linux-process',
    );
  }

  override check(context: Context): void {
    const process = context.process;
    const scheduler = process ? process.scheduler : null;
    const policy = scheduler ? scheduler.policy : null;
    if (!scheduler || !policy) return;
    if (policy.value == 'SCHED_ISO') {
      this.found(context, policy.node, 'Linux has no SCHED_ISO', 'use SCHED_OTHER, SCHED_BATCH or SCHED_RR');
      return;
    }
    this.checkNice(context, scheduler, policy.value);
    this.checkPriority(context, scheduler, policy.value);
    if (policy.value == 'SCHED_DEADLINE') return;
    this.onlyWithDeadline(context, 'runtime', scheduler.runtime);
    this.onlyWithDeadline(context, 'deadline', scheduler.deadline);
    this.onlyWithDeadline(context, 'period', scheduler.period);
    const flags = scheduler.flags;
    if (!flags) return;
    for (let index = 0; index < flags.items.length; index++) {
      const flag = flags.items[index];
      if (flag.value != 'SCHED_FLAG_RECLAIM' && flag.value != 'SCHED_FLAG_DL_OVERRUN') continue;
      this.found(context, flag.node, `${flag.value} goes with SCHED_DEADLINE, not with ${policy.value}`, 'remove it');
    }
  }

  private checkNice(context: Context, scheduler: Scheduler, policy: string): void {
    const nice = scheduler.nice;
    if (!nice || nice.value == 0) return;
    if (policy != 'SCHED_OTHER' && policy != 'SCHED_BATCH') {
      this.found(context, nice.node, `${policy} has no nice value`, 'remove it, or use SCHED_OTHER or SCHED_BATCH');
    } else if (nice.value < -20 || nice.value > 19) {
      this.found(context, nice.node, `the nice value is ${nice.value}`, 'it goes from -20 to 19');
    }
  }

  private checkPriority(context: Context, scheduler: Scheduler, policy: string): void {
    const priority = scheduler.priority;
    const isRealtime = policy == 'SCHED_FIFO' || policy == 'SCHED_RR';
    if (isRealtime) {
      const value = priority ? priority.value : 0;
      if (value >= 1 && value <= 99) return;
      const node = priority ? priority.node : scheduler.node;
      this.found(context, node, `the priority of ${policy} is ${value}`, 'it goes from 1 to 99');
    } else if (priority && priority.value != 0) {
      this.found(context, priority.node, `${policy} has no priority`, 'remove it, or use SCHED_FIFO or SCHED_RR');
    }
  }

  private onlyWithDeadline(context: Context, key: string, value: Value<u64> | null): void {
    if (!value || value.value == 0) return;
    this.found(context, value.node, `${key} goes with SCHED_DEADLINE alone`, 'remove it, or change the policy');
  }
}

export class DeadlineOrder extends Rule {
  constructor() {
    super('OCI120', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'SCHED_DEADLINE needs 1024 ns ≤ runtime ≤ deadline ≤ period',
      'The kernel refuses everything else (sched_setattr: EINVAL).',
      '{"ociVersion":"1.2.0","process":{"scheduler":{"policy":"SCHED_DEADLINE","runtime":20000000,"deadline":10000000,"period":30000000}}}',
      '{"ociVersion":"1.2.0","process":{"scheduler":{"policy":"SCHED_DEADLINE","runtime":10000000,"deadline":20000000,"period":30000000}}}',
      'man 7 sched, SCHED_DEADLINE',
    );
  }

  override check(context: Context): void {
    const process = context.process;
    const scheduler = process ? process.scheduler : null;
    const policy = scheduler ? scheduler.policy : null;
    if (!scheduler || !policy || policy.value != 'SCHED_DEADLINE') return;
    const runtime = nanoseconds(scheduler.runtime);
    const deadline = nanoseconds(scheduler.deadline);
    const given = nanoseconds(scheduler.period);
    const period = given == 0 ? deadline : given;
    const help = 'all three are nanoseconds; a period of 0 is the deadline';
    if (runtime < 1024) {
      this.found(context, nodeOf(scheduler.runtime, scheduler), `runtime is ${runtime} ns, less than 1024`, help);
    } else if (runtime > deadline) {
      const message = `runtime (${runtime}) is more than deadline (${deadline})`;
      this.found(context, nodeOf(scheduler.runtime, scheduler), message, help);
    } else if (deadline > period) {
      const message = `deadline (${deadline}) is more than period (${period})`;
      this.found(context, nodeOf(scheduler.deadline, scheduler), message, help);
    }
  }
}

function nanoseconds(value: Value<u64> | null): u64 {
  return value ? value.value : 0;
}

function nodeOf(value: Value<u64> | null, scheduler: Scheduler): i32 {
  return value ? value.node : scheduler.node;
}

/** man 7 cpuset, "List format": `0-3,7`; '' is no list. */
export function isList(text: string): bool {
  const ranges = text.split(',');
  for (let index = 0; index < ranges.length; index++) {
    const ends = ranges[index].trim().split('-');
    if (ends.length > 2) return false;
    let previous: i64 = -1;
    for (let end = 0; end < ends.length; end++) {
      const number = digits(ends[end]);
      if (number < 0 || number < previous) return false;
      previous = number;
    }
  }
  return true;
}

function digits(text: string): i64 {
  if (text.length == 0 || text.length > 6) return -1;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return -1;
  }
  return I64.parseInt(text);
}

export class CpuList extends Rule {
  constructor() {
    super('OCI121', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a list of CPUs or memory nodes is malformed',
      'The kernel refuses it (EINVAL), or an empty set is what is left of it.',
      '{"linux":{"resources":{"cpu":{"cpus":"3-0"}}}}',
      '{"linux":{"resources":{"cpu":{"cpus":"0-3"}}}}',
      'man 7 cpuset, "List format"',
    );
  }

  /** Those of execCPUAffinity the translator checks. */
  override check(context: Context): void {
    const resources = context.resources;
    const cpu = resources ? resources.cpu : null;
    if (cpu) {
      this.checkList(context, cpu.cpus, 'CPUs');
      this.checkList(context, cpu.mems, 'memory nodes');
    }
    const linux = context.linux;
    const policy = linux ? linux.memoryPolicy : null;
    if (policy) this.checkList(context, policy.nodes, 'memory nodes');
  }

  private checkList(context: Context, list: Value<string> | null, what: string): void {
    if (!list || list.value == '' || isList(list.value.trim())) return;
    const message = `${context.document.shownSource(list.node)} is no list of ${what}`;
    this.found(context, list.node, message, 'write numbers and ranges with commas between them, such as 0-3,7');
  }
}
