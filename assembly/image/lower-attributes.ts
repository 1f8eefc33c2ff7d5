import { join } from '../json/text';
import { MemoryPolicyStep } from '../plan/memory-policy';
import { DEADLINE, IoPriorityStep, SchedulerStep } from '../plan/scheduler';
import { NumberStep } from '../plan/step';
import { Call } from './calls';
import { IOPRIO_WHO_PROCESS } from './constants';
import { Context } from './context';

/** include/uapi/linux/sched/types.h: struct sched_attr of 56 bytes, with the two utilization clamps that the spec has no values for. */
const SCHED_ATTR_SIZE: u32 = 56;

export function lowerScheduler(context: Context, step: SchedulerStep): void {
  context.awaitLimits();
  const program = context.program;
  const attributes = program.area(describeScheduler(step), SCHED_ATTR_SIZE);
  program.put32(attributes, 0, SCHED_ATTR_SIZE);
  program.put32(attributes, 4, step.policy);
  program.put64(attributes, 8, step.flags);
  program.put32(attributes, 16, <u32>(<i32>step.nice));
  program.put32(attributes, 20, <u32>step.priority);
  program.put64(attributes, 24, step.runtime);
  program.put64(attributes, 32, step.deadline);
  program.put64(attributes, 40, step.period);
  program.call(Call.SCHED_SETATTR, program.number(0), program.at(attributes), program.number(0));
}

function describeScheduler(step: SchedulerStep): string {
  let text = `{${step.name}`;
  if (step.flags) text += `, flags=${join(step.flagNames, '|')}`;
  if (step.nice) text += `, nice=${step.nice}`;
  if (step.priority) text += `, priority=${step.priority}`;
  if (step.policy == DEADLINE) text += `, runtime=${step.runtime}, deadline=${step.deadline}, period=${step.period}`;
  return `${text}}`;
}

export function lowerIoPriority(context: Context, step: IoPriorityStep): void {
  const program = context.program;
  const who = program.named(IOPRIO_WHO_PROCESS, 'IOPRIO_WHO_PROCESS');
  program.call(Call.IOPRIO_SET, who, program.number(0), program.named(step.value, `${step.name}|${step.priority}`));
}

/** The kernel reads one bit less than the number it is told. */
export function lowerMemoryPolicy(context: Context, step: MemoryPolicyStep): void {
  context.awaitLimits();
  const program = context.program;
  const names: string[] = [step.name];
  const mode = program.named(<u64>step.mode | step.flags, join(names.concat(step.flagNames), '|'));
  if (step.mask.length == 0) {
    program.call(Call.SET_MEMPOLICY, mode, program.null(), program.number(0));
    return;
  }
  const mask = program.area(`[${step.nodes}]`, 8 * step.mask.length);
  for (let index = 0; index < step.mask.length; index++) program.put64(mask, 8 * index, step.mask[index]);
  program.call(Call.SET_MEMPOLICY, mode, program.at(mask), program.number(64 * step.mask.length + 1));
}

export function lowerPersonality(context: Context, step: NumberStep): void {
  const program = context.program;
  program.call(Call.PERSONALITY, program.named(step.number, step.number ? 'PER_LINUX32' : 'PER_LINUX'));
}
