import { NONE } from '../json/document';
import { BlockIo, readBlockIo } from './block-io';
import { ObjectReader } from './reader';
import { List, Located, Pair, Value } from './value';

/** runtime-spec config-linux.md#allowed-device-list */
export class DeviceRule extends Located {
  allow: Value<bool> | null = null;
  type: Value<string> | null = null;
  major: Value<i64> | null = null;
  minor: Value<i64> | null = null;
  access: Value<string> | null = null;
}

/** runtime-spec config-linux.md#memory */
export class Memory extends Located {
  limit: Value<i64> | null = null;
  reservation: Value<i64> | null = null;
  swap: Value<i64> | null = null;
  kernel: Value<i64> | null = null;
  kernelTCP: Value<i64> | null = null;
  swappiness: Value<u64> | null = null;
  disableOOMKiller: Value<bool> | null = null;
  useHierarchy: Value<bool> | null = null;
  checkBeforeUpdate: Value<bool> | null = null;
}

/** runtime-spec config-linux.md#cpu */
export class Cpu extends Located {
  shares: Value<u64> | null = null;
  quota: Value<i64> | null = null;
  burst: Value<u64> | null = null;
  period: Value<u64> | null = null;
  realtimeRuntime: Value<i64> | null = null;
  realtimePeriod: Value<u64> | null = null;
  cpus: Value<string> | null = null;
  mems: Value<string> | null = null;
  idle: Value<i64> | null = null;
}

/** runtime-spec config-linux.md#pids; the schema requires the limit, the text does not */
export class Pids extends Located {
  limit: Value<i64> | null = null;
}

export class HugepageLimit extends Located {
  pageSize: Value<string> | null = null;
  limit: Value<u64> | null = null;
}

export class InterfacePriority extends Located {
  name: Value<string> | null = null;
  priority: Value<u64> | null = null;
}

/** runtime-spec config-linux.md#network */
export class Network extends Located {
  classID: Value<u64> | null = null;
  priorities: List<InterfacePriority> | null = null;
}

/** runtime-spec config-linux.md#rdma; `key` is the device */
export class Rdma extends Located {
  key: string = '';
  hcaHandles: Value<u64> | null = null;
  hcaObjects: Value<u64> | null = null;
}

/** runtime-spec config-linux.md#control-groups */
export class Resources extends Located {
  devices: List<DeviceRule> | null = null;
  memory: Memory | null = null;
  cpu: Cpu | null = null;
  pids: Pids | null = null;
  blockIO: BlockIo | null = null;
  hugepageLimits: List<HugepageLimit> | null = null;
  network: Network | null = null;
  rdma: List<Rdma> | null = null;
  unified: List<Pair> | null = null;
}

export function readResources(at: ObjectReader): Resources {
  const resources = new Resources();
  resources.node = at.node;
  resources.devices = readDeviceRules(at);
  resources.memory = readMemory(at);
  resources.cpu = readCpu(at);
  const pids = at.object('pids');
  if (pids != NONE) resources.pids = readPids(new ObjectReader(at.document, pids, at.report));
  const blockIO = at.object('blockIO');
  if (blockIO != NONE) resources.blockIO = readBlockIo(new ObjectReader(at.document, blockIO, at.report));
  resources.hugepageLimits = readHugepageLimits(at);
  resources.network = readNetwork(at);
  resources.rdma = readRdma(at);
  resources.unified = at.pairs('unified');
  at.finish();
  return resources;
}

function readDeviceRules(parent: ObjectReader): List<DeviceRule> | null {
  const array = parent.array('devices');
  if (array == NONE) return null;
  const document = parent.document;
  const list = new List<DeviceRule>();
  list.node = array;
  for (let item = document.firstChild(array); item != NONE; item = document.nextSibling(item)) {
    const at = new ObjectReader(document, item, parent.report);
    const rule = new DeviceRule();
    rule.node = item;
    rule.allow = at.requiredBoolean('allow');
    rule.type = at.string('type');
    rule.major = at.signed('major', -1, u32.MAX_VALUE);
    rule.minor = at.signed('minor', -1, u32.MAX_VALUE);
    rule.access = at.string('access');
    at.finish();
    list.items.push(rule);
  }
  return list;
}

