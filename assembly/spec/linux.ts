import { NONE } from '../json/document';
import { IdMapping, readMappings } from './mounts';
import { ObjectReader } from './reader';
import { Resources, readResources } from './resources';
import { readSeccomp, Seccomp } from './seccomp';
import { GREATEST_ID, List, Located, Pair, Value } from './value';

/** runtime-spec config-linux.md#namespaces */
export class Namespace extends Located {
  type: Value<string> | null = null;
  path: Value<string> | null = null;
}

/** runtime-spec config-linux.md#devices */
export class Device extends Located {
  type: Value<string> | null = null;
  path: Value<string> | null = null;
  major: Value<i64> | null = null;
  minor: Value<i64> | null = null;
  fileMode: Value<u64> | null = null;
  uid: Value<u64> | null = null;
  gid: Value<u64> | null = null;
}

/** runtime-spec config-linux.md#network-devices; `key` is the name on the host */
export class NetDevice extends Located {
  key: string = '';
  name: Value<string> | null = null;
}

/** runtime-spec config-linux.md#offset-for-time-namespace; `key` is the clock */
export class TimeOffset extends Located {
  key: string = '';
  secs: Value<i64> | null = null;
  nanosecs: Value<u64> | null = null;
}

/** runtime-spec config-linux.md#intelrdt; enableCMT and enableMBM are from before 1.3 */
export class IntelRdt extends Located {
  closID: Value<string> | null = null;
  l3CacheSchema: Value<string> | null = null;
  memBwSchema: Value<string> | null = null;
  schemata: List<Value<string>> | null = null;
  enableMonitoring: Value<bool> | null = null;
  enableCMT: Value<bool> | null = null;
  enableMBM: Value<bool> | null = null;
}

/** man 2 set_mempolicy */
export class MemoryPolicy extends Located {
  mode: Value<string> | null = null;
  nodes: Value<string> | null = null;
  flags: List<Value<string>> | null = null;
}

/** man 2 personality */
export class Personality extends Located {
  domain: Value<string> | null = null;
  flags: List<Value<string>> | null = null;
}

/** runtime-spec config-linux.md */
export class Linux extends Located {
  namespaces: List<Namespace> | null = null;
  uidMappings: List<IdMapping> | null = null;
  gidMappings: List<IdMapping> | null = null;
  timeOffsets: List<TimeOffset> | null = null;
  devices: List<Device> | null = null;
  netDevices: List<NetDevice> | null = null;
  cgroupsPath: Value<string> | null = null;
  resources: Resources | null = null;
  rootfsPropagation: Value<string> | null = null;
  maskedPaths: List<Value<string>> | null = null;
  readonlyPaths: List<Value<string>> | null = null;
  mountLabel: Value<string> | null = null;
  sysctl: List<Pair> | null = null;
  seccomp: Seccomp | null = null;
  personality: Personality | null = null;
  intelRdt: IntelRdt | null = null;
  memoryPolicy: MemoryPolicy | null = null;
}

const NAMESPACES: string[] = ['pid', 'network', 'mount', 'ipc', 'uts', 'user', 'cgroup', 'time'];

/** The spec has four of these; runc takes the forms for whole trees too. */
const PROPAGATIONS: string[] = [
  'shared',
  'slave',
  'private',
  'unbindable',
  'rshared',
  'rslave',
  'rprivate',
  'runbindable',
];

const POLICY_MODES: string[] = [
  'MPOL_DEFAULT',
  'MPOL_BIND',
  'MPOL_INTERLEAVE',
  'MPOL_WEIGHTED_INTERLEAVE',
  'MPOL_PREFERRED',
  'MPOL_PREFERRED_MANY',
  'MPOL_LOCAL',
];

const DEVICE_TYPES: string[] = ['c', 'b', 'u', 'p'];

const DOMAINS: string[] = ['LINUX', 'LINUX32'];

const POLICY_FLAGS: string[] = ['MPOL_F_NUMA_BALANCING', 'MPOL_F_RELATIVE_NODES', 'MPOL_F_STATIC_NODES'];

export function readLinux(at: ObjectReader): Linux {
  const linux = new Linux();
  linux.node = at.node;
  linux.namespaces = readNamespaces(at);
  linux.uidMappings = readMappings(at, 'uidMappings');
  linux.gidMappings = readMappings(at, 'gidMappings');
  linux.timeOffsets = readTimeOffsets(at);
  linux.devices = readDevices(at);
  linux.netDevices = readNetDevices(at);
  linux.cgroupsPath = at.string('cgroupsPath');
  const resources = at.object('resources');
  if (resources != NONE) linux.resources = readResources(new ObjectReader(at.document, resources, at.report));
  linux.rootfsPropagation = at.choice('rootfsPropagation', PROPAGATIONS);
  linux.maskedPaths = at.strings('maskedPaths');
  linux.readonlyPaths = at.strings('readonlyPaths');
  linux.mountLabel = at.string('mountLabel');
  linux.sysctl = at.pairs('sysctl');
  const seccomp = at.object('seccomp');
  if (seccomp != NONE) linux.seccomp = readSeccomp(new ObjectReader(at.document, seccomp, at.report));
  linux.personality = readPersonality(at);
  linux.intelRdt = readIntelRdt(at);
  linux.memoryPolicy = readMemoryPolicy(at);
  at.finish();
  return linux;
}

