import { NONE } from '../json/document';
import { DeviceRule, Resources } from '../spec/resources';
import { addLimit } from './cgroup';
import { Planner } from './planner';

/**
 * What every container may use, after its own rules: making any node, and using those of
 * runtime-spec config-linux.md#default-devices with the terminals of its own devpts.
 */
const DEFAULTS: string[] = [
  'c *:* m',
  'b *:* m',
  'c 1:3 rwm',
  'c 1:5 rwm',
  'c 1:7 rwm',
  'c 1:8 rwm',
  'c 1:9 rwm',
  'c 5:0 rwm',
  'c 5:2 rwm',
  'c 136:* rwm',
];

/**
 * runtime-spec config-linux.md#allowed-device-list, for the files of cgroup v1 (Documentation/admin-guide/cgroup-v1/
 * devices.rst). A container starts with nothing allowed, whether or not it has a rule that says so, as under runc.
 */
export function planDeviceRules(planner: Planner, resources: Resources | null): void {
  const rules = resources ? resources.devices : null;
  const cgroup = planner.facts.cgroup;
  if (cgroup.isUnified) {
    if (rules && rules.items.length > 0) planner.unsupported(rules.node, 'linux.resources.devices on cgroup v2');
    return;
  }
  if (cgroup.mountOf('devices') == '') {
    if (rules) addLimit(planner, 'devices', 'devices.allow', '', rules.node);
    return;
  }
  addRule(planner, 'devices.deny', 'a', rules ? rules.node : NONE);
  let isOpen = false;
  if (rules) {
    for (let index = 0; index < rules.items.length; index++) {
      const rule = rules.items[index];
      const text = ruleText(planner, rule);
      if (text == '') continue;
      const allow = rule.allow;
      const isAllowed = allow != null && allow.value;
      if (text == 'a') isOpen = isAllowed;
      addRule(planner, isAllowed ? 'devices.allow' : 'devices.deny', text, rule.node);
    }
  }
  if (isOpen) return;
  for (let index = 0; index < DEFAULTS.length; index++) {
    addRule(planner, 'devices.allow', DEFAULTS[index], rules ? rules.node : NONE);
  }
}

/** Late, or the container's nodes could not be made. */
function addRule(planner: Planner, file: string, value: string, node: i32): void {
  const step = addLimit(planner, 'devices', file, value, node);
  if (step) step.isLate = true;
}

/** `c 1:3 rwm`; a rule for all devices is `a`; '' after an error. */
function ruleText(planner: Planner, rule: DeviceRule): string {
  const typeValue = rule.type;
  const type = typeValue && typeValue.value != '' ? typeValue.value : 'a';
  const accessValue = rule.access;
  const access = accessValue && accessValue.value != '' ? accessValue.value : 'rwm';
  if (type != 'a' && type != 'b' && type != 'c') {
    planner.error(
      'OCI412',
      typeValue!.node,
      `"${type}" is not a device type`,
      'use a (all), b (block) or c (character)',
    );
    return '';
  }
  for (let index = 0; index < access.length; index++) {
    if ('rwm'.includes(access.charAt(index))) continue;
    planner.error('OCI412', accessValue!.node, `"${access}" is no access`, 'combine r (read), w (write) and m (mknod)');
    return '';
  }
  const major = rule.major;
  const minor = rule.minor;
  if (type == 'a') {
    // The kernel takes no numbers or access with "a": it means every device and every access.
    if ((major && major.value >= 0) || (minor && minor.value >= 0) || !isFull(access)) {
      planner.error(
        'OCI412',
        rule.node,
        'a rule for all types cannot be narrowed by number or access on cgroup v1',
        'write one rule for b and one for c',
      );
      return '';
    }
    return 'a';
  }
  return `${type} ${number(major ? major.value : -1)}:${number(minor ? minor.value : -1)} ${access}`;
}

function isFull(access: string): bool {
  return access.includes('r') && access.includes('w') && access.includes('m');
}

function number(value: i64): string {
  return value < 0 ? '*' : value.toString();
}
