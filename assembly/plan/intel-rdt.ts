import { Writer } from '../json/writer';
import { IntelRdt } from '../spec/linux';
import { Value } from '../spec/value';
import { Planner } from './planner';
import { Actor, Step, Verb, writeTexts } from './step';

/** What the kernel itself has in every group. */
const RESERVED: string[] = ['.', '..', 'info', 'mon_data', 'mon_groups'];

/** A resource control group, Documentation/filesystems/resctrl.rst, that the container's processes are in. */
export class RdtStep extends Step {
  /** The group has to be there: nobody says what it would be. */
  mustExist: bool = false;
  /** The group is somebody's who has given it a name: if it is there it has to allow just what is asked for. */
  isShared: bool = false;
  /** Lines for the group's schemata, as they are. */
  schemata: string[] = [];
  /** Directory of a monitoring group of the container's own, '' for none. */
  monitor: string = '';

  constructor(
    public directory: string,
    node: i32,
  ) {
    super(Verb.RDT, node);
    this.actor = Actor.HOST;
  }

  override describe(): string {
    return `resource control group ${this.directory}`;
  }

  override write(writer: Writer): void {
    writer.field('directory', this.directory);
    if (this.mustExist) writer.fieldBoolean('mustExist', true);
    if (this.isShared) writer.fieldBoolean('shared', true);
    writeTexts(writer, 'schemata', this.schemata);
    if (this.monitor != '') writer.field('monitor', this.monitor);
  }
}

/** runtime-spec config-linux.md#intelrdt */
export function planIntelRdt(planner: Planner): void {
  const linux = planner.spec.linux;
  const rdt = linux ? linux.intelRdt : null;
  if (!rdt) return;
  const root = planner.facts.resctrl;
  if (root == '') {
    planner.error(
      'OCI610',
      rdt.node,
      'linux.intelRdt needs a resctrl filesystem, and this host has none mounted',
      'if the processor has the feature: mount -t resctrl resctrl /sys/fs/resctrl',
    );
    return;
  }
  const name = groupName(planner, rdt);
  const step = new RdtStep(name == '/' ? root : `${root}/${name}`, rdt.node);
  const closID = rdt.closID;
  step.isShared = closID != null && closID.value != '';
  step.schemata = schemataOf(planner, rdt);
  step.mustExist = step.isShared && step.schemata.length == 0;
  if (isTrue(rdt.enableMonitoring) || isTrue(rdt.enableCMT) || isTrue(rdt.enableMBM))
    step.monitor = `${step.directory}/mon_groups/${planner.request.id}`;
  planner.add(step);
}

/** `/` alone is the default group. */
function groupName(planner: Planner, rdt: IntelRdt): string {
  const closID = rdt.closID;
  if (!closID || closID.value == '') return planner.request.id;
  const name = closID.value;
  const isOutside = name != '/' && (name.includes('/') || name.includes('\n') || name.includes('\0'));
  if (!isOutside && !RESERVED.includes(name)) return name;
  planner.error(
    'OCI606',
    closID.node,
    `the closID "${name}" is no name of a resource control group`,
    'name a directory of the resctrl filesystem, or "/" for the default group',
  );
  return planner.request.id;
}

/** In the order that the spec has for them; a line for MB in l3CacheSchema gives way to memBwSchema. */
function schemataOf(planner: Planner, rdt: IntelRdt): string[] {
  const lines: string[] = [];
  const bandwidth = rdt.memBwSchema;
  const hasBandwidth = bandwidth != null && bandwidth.value != '';
  const cache = rdt.l3CacheSchema;
  if (cache) {
    const parts = cache.value.split('\n');
    for (let index = 0; index < parts.length; index++) {
      if (parts[index] != '' && !(hasBandwidth && parts[index].startsWith('MB:'))) lines.push(parts[index]);
    }
  }
  if (bandwidth && hasBandwidth) {
    if (!bandwidth.value.startsWith('MB:') || bandwidth.value.includes('\n'))
      refuse(planner, bandwidth, 'memBwSchema', 'it is one line that starts with "MB:", such as "MB:0=50"');
    lines.push(bandwidth.value);
  }
  const others = rdt.schemata;
  if (others) {
    for (let index = 0; index < others.items.length; index++) {
      const line = others.items[index];
      if (line.value == '') continue;
      if (line.value.includes('\n') || !line.value.includes(':'))
        refuse(planner, line, 'schemata', 'each is one line, such as "L3:0=ff"');
      lines.push(line.value);
    }
  }
  return lines;
}

function refuse(planner: Planner, line: Value<string>, field: string, help: string): void {
  planner.error('OCI607', line.node, `"${line.value}" is no line for ${field}`, help);
}

function isTrue(value: Value<bool> | null): bool {
  return value != null && value.value;
}
