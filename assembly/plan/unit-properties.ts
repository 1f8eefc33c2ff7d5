import { ANY, BLOCK, DeviceException } from '../bpf/device';
import { join } from '../json/text';
import { accessText, DeviceList } from './device-list';
import { Planner } from './planner';
import { LimitStep, Verb } from './step';
import { UnitProperty } from './unit';

/** Files whose value is the property's, `max` and -1 being systemd's infinity. man 5 systemd.resource-control */
const SAME: string[] = [
  'memory.max',
  'MemoryMax',
  'memory.high',
  'MemoryHigh',
  'memory.low',
  'MemoryLow',
  'memory.min',
  'MemoryMin',
  'memory.swap.max',
  'MemorySwapMax',
  'cpu.weight',
  'CPUWeight',
  'io.weight',
  'IOWeight',
  'memory.limit_in_bytes',
  'MemoryLimit',
  'cpu.shares',
  'CPUShares',
  'blkio.weight',
  'BlockIOWeight',
];

const INFINITY = '18446744073709551615';

/**
 * The planned limits as properties of the container's unit: what systemd knows of, and the same as under runc. Systemd
 * rounds, and has no word for some; so the files are written too, and have the last word.
 */
export function resourceProperties(planner: Planner, list: DeviceList | null): UnitProperty[] {
  const properties: UnitProperty[] = [];
  if (list) addDevices(planner, properties, list);
  let quota = '';
  let period = '';
  for (let index = 0; index < planner.steps.length; index++) {
    if (planner.steps[index].verb != Verb.LIMIT) continue;
    const step = planner.steps[index] as LimitStep;
    const file = step.otherFile == '' ? step.file : step.otherFile;
    const value = step.otherFile == '' ? step.value : step.otherValue;
    const known = SAME.indexOf(file);
    if (known >= 0) addNumber(properties, SAME[known + 1], value);
    else if (file == 'cpu.max') {
      const words = value.split(' ');
      quota = words[0];
      period = words.length > 1 ? words[1] : '';
    } else if (file == 'cpu.cfs_quota_us') quota = value;
    else if (file == 'cpu.cfs_period_us') period = value;
    else if (file == 'cpu.idle' && value == '1' && planner.facts.systemd.version >= 252) {
      put(properties, new UnitProperty('CPUWeight', 't', '0')); // its word for idle
    } else if (file == 'pids.max')
      put(properties, new UnitProperty('TasksMax', 't', value == '0' ? '1' : number(value)));
    else if (file == 'cpuset.cpus') addSet(planner, properties, 'AllowedCPUs', value);
    else if (file == 'cpuset.mems') addSet(planner, properties, 'AllowedMemoryNodes', value);
  }
  addQuota(planner, properties, quota, period);
  return properties;
}

/** Of several for one property the last counts, as with the files. */
function put(properties: UnitProperty[], property: UnitProperty): void {
  for (let index = 0; index < properties.length; index++) {
    if (properties[index].name != property.name) continue;
    properties[index] = property;
    return;
  }
  properties.push(property);
}

/** '' for what is no number: the file's own error says more. */
function number(value: string): string {
  const text = value.trim();
  if (text == 'max' || text.startsWith('-')) return INFINITY;
  const word = text.startsWith('default ') ? text.substring('default '.length) : text;
  if (word == '' || word.length > 20) return '';
  for (let index = 0; index < word.length; index++) {
    const code = word.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return '';
  }
  return word;
}

function addNumber(properties: UnitProperty[], name: string, value: string): void {
  const text = number(value);
  if (text != '') put(properties, new UnitProperty(name, 't', text));
}

