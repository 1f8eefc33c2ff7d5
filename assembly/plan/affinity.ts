import { NONE } from '../json/document';
import { Writer } from '../json/writer';
import { Process } from '../spec/process';
import { Value } from '../spec/value';
import { Planner } from './planner';
import { Actor, Step, Verb } from './step';

/** CPUs that a mask has room for: more than any kernel is built for (CONFIG_NR_CPUS). */
export const MOST_CPUS = 8192;

/** man 2 sched_setaffinity */
export class AffinityStep extends Step {
  /** Bit n of the whole: CPU n. */
  mask: u64[] = [];

  constructor(
    public list: string,
    node: i32,
  ) {
    super(Verb.AFFINITY, node);
  }

  override describe(): string {
    return `CPU affinity ${this.list}`;
  }

  override write(writer: Writer): void {
    writer.field('cpus', this.list);
  }
}

/** runtime-spec config-linux.md, execCPUAffinity: `initial` before the cgroup is entered, `final` afterwards. */
export function planAffinity(planner: Planner, process: Process, isFinal: bool): void {
  const affinity = process.execCPUAffinity;
  if (!affinity) return;
  const list = isFinal ? affinity.final : affinity.initial;
  if (!list || list.value == '') return;
  const step = new AffinityStep(list.value, list.node);
  step.actor = isFinal ? Actor.INIT : Actor.LAUNCHER;
  if (readNumbers(list.value, step.mask)) planner.add(step);
  else refuse(planner, list);
}

/** Whether a process to exec has CPUs of its own to run on. */
export function hasAffinity(planner: Planner): bool {
  const process = planner.spec.process;
  const affinity = process && planner.isExec ? process.execCPUAffinity : null;
  if (!affinity) return false;
  const initial = affinity.initial;
  const final = affinity.final;
  return (initial != null && initial.value != '') || (final != null && final.value != '');
}

/** For a config that is run: the lists are for later, but wrong ones are told now. */
export function checkAffinity(planner: Planner): void {
  const process = planner.spec.process;
  const affinity = process ? process.execCPUAffinity : null;
  if (!affinity) return;
  const initial = affinity.initial;
  if (initial && initial.value != '' && !readNumbers(initial.value, [])) refuse(planner, initial);
  const final = affinity.final;
  if (final && final.value != '' && !readNumbers(final.value, [])) refuse(planner, final);
}

function refuse(planner: Planner, list: Value<string>): void {
  planner.error(
    'OCI121',
    list.node,
    `"${list.value}" is not a list of CPUs below ${MOST_CPUS}`,
    'write numbers and ranges with commas between them, such as 0-3,7',
  );
}

/** Of CPUs or memory nodes. man 7 cpuset, "List format", without strides. */
export function readNumbers(text: string, mask: u64[]): bool {
  const ranges = text.split(',');
  for (let index = 0; index < ranges.length; index++) {
    const ends = ranges[index].trim().split('-');
    if (ends.length > 2) return false;
    const first = cpu(ends[0]);
    const last = ends.length == 2 ? cpu(ends[1]) : first;
    if (first == NONE || last < first) return false;
    while (mask.length <= last / 64) mask.push(0);
    for (let at = first; at <= last; at++) mask[at / 64] |= (<u64>1) << (at % 64);
  }
  return true;
}

function cpu(text: string): i32 {
  if (text.length == 0 || text.length > 4) return NONE;
  let number = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return NONE;
    number = number * 10 + digit;
  }
  return number < MOST_CPUS ? number : NONE;
}