function readMemory(parent: ObjectReader): Memory | null {
  const node = parent.object('memory');
  if (node == NONE) return null;
  const at = new ObjectReader(parent.document, node, parent.report);
  const memory = new Memory();
  memory.node = node;
  memory.limit = at.signed('limit');
  memory.reservation = at.signed('reservation');
  memory.swap = at.signed('swap');
  memory.kernel = at.signed('kernel');
  memory.kernelTCP = at.signed('kernelTCP');
  memory.swappiness = at.unsigned('swappiness');
  memory.disableOOMKiller = at.boolean('disableOOMKiller');
  memory.useHierarchy = at.boolean('useHierarchy');
  memory.checkBeforeUpdate = at.boolean('checkBeforeUpdate');
  at.finish();
  return memory;
}

function readCpu(parent: ObjectReader): Cpu | null {
  const node = parent.object('cpu');
  if (node == NONE) return null;
  const at = new ObjectReader(parent.document, node, parent.report);
  const cpu = new Cpu();
  cpu.node = node;
  cpu.shares = at.unsigned('shares');
  cpu.quota = at.signed('quota');
  cpu.burst = at.unsigned('burst');
  cpu.period = at.unsigned('period');
  cpu.realtimeRuntime = at.signed('realtimeRuntime');
  cpu.realtimePeriod = at.unsigned('realtimePeriod');
  cpu.cpus = at.string('cpus');
  cpu.mems = at.string('mems');
  cpu.idle = at.signed('idle');
  at.finish();
  return cpu;
}

function readPids(at: ObjectReader): Pids {
  const pids = new Pids();
  pids.node = at.node;
  pids.limit = at.signed('limit');
  at.finish();
  return pids;
}

function readHugepageLimits(parent: ObjectReader): List<HugepageLimit> | null {
  const array = parent.array('hugepageLimits');
  if (array == NONE) return null;
  const document = parent.document;
  const list = new List<HugepageLimit>();
  list.node = array;
  for (let item = document.firstChild(array); item != NONE; item = document.nextSibling(item)) {
    const at = new ObjectReader(document, item, parent.report);
    const limit = new HugepageLimit();
    limit.node = item;
    limit.pageSize = at.requiredString('pageSize');
    limit.limit = at.requiredUnsigned('limit', u64.MAX_VALUE);
    at.finish();
    list.items.push(limit);
  }
  return list;
}

function readNetwork(parent: ObjectReader): Network | null {
  const node = parent.object('network');
  if (node == NONE) return null;
  const document = parent.document;
  const at = new ObjectReader(document, node, parent.report);
  const network = new Network();
  network.node = node;
  network.classID = at.unsigned('classID', u32.MAX_VALUE);
  const array = at.array('priorities');
  if (array != NONE) {
    const priorities = new List<InterfacePriority>();
    priorities.node = array;
    for (let item = document.firstChild(array); item != NONE; item = document.nextSibling(item)) {
      const member = new ObjectReader(document, item, parent.report);
      const priority = new InterfacePriority();
      priority.node = item;
      priority.name = member.requiredString('name');
      priority.priority = member.requiredUnsigned('priority', u32.MAX_VALUE);
      member.finish();
      priorities.items.push(priority);
    }
    network.priorities = priorities;
  }
  at.finish();
  return network;
}

function readRdma(parent: ObjectReader): List<Rdma> | null {
  const object = parent.object('rdma');
  if (object == NONE) return null;
  const document = parent.document;
  const list = new List<Rdma>();
  list.node = object;
  for (let item = document.firstChild(object); item != NONE; item = document.nextSibling(item)) {
    const at = new ObjectReader(document, item, parent.report);
    const rdma = new Rdma();
    rdma.node = item;
    rdma.key = document.keyText(item);
    rdma.hcaHandles = at.unsigned('hcaHandles', u32.MAX_VALUE);
    rdma.hcaObjects = at.unsigned('hcaObjects', u32.MAX_VALUE);
    at.finish();
    list.items.push(rdma);
  }
  return list;
}
