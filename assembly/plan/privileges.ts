import { Writer } from '../json/writer';
import { Process } from '../spec/process';
import { capabilitySet, writeCapabilities } from './capability';
import { Planner } from './planner';
import { Step, Verb } from './step';
import { Groups } from './user-namespace';

/** man 7 capabilities: the limit of all the process can ever have, one bit for each capability. */
export class BoundingStep extends Step {
  bounding: u64 = 0;

  override write(writer: Writer): void {
    writer.field('bounding', this.bounding.toString(16));
  }

  override writeDetail(writer: Writer): void {
    writeCapabilities(writer, 'names', this.bounding);
  }
}

/** The sets of the process itself. */
export class CapabilitiesStep extends Step {
  effective: u64 = 0;
  permitted: u64 = 0;
  inheritable: u64 = 0;
  ambient: u64 = 0;
  /** Permitted and effective until the seccomp filter is loaded, and no longer. */
  kept: u64 = 0;

  override write(writer: Writer): void {
    writer.field('effective', this.effective.toString(16));
    writer.field('permitted', this.permitted.toString(16));
    writer.field('inheritable', this.inheritable.toString(16));
    writer.field('ambient', this.ambient.toString(16));
    if (this.kept) writer.field('kept', this.kept.toString(16));
  }

  override writeDetail(writer: Writer): void {
    writer.key('names');
    writer.beginObject();
    writeCapabilities(writer, 'effective', this.effective);
    writeCapabilities(writer, 'permitted', this.permitted);
    writeCapabilities(writer, 'inheritable', this.inheritable);
    writeCapabilities(writer, 'ambient', this.ambient);
    writer.endObject();
  }
}

export class UserStep extends Step {
  additionalGids: u64[] = [];
  groups: Groups = Groups.ALLOWED;

  constructor(
    public uid: u64,
    public gid: u64,
    node: i32,
  ) {
    super(Verb.USER, node);
  }

  override describe(): string {
    return `user ${this.uid}:${this.gid}`;
  }

  override write(writer: Writer): void {
    writer.fieldInteger('uid', this.uid);
    writer.fieldInteger('gid', this.gid);
    writer.key('additionalGids');
    writer.beginArray();
    for (let index = 0; index < this.additionalGids.length; index++) writer.integer(this.additionalGids[index]);
    writer.endArray();
  }
}

/** runtime-spec config.md#linux-process: what cannot be granted is a warning, and the process starts without it. */
export function planPrivileges(planner: Planner, process: Process): CapabilitiesStep {
  const sets = process.capabilities;
  const bounding = new BoundingStep(Verb.BOUNDING, sets ? sets.node : process.node);
  if (sets) bounding.bounding = capabilitySet(planner, sets.bounding);
  planner.add(bounding);
  planner.add(planUser(planner, process));
  const step = new CapabilitiesStep(Verb.CAPABILITIES, sets ? sets.node : process.node);
  planner.add(step);
  if (!sets) return step;
  step.permitted = capabilitySet(planner, sets.permitted);
  step.effective = capabilitySet(planner, sets.effective);
  step.inheritable = capabilitySet(planner, sets.inheritable);
  step.ambient = capabilitySet(planner, sets.ambient);
  const effective = sets.effective;
  if (effective && step.effective & ~step.permitted) {
    planner.error('OCI110', effective.node, 'a capability is effective but not permitted', 'add it to permitted');
  }
  const ambient = sets.ambient;
  if (ambient && step.ambient & ~(step.permitted & step.inheritable)) {
    // Every default config of runc and crun has it.
    planner.report.info(
      'OCI111',
      ambient.node,
      'capabilities that are ambient but not both permitted and inheritable are left out of the ambient set, as the kernel has it',
      'add them to permitted and inheritable',
    );
    step.ambient &= step.permitted & step.inheritable;
  }
  return step;
}

function planUser(planner: Planner, process: Process): UserStep {
  const user = process.user;
  const uid = user ? user.uid : null;
  const gid = user ? user.gid : null;
  const step = new UserStep(uid ? uid.value : 0, gid ? gid.value : 0, user ? user.node : process.node);
  step.groups = planner.user.groups;
  const groups = user ? user.additionalGids : null;
  if (groups)
    for (let index = 0; index < groups.items.length; index++) step.additionalGids.push(groups.items[index].value);
  return step;
}