/** Without a period systemd takes the kernel's; one that is in force already need not be told. */
function addQuota(planner: Planner, properties: UnitProperty[], quota: string, period: string): void {
  if (quota == '' && period == '') return;
  const isUsual = period == '' || (period == '100000' && !planner.isUpdate);
  if (!isUsual && planner.facts.systemd.version >= 242) addNumber(properties, 'CPUQuotaPeriodUSec', period);
  const amount = quota == '' ? planner.request.inForce('cpu.cfs_quota_us') : quota;
  const text = number(amount);
  if (text == '' || text == INFINITY) {
    put(properties, new UnitProperty('CPUQuotaPerSecUSec', 't', INFINITY));
    return;
  }
  const before = planner.request.inForce('cpu.cfs_period_us');
  const interval: u64 = U64.parseInt(period != '' ? period : before != '' ? before : '100000');
  // Systemd counts in hundredths of a CPU: upwards, so that what is below the container's cgroup has room.
  const exact = interval == 0 ? 0 : (U64.parseInt(text) * 1000000) / interval;
  put(properties, new UnitProperty('CPUQuotaPerSecUSec', 't', (((exact + 9999) / 10000) * 10000).toString()));
}

/** man 7 cpuset, "List format"; bit n of the bytes is CPU or node n. What is no list, the file's error tells. */
function addSet(planner: Planner, properties: UnitProperty[], name: string, value: string): void {
  if (planner.facts.systemd.version < 244 || value.length > 4096) return;
  const bytes = new Uint8Array(1024);
  let length = 0;
  const ranges = value.trim().split(',');
  for (let index = 0; index < ranges.length; index++) {
    const ends = ranges[index].trim().split('-');
    const first = bitNumber(ends[0]);
    const last = ends.length > 1 ? bitNumber(ends[1]) : first;
    if (ends.length > 2 || first < 0 || last < first) return;
    for (let bit = first; bit <= last; bit++) {
      bytes[bit >> 3] |= (<u8>1) << (<u8>(bit & 7));
      length = max(length, (bit >> 3) + 1);
    }
  }
  const digits: string[] = [];
  for (let index = 0; index < length; index++) digits.push((<i32>bytes[index] | 0x100).toString(16).substring(1));
  put(properties, new UnitProperty(name, 'ay', join(digits, '')));
}

/** -1 for what is no number, or beyond the kernel's CPUs and nodes. */
function bitNumber(text: string): i32 {
  const digits = number(text);
  if (digits == '' || digits.length > 4) return -1;
  const value = I32.parseInt(digits);
  return value < 8192 ? value : -1;
}

/**
 * Systemd has lists of what is allowed, by class, major and minor, and none of what is forbidden or of `*:minor`. On
 * version 2 it then allows all and the container's own program decides; on version 1 both write the same list, so that
 * a reload must not open it.
 */
function addDevices(planner: Planner, properties: UnitProperty[], list: DeviceList): void {
  const isUnified = planner.facts.cgroup.isUnified;
  let isAll = list.isOpen && (isUnified || list.exceptions.length == 0);
  const entries: string[] = [];
  if (!list.isOpen) {
    for (let index = 0; index < list.exceptions.length; index++) {
      const exception = list.exceptions[index];
      if (exception.major != ANY || exception.minor == ANY) entries.push(deviceEntry(exception));
      else if (isUnified) isAll = true;
    }
  }
  properties.push(new UnitProperty('DevicePolicy', 's', isAll ? 'auto' : 'strict'));
  // An empty list empties the one that is there; others are added to it.
  properties.push(new UnitProperty('DeviceAllow', 'a(ss)', ''));
  if (isAll || entries.length == 0) return;
  const allowed = new UnitProperty('DeviceAllow', 'a(ss)', '');
  allowed.texts = entries;
  properties.push(allowed);
}

/** A path of /dev/char or /dev/block says both numbers (since systemd 240 without a look at it). */
function deviceEntry(exception: DeviceException): string {
  const type = exception.type == BLOCK ? 'block' : 'char';
  const access = accessText(exception.access);
  if (exception.major == ANY) return `${type}-* ${access}`;
  if (exception.minor == ANY) return `${type}-${exception.major} ${access}`;
  return `/dev/${type}/${exception.major}:${exception.minor} ${access}`;
}
