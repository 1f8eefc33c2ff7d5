import { NONE } from '../json/document';
import { Writer } from '../json/writer';
import { DeviceList } from './device-list';
import { Planner } from './planner';
import { Actor, LimitStep, Step, Verb } from './step';
import { annotatedProperties } from './unit-annotations';
import { resourceProperties } from './unit-properties';

/** A property of a unit: org.freedesktop.systemd1(5). */
export class UnitProperty {
  /** Elements of a list; of `a(ss)` the two words of each, with a space between them. */
  texts: string[] = [];

  constructor(
    public name: string,
    /** Its D-Bus signature. */
    public type: string,
    /** A number in decimal, a boolean as true or false, bytes (`ay`) in hexadecimal. */
    public text: string,
  ) {}

  get isList(): bool {
    return this.type == 'as' || this.type == 'a(ss)';
  }
}

export function writeProperties(writer: Writer, properties: UnitProperty[]): void {
  writer.key('properties');
  writer.beginArray();
  for (let index = 0; index < properties.length; index++) {
    const property = properties[index];
    writer.beginObject();
    writer.field('name', property.name);
    writer.field('type', property.type);
    writer.key('value');
    if (property.isList) {
      writer.beginArray();
      for (let item = 0; item < property.texts.length; item++) writer.string(property.texts[item]);
      writer.endArray();
    } else writer.string(property.text);
    writer.endObject();
  }
  writer.endArray();
}

/** The container's scope, made by systemd as a transient unit when the launcher is there to go into it. */
export class StartUnitStep extends Step {
  properties: UnitProperty[] = [];

  constructor(
    public unit: string,
    public slice: string,
    node: i32,
  ) {
    super(Verb.START_UNIT, node);
    this.actor = Actor.HOST;
  }

  override describe(): string {
    return `start ${this.unit} in ${this.slice}`;
  }

  override write(writer: Writer): void {
    writer.field('unit', this.unit);
    writeProperties(writer, this.properties);
  }
}

/** Limits and device rules as systemd knows them, which would undo at its next reload what it does not know. */
export class UnitPropertiesStep extends Step {
  constructor(
    public unit: string,
    public properties: UnitProperty[],
    node: i32,
  ) {
    super(Verb.UNIT_PROPERTIES, node);
    this.actor = Actor.HOST;
  }

  override describe(): string {
    return `tell systemd ${this.properties.length} properties of ${this.unit}`;
  }

  override write(writer: Writer): void {
    writer.field('unit', this.unit);
    writeProperties(writer, this.properties);
  }
}

/** The container's place among systemd's units. */
export class Unit {
  constructor(
    public name: string,
    public slice: string,
    /** Below the mount of a hierarchy. */
    public cgroupPath: string,
    public node: i32,
  ) {}
}

/**
 * man 5 systemd.slice: `a-b.slice` lies in `a.slice`; cgroupsPath is `slice:prefix:name` as under runc, and means
 * `prefix-name.scope`. Null after an error.
 */
export function unitOf(planner: Planner): Unit | null {
  const linux = planner.spec.linux;
  const path = linux ? linux.cgroupsPath : null;
  const node = path ? path.node : NONE;
  const usual = planner.facts.systemd.isUser ? 'user.slice' : 'system.slice';
  let slice = usual;
  let name = `orlop-${planner.request.id}.scope`;
  if (path && path.value != '') {
    const parts = path.value.split(':');
    if (parts.length != 3) {
      refuse(planner, node, `cgroupsPath "${path.value}" is not of the form slice:prefix:name, which systemd needs`);
      return null;
    }
    if (parts[0] != '') slice = parts[0];
    name = `${parts[1]}-${parts[2]}.scope`;
    if (parts[2].endsWith('.slice')) {
      refuse(planner, node, `cgroupsPath "${path.value}" names a slice, which has no processes of its own`);
      return null;
    }
  }
  const parent = slicePath(slice);
  if (parent == '') {
    refuse(planner, node, `"${slice}" is not the name of a slice`);
    return null;
  }
  if (!isUnitName(name)) {
    refuse(planner, node, `"${name}" is not the name of a unit: it may have letters, digits and : _ . - \\ @`);
    return null;
  }
  return new Unit(name, slice, `${planner.facts.systemd.controlGroup}${parent == '/' ? '' : parent}/${name}`, node);
}