function readNamespaces(parent: ObjectReader): List<Namespace> | null {
  const array = parent.array('namespaces');
  if (array == NONE) return null;
  const document = parent.document;
  const list = new List<Namespace>();
  list.node = array;
  for (let item = document.firstChild(array); item != NONE; item = document.nextSibling(item)) {
    const at = new ObjectReader(document, item, parent.report);
    const namespace = new Namespace();
    namespace.node = item;
    namespace.type = at.requiredChoice('type', NAMESPACES);
    namespace.path = at.string('path');
    at.finish();
    list.items.push(namespace);
  }
  return list;
}

function readTimeOffsets(parent: ObjectReader): List<TimeOffset> | null {
  const object = parent.object('timeOffsets');
  if (object == NONE) return null;
  const document = parent.document;
  const list = new List<TimeOffset>();
  list.node = object;
  for (let item = document.firstChild(object); item != NONE; item = document.nextSibling(item)) {
    const at = new ObjectReader(document, item, parent.report);
    const offset = new TimeOffset();
    offset.node = item;
    offset.key = document.keyText(item);
    offset.secs = at.signed('secs');
    offset.nanosecs = at.unsigned('nanosecs', u32.MAX_VALUE);
    at.finish();
    list.items.push(offset);
  }
  return list;
}

function readDevices(parent: ObjectReader): List<Device> | null {
  const array = parent.array('devices');
  if (array == NONE) return null;
  const document = parent.document;
  const list = new List<Device>();
  list.node = array;
  for (let item = document.firstChild(array); item != NONE; item = document.nextSibling(item)) {
    const at = new ObjectReader(document, item, parent.report);
    const device = new Device();
    device.node = item;
    device.type = at.requiredChoice('type', DEVICE_TYPES);
    device.path = at.requiredString('path');
    // linux/kdev_t.h: 12 and 20 bits. What is more would come out as another device.
    device.major = at.signed('major', 0, 0xfff);
    device.minor = at.signed('minor', 0, 0xfffff);
    // The schema ends at 0777. Engines up to 2021 wrote the file type too, 8630 for a device of mode 0666, and run.
    device.fileMode = at.unsigned('fileMode', u32.MAX_VALUE);
    device.uid = at.unsigned('uid', GREATEST_ID);
    device.gid = at.unsigned('gid', GREATEST_ID);
    at.finish();
    list.items.push(device);
  }
  return list;
}

function readNetDevices(parent: ObjectReader): List<NetDevice> | null {
  const object = parent.object('netDevices');
  if (object == NONE) return null;
  const document = parent.document;
  const list = new List<NetDevice>();
  list.node = object;
  for (let item = document.firstChild(object); item != NONE; item = document.nextSibling(item)) {
    const at = new ObjectReader(document, item, parent.report);
    const device = new NetDevice();
    device.node = item;
    device.key = document.keyText(item);
    device.name = at.string('name');
    at.finish();
    list.items.push(device);
  }
  return list;
}

function readPersonality(parent: ObjectReader): Personality | null {
  const node = parent.object('personality');
  if (node == NONE) return null;
  const at = new ObjectReader(parent.document, node, parent.report);
  const personality = new Personality();
  personality.node = node;
  personality.domain = at.choice('domain', DOMAINS);
  personality.flags = at.strings('flags');
  at.finish();
  return personality;
}

function readIntelRdt(parent: ObjectReader): IntelRdt | null {
  const node = parent.object('intelRdt');
  if (node == NONE) return null;
  const at = new ObjectReader(parent.document, node, parent.report);
  const rdt = new IntelRdt();
  rdt.node = node;
  rdt.closID = at.string('closID');
  rdt.l3CacheSchema = at.string('l3CacheSchema');
  rdt.memBwSchema = at.string('memBwSchema');
  rdt.schemata = at.strings('schemata');
  rdt.enableMonitoring = at.boolean('enableMonitoring');
  rdt.enableCMT = at.boolean('enableCMT');
  rdt.enableMBM = at.boolean('enableMBM');
  at.finish();
  return rdt;
}

function readMemoryPolicy(parent: ObjectReader): MemoryPolicy | null {
  const node = parent.object('memoryPolicy');
  if (node == NONE) return null;
  const at = new ObjectReader(parent.document, node, parent.report);
  const policy = new MemoryPolicy();
  policy.node = node;
  policy.mode = at.choice('mode', POLICY_MODES);
  policy.nodes = at.string('nodes');
  policy.flags = at.choices('flags', POLICY_FLAGS);
  at.finish();
  return policy;
}
