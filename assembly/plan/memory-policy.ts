import { NONE } from '../json/document';
import { Writer } from '../json/writer';
import { MemoryPolicy } from '../spec/linux';
import { readNumbers } from './affinity';
import { Planner } from './planner';
import { NumberStep, Step, Verb, writeTexts } from './step';

/** include/uapi/linux/mempolicy.h; the index is the mode's number. */
const MODES: string[] = [
  'MPOL_DEFAULT',
  'MPOL_PREFERRED',
  'MPOL_BIND',
  'MPOL_INTERLEAVE',
  'MPOL_LOCAL',
  'MPOL_PREFERRED_MANY',
  'MPOL_WEIGHTED_INTERLEAVE',
];
const DEFAULT: i32 = 0;
const PREFERRED: i32 = 1;
const BIND: i32 = 2;
const LOCAL: i32 = 4;
const PREFERRED_MANY: i32 = 5;

/** The same header; the bits are 13 and up. */
const FLAGS: string[] = ['MPOL_F_NUMA_BALANCING', 'MPOL_F_RELATIVE_NODES', 'MPOL_F_STATIC_NODES'];
const NUMA_BALANCING: u64 = 1 << 13;
const RELATIVE_NODES: u64 = 1 << 14;
const STATIC_NODES: u64 = 1 << 15;

/** man 2 set_mempolicy */
export class MemoryPolicyStep extends Step {
  flags: u64 = 0;
  nodes: string = '';
  /** Bit n of the whole: node n. */
  mask: u64[] = [];

  constructor(
    public mode: i32,
    node: i32,
  ) {
    super(Verb.MEMORY_POLICY, node);
  }

  get name(): string {
    return MODES[this.mode];
  }

  get flagNames(): string[] {
    const names: string[] = [];
    for (let bit = 0; bit < FLAGS.length; bit++) if (this.flags & (NUMA_BALANCING << bit)) names.push(FLAGS[bit]);
    return names;
  }

  override describe(): string {
    return this.nodes == '' ? `memory policy ${this.name}` : `memory policy ${this.name} of nodes ${this.nodes}`;
  }

  override write(writer: Writer): void {
    writer.field('mode', this.name);
    if (this.nodes != '') writer.field('nodes', this.nodes);
    writeTexts(writer, 'flags', this.flagNames);
  }
}

/** For `features`. */
export function memoryPolicyModes(): string[] {
  return MODES;
}

export function memoryPolicyFlags(): string[] {
  return FLAGS;
}

/** runtime-spec config-linux.md#memory-policy: of the container's process, and of all that it starts. */
export function planMemoryPolicy(planner: Planner): void {
  const linux = planner.spec.linux;
  const policy = linux ? linux.memoryPolicy : null;
  if (!policy) return;
  const mode = policy.mode;
  if (!mode) {
    refuse(planner, policy.node, 'the memory policy has no mode', 'add "mode", such as "MPOL_BIND"');
    return;
  }
  const number = MODES.indexOf(mode.value);
  if (number == NONE) return;
  const step = new MemoryPolicyStep(number, policy.node);
  readNodes(planner, policy, step);
  readFlags(planner, policy, step);
  planner.add(step);
}

function readNodes(planner: Planner, policy: MemoryPolicy, step: MemoryPolicyStep): void {
  const nodes = policy.nodes;
  if (nodes && nodes.value.trim() != '') {
    step.nodes = nodes.value;
    if (!readNumbers(nodes.value, step.mask)) {
      planner.error(
        'OCI121',
        nodes.node,
        `"${nodes.value}" is not a list of memory nodes`,
        'write numbers and ranges with commas between them, such as 0-3,7',
      );
    }
    if (step.mode == DEFAULT || step.mode == LOCAL) {
      refuse(planner, nodes.node, `${step.name} takes no nodes`, 'remove them, or name another mode');
    }
  } else if (step.mode != DEFAULT && step.mode != LOCAL && step.mode != PREFERRED) {
    refuse(planner, policy.node, `${step.name} needs at least one node`, 'add "nodes", such as "0-1"');
  }
}

function readFlags(planner: Planner, policy: MemoryPolicy, step: MemoryPolicyStep): void {
  const list = policy.flags;
  if (!list) return;
  for (let index = 0; index < list.items.length; index++) {
    const bit = FLAGS.indexOf(list.items[index].value);
    if (bit >= 0) step.flags |= NUMA_BALANCING << bit;
  }
  if (step.flags & STATIC_NODES && step.flags & RELATIVE_NODES) {
    const message = 'MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other';
    refuse(planner, list.node, message, 'keep one of them');
  }
  if (step.flags & NUMA_BALANCING && step.mode != BIND && step.mode != PREFERRED_MANY) {
    const message = `MPOL_F_NUMA_BALANCING means nothing to ${step.name}`;
    refuse(planner, list.node, message, 'it is for MPOL_BIND and MPOL_PREFERRED_MANY: remove it');
  }
  if (step.flags & (STATIC_NODES | RELATIVE_NODES) && step.mask.length == 0) {
    const message = 'MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES are about nodes, and there are none';
    refuse(planner, list.node, message, 'remove the flag, or add "nodes"');
  }
}

function refuse(planner: Planner, node: i32, message: string, help: string): void {
  planner.error('OCI608', node, message, help);
}

/** include/uapi/linux/personality.h */
const PER_LINUX: i64 = 0;
const PER_LINUX32: i64 = 8;

/** runtime-spec config-linux.md#personality: what uname and the address space look like. */
export function planPersonality(planner: Planner): void {
  const linux = planner.spec.linux;
  const personality = linux ? linux.personality : null;
  if (!personality) return;
  const flags = personality.flags;
  if (flags && flags.items.length > 0) {
    const flag = flags.items[0].value;
    planner.unsupported(flags.node, `linux.personality.flags: "${flag}" is no flag, for the spec defines none`);
  }
  const domain = personality.domain;
  if (!domain) {
    planner.error('OCI609', personality.node, 'the personality has no domain', 'add "domain": "LINUX" or "LINUX32"');
    return;
  }
  const value = domain.value == 'LINUX32' ? PER_LINUX32 : PER_LINUX;
  planner.add(new NumberStep(Verb.PERSONALITY, 'persona', value, domain.node));
}
