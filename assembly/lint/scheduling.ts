import { NONE } from '../json/document';
import { Severity } from '../report';
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

  /** The range the translator checks. */
  override check(context: Context): void {
    const process = context.process;
    const io = process ? process.ioPriority : null;
    if (!io) return;
    if (context.document.member(io.node, 'priority') != NONE) return;
    this.found(
      context,
      io.node,
      'ioPriority has a class and no priority',
      'give one from 0, which is served first, to 7',
    );
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

  /** Those of execCPUAffinity and memoryPolicy the translator checks. */
  override check(context: Context): void {
    const resources = context.resources;
    const cpu = resources ? resources.cpu : null;
    if (!cpu) return;
    this.checkList(context, cpu.cpus, 'CPUs');
    this.checkList(context, cpu.mems, 'memory nodes');
  }

  private checkList(context: Context, list: Value<string> | null, what: string): void {
    if (!list || list.value == '' || isList(list.value.trim())) return;
    const message = `${context.document.shownSource(list.node)} is no list of ${what}`;
    this.found(context, list.node, message, 'write numbers and ranges with commas between them, such as 0-3,7');
  }
}