function refuse(planner: Planner, node: i32, message: string): void {
  planner.error('OCI415', node, message, 'write it as system.slice:orlop:NAME, or leave it out');
}

/** `/a.slice/a-b.slice` for a-b.slice, `/` for the root -.slice, '' for what is none. */
function slicePath(slice: string): string {
  if (slice == '-.slice') return '/';
  if (!slice.endsWith('.slice') || !isUnitName(slice)) return '';
  const words = slice.substring(0, slice.length - '.slice'.length).split('-');
  let path = '';
  let prefix = '';
  for (let index = 0; index < words.length; index++) {
    if (words[index] == '') return '';
    path += `/${prefix}${words[index]}.slice`;
    prefix += `${words[index]}-`;
  }
  return path;
}

/** man 5 systemd.unit; a name becomes the name of a directory. */
function isUnitName(name: string): bool {
  if (name.length > 255) return false;
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    const isLetter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
    const isDigit = code >= 0x30 && code <= 0x39;
    if (!isLetter && !isDigit && !':_.-\\@'.includes(name.charAt(index))) return false;
  }
  return true;
}

/** What it takes to start it: the same properties as under runc. The host adds the process. */
export function planStartUnit(planner: Planner, unit: Unit): StartUnitStep {
  const step = new StartUnitStep(unit.name, unit.slice, unit.node);
  const isUnified = planner.facts.cgroup.isUnified;
  step.properties.push(new UnitProperty('Description', 's', `orlop container ${planner.request.id}`));
  step.properties.push(new UnitProperty('Slice', 's', unit.slice));
  const switches = ['MemoryAccounting', 'CPUAccounting', isUnified ? 'IOAccounting' : 'BlockIOAccounting'];
  switches.push('TasksAccounting');
  switches.push('Delegate');
  for (let index = 0; index < switches.length; index++) {
    step.properties.push(new UnitProperty(switches[index], 'b', 'true'));
  }
  step.properties.push(new UnitProperty('DefaultDependencies', 'b', 'false'));
  // A start that nobody waits for any more, since its orlop was killed, fails: that unit is forgotten too. Since systemd 236.
  if (planner.facts.systemd.version >= 236) {
    step.properties.push(new UnitProperty('CollectMode', 's', 'inactive-or-failed'));
  }
  const annotated = annotatedProperties(planner);
  for (let index = 0; index < annotated.length; index++) step.properties.push(annotated[index]);
  planner.add(step);
  return step;
}

/** First of all that can fail: before, nobody listens to the launcher. */
export function planAwaitUnit(planner: Planner): void {
  const unit = planner.unit;
  if (unit) planner.add(new Step(Verb.AWAIT_UNIT, unit.node).by(Actor.LAUNCHER));
}

/** man 5 systemd.scope; systemd would set the file by its own policy. A value that is neither, the file's error tells. */
export function addOomPolicy(planner: Planner, step: StartUnitStep): void {
  for (let index = 0; index < planner.steps.length; index++) {
    if (planner.steps[index].verb != Verb.LIMIT) continue;
    const limit = planner.steps[index] as LimitStep;
    if (limit.file != 'memory.oom.group') continue;
    const policy = limit.value.trim() == '1' ? 'kill' : 'continue';
    step.properties.push(new UnitProperty('OOMPolicy', 's', policy));
  }
}

/** Behind all limits; `list` is null where an update leaves the device rules alone. */
export function planUnitProperties(planner: Planner, unit: string, list: DeviceList | null, node: i32): void {
  const properties = resourceProperties(planner, list);
  if (properties.length > 0) planner.add(new UnitPropertiesStep(unit, properties, node));
}
