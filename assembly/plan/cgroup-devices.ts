import { ANY, BLOCK, CHARACTER, DeviceException, DeviceFilter, MKNOD, READ, WRITE } from '../bpf/device';
import { NONE } from '../json/document';
import { Writer } from '../json/writer';
import { DeviceRule, Resources } from '../spec/resources';
import { addLimit } from './cgroup';
import { allowDefaults, DeviceList, exceptionText } from './device-list';
import { Planner } from './planner';
import { Actor, Step, Verb, writeTexts } from './step';

/**
 * cgroup v2: the program that says which devices the container may use. The host attaches it once everything is made, or
 * in place of the one before; its bytes come apart from the plan (assembly/index.ts: filter).
 */
export class DeviceFilterStep extends Step {
  constructor(
    public directory: string,
    public list: DeviceList,
    node: i32,
  ) {
    super(Verb.DEVICE_FILTER, node);
    this.actor = Actor.HOST;
  }

  override describe(): string {
    const count = this.list.exceptions.length;
    const all = this.list.isOpen ? 'all devices' : 'no device';
    return count == 0 ? `allow ${all}` : `allow ${all} but ${count} kinds`;
  }

  override write(writer: Writer): void {
    const verb = this.list.isOpen ? 'deny' : 'allow';
    const rules: string[] = [this.list.isOpen ? 'allow a' : 'deny a'];
    for (let index = 0; index < this.list.exceptions.length; index++) {
      rules.push(`${verb} ${exceptionText(this.list.exceptions[index])}`);
    }
    writer.field('directory', this.directory);
    writeTexts(writer, 'rules', rules);
  }

  get filter(): DeviceFilter {
    return new DeviceFilter(this.list.isOpen, this.list.exceptions);
  }
}

/**
 * runtime-spec config-linux.md#allowed-device-list. A container starts with nothing allowed, whether or not it has a
 * rule that says so, as under runc; one that is given everything by a rule has what it denies itself and no defaults.
 */
export function deviceListOf(planner: Planner, resources: Resources | null): DeviceList {
  const rules = resources ? resources.devices : null;
  const list = new DeviceList();
  if (rules) for (let index = 0; index < rules.items.length; index++) applyRule(planner, list, rules.items[index]);
  if (!list.isOpen) allowDefaults(list, rules ? rules.node : NONE);
  return list;
}

export function planDeviceRules(planner: Planner, resources: Resources | null, list: DeviceList): void {
  const rules = resources ? resources.devices : null;
  const node = rules ? rules.node : NONE;
  // The kernel takes them from the root of the machine alone. Who is not can make no device either.
  if (!planner.isPrivileged || planner.facts.userNamespace) return;
  const cgroup = planner.facts.cgroup;
  if (!planner.hasCgroup && cgroup.exists) {
    if (rules && !list.isOpen) {
      planner.warning(
        'OCI418',
        node,
        'the container has no cgroup, in which its device rules would be in force',
        'start without --cgroup-manager disabled',
      );
    }
  } else if (cgroup.isUnified) planner.add(new DeviceFilterStep(cgroup.mount + planner.cgroupPath, list, node));
  else if (cgroup.mountOf('devices') != '') writeList(planner, list, node);
  else if (rules && rules.items.length > 0) addLimit(planner, 'devices', 'devices.allow', '', node);
}

/** The files of version 1. Late, or the container's nodes could not be made. */
function writeList(planner: Planner, list: DeviceList, node: i32): void {
  addRule(planner, list.isOpen ? 'devices.allow' : 'devices.deny', 'a', node);
  const file = list.isOpen ? 'devices.deny' : 'devices.allow';
  for (let index = 0; index < list.exceptions.length; index++) {
    const exception = list.exceptions[index];
    addRule(planner, file, exceptionText(exception), exception.node);
  }
}

function addRule(planner: Planner, file: string, value: string, node: i32): void {
  const step = addLimit(planner, 'devices', file, value, node);
  if (step) step.isLate = true;
}

function applyRule(planner: Planner, list: DeviceList, rule: DeviceRule): void {
  const typeValue = rule.type;
  const type = typeValue && typeValue.value != '' ? typeValue.value : 'a';
  const access = accessOf(planner, rule);
  if (access < 0) return;
  if (type != 'a' && type != 'b' && type != 'c') {
    planner.error(
      'OCI412',
      typeValue!.node,
      `"${type}" is not a device type`,
      'use a (all), b (block) or c (character)',
    );
    return;
  }
  const allowed = rule.allow;
  const isAllowed = allowed != null && allowed.value;
  const major = rule.major;
  const minor = rule.minor;
  if (type == 'a') {
    // The kernel takes no numbers or access with "a": it means every device and every access.
    if ((major && major.value >= 0) || (minor && minor.value >= 0) || access != (READ | WRITE | MKNOD)) {
      planner.error(
        'OCI412',
        rule.node,
        'a rule for all types cannot be narrowed by number or access',
        'write one rule for b and one for c',
      );
    } else list.reset(isAllowed);
    return;
  }
  const wanted = new DeviceException(
    type == 'b' ? BLOCK : CHARACTER,
    major && major.value >= 0 ? major.value : ANY,
    minor && minor.value >= 0 ? minor.value : ANY,
    access,
    rule.node,
  );
  const wider = list.apply(isAllowed, wanted);
  if (!wider) return;
  planner.error(
    'OCI412',
    rule.node,
    `"${exceptionText(wanted)}" is part of "${exceptionText(wider)}" of a rule before, out of which it cannot be taken`,
    'instead of the wider rule, write one for each device that it is to be about',
  );
}

/** Without a word all of it; -1 after an error. */
function accessOf(planner: Planner, rule: DeviceRule): i32 {
  const value = rule.access;
  if (!value || value.value == '') return READ | WRITE | MKNOD;
  let access = 0;
  for (let index = 0; index < value.value.length; index++) {
    const letter = value.value.charAt(index);
    if (letter == 'r') access |= READ;
    else if (letter == 'w') access |= WRITE;
    else if (letter == 'm') access |= MKNOD;
    else {
      planner.error('OCI412', value.node, `"${value.value}" is no access`, 'combine r (read), w (write) and m (mknod)');
      return -1;
    }
  }
  return access;
}
