import { NONE } from '../json/document';
import { Writer } from '../json/writer';
import { IoPriority, POLICIES, Process, SCHEDULER_FLAGS, Scheduler } from '../spec/process';
import { List, Value } from '../spec/value';
import { Planner } from './planner';
import { Step, Verb, writeTexts } from './step';

/** Indices of POLICIES. */
const OTHER: i32 = 0;
const FIFO: i32 = 1;
const RR: i32 = 2;
const BATCH: i32 = 3;
const ISO: i32 = 4;
export const DEADLINE: i32 = 6;

const RECLAIM: u64 = 2;
const DL_OVERRUN: u64 = 4;

/** man 2 sched_setattr; runtime, deadline and period in nanoseconds. */
export class SchedulerStep extends Step {
  nice: i64 = 0;
  priority: i64 = 0;
  flags: u64 = 0;
  runtime: u64 = 0;
  deadline: u64 = 0;
  period: u64 = 0;

  constructor(
    public policy: i32,
    node: i32,
  ) {
    super(Verb.SCHEDULER, node);
  }

  get name(): string {
    return POLICIES[this.policy];
  }

  get flagNames(): string[] {
    const names: string[] = [];
    for (let bit = 0; bit < SCHEDULER_FLAGS.length; bit++)
      if (this.flags & ((<u64>1) << bit)) names.push(SCHEDULER_FLAGS[bit]);
    return names;
  }

  override describe(): string {
    return `scheduler ${this.name}`;
  }

  override write(writer: Writer): void {
    writer.field('policy', this.name);
    writer.fieldInteger('nice', this.nice);
    writer.fieldInteger('priority', this.priority);
    writeTexts(writer, 'flags', this.flagNames);
    if (this.policy != DEADLINE) return;
    writer.field('runtime', this.runtime.toString());
    writer.field('deadline', this.deadline.toString());
    writer.field('period', this.period.toString());
  }
}

/** include/uapi/linux/ioprio.h; index + 1 is the class's number. */
const IO_CLASSES: string[] = ['IOPRIO_CLASS_RT', 'IOPRIO_CLASS_BE', 'IOPRIO_CLASS_IDLE'];

/** man 2 ioprio_set */
export class IoPriorityStep extends Step {
  constructor(
    public name: string,
    public priority: i64,
    node: i32,
  ) {
    super(Verb.IO_PRIORITY, node);
  }

  /** The class in the upper three of 16 bits, the level in the lower 13. */
  get value(): u64 {
    return ((<u64>(IO_CLASSES.indexOf(this.name) + 1)) << 13) | <u64>this.priority;
  }

  override describe(): string {
    return `I/O priority ${this.name} ${this.priority}`;
  }

  override write(writer: Writer): void {
    writer.field('class', this.name);
    writer.fieldInteger('priority', this.priority);
  }
}

/** runtime-spec config.md#linux-process, scheduler and ioPriority: while the process may still raise its own priority. */
export function planScheduling(planner: Planner, process: Process): void {
  const scheduler = process.scheduler;
  if (scheduler) planScheduler(planner, scheduler);
  const ioPriority = process.ioPriority;
  if (ioPriority) planIoPriority(planner, ioPriority);
}

function planScheduler(planner: Planner, scheduler: Scheduler): void {
  const policy = scheduler.policy;
  const number = policy ? POLICIES.indexOf(policy.value) : NONE;
  if (!policy || number == NONE) return;
  const step = new SchedulerStep(number, scheduler.node);
  if (step.policy == ISO) {
    refuse(planner, policy.node, 'no Linux kernel has the policy SCHED_ISO', 'use SCHED_IDLE or SCHED_BATCH');
    return;
  }
  step.flags = flagsOf(scheduler.flags);
  const nice = scheduler.nice;
  if (nice) step.nice = niceOf(planner, step, nice);
  const priority = scheduler.priority;
  step.priority = priority ? priority.value : 0;
  if (step.policy == FIFO || step.policy == RR) {
    if (step.priority < 1 || step.priority > 99) {
      const node = priority ? priority.node : scheduler.node;
      refuse(planner, node, `${step.name} needs a priority from 1 to 99, not ${step.priority}`, 'set priority');
    }
  } else if (priority && step.priority != 0) {
    refuse(planner, priority.node, `${step.name} has no priority`, 'it is for SCHED_FIFO and SCHED_RR: remove it');
  }
  readDeadline(planner, scheduler, step);
  const flags = scheduler.flags;
  if (flags && step.policy != DEADLINE && step.flags & (RECLAIM | DL_OVERRUN)) {
    refuse(
      planner,
      flags.node,
      `SCHED_FLAG_RECLAIM and SCHED_FLAG_DL_OVERRUN mean nothing to ${step.name}`,
      'they are for SCHED_DEADLINE: remove them',
    );
  }
  planner.add(step);
}

function niceOf(planner: Planner, step: SchedulerStep, nice: Value<i64>): i64 {
  if (step.policy != OTHER && step.policy != BATCH) {
    if (nice.value != 0) {
      planner.warning(
        'OCI119',
        nice.node,
        `nice has no effect on ${step.name}`,
        'it is for SCHED_OTHER and SCHED_BATCH: remove it',
      );
    }
    return 0;
  }
  if (nice.value < -20 || nice.value > 19) {
    refuse(planner, nice.node, `nice is ${nice.value}`, 'it goes from -20, which runs most, to 19');
  }
  return nice.value;
}

/** man 7 sched: 1024 ns ≤ runtime ≤ deadline ≤ period, and a period of 0 is the deadline. */
function readDeadline(planner: Planner, scheduler: Scheduler, step: SchedulerStep): void {
  const runtime = scheduler.runtime;
  const deadline = scheduler.deadline;
  const period = scheduler.period;
  if (runtime) step.runtime = runtime.value;
  if (deadline) step.deadline = deadline.value;
  if (period) step.period = period.value;
  if (step.policy != DEADLINE) {
    if (step.runtime | step.deadline | step.period) {
      const help = 'they are for SCHED_DEADLINE: remove them';
      refuse(planner, scheduler.node, `${step.name} has no runtime, deadline and period`, help);
    }
    return;
  }
  const end = step.period ? step.period : step.deadline;
  if (step.runtime >= 1024 && step.runtime <= step.deadline && step.deadline <= end) return;
  planner.error(
    'OCI120',
    scheduler.node,
    `runtime ${step.runtime}, deadline ${step.deadline} and period ${step.period} make no SCHED_DEADLINE`,
    'in nanoseconds: 1024 ≤ runtime ≤ deadline ≤ period',
  );
}

function flagsOf(list: List<Value<string>> | null): u64 {
  let flags: u64 = 0;
  if (list) {
    for (let index = 0; index < list.items.length; index++) {
      const bit = SCHEDULER_FLAGS.indexOf(list.items[index].value);
      if (bit >= 0) flags |= (<u64>1) << bit;
    }
  }
  return flags;
}

function refuse(planner: Planner, node: i32, message: string, help: string): void {
  planner.error('OCI119', node, message, help);
}

function planIoPriority(planner: Planner, ioPriority: IoPriority): void {
  const name = ioPriority.class_;
  if (!name || !IO_CLASSES.includes(name.value)) return;
  const level = ioPriority.priority;
  const priority = level ? level.value : 0;
  if (priority < 0 || priority > 7) {
    planner.error(
      'OCI118',
      level!.node,
      `the I/O priority is ${priority}`,
      'it goes from 0, which is served first, to 7',
    );
    return;
  }
  planner.add(new IoPriorityStep(name.value, priority, ioPriority.node));
}
