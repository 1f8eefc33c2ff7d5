import { BlockIo, ThrottleDevice } from '../spec/block-io';
import { Resources } from '../spec/resources';
import { List } from '../spec/value';
import { addLimit, onlyOnV1 } from './cgroup';
import { Planner } from './planner';

export function planBlockIo(planner: Planner, resources: Resources): void {
  const io = resources.blockIO;
  if (!io) return;
  const weight = io.weight;
  if (weight && weight.value != 0 && checkWeight(planner, weight.value, weight.node)) {
    addWeight(planner, '', weight.value, weight.node);
  }
  planDeviceWeights(planner, io);
  const leafWeight = io.leafWeight;
  if (leafWeight && leafWeight.value != 0 && onlyOnV1(planner, 'blockIO.leafWeight', leafWeight.node)) {
    addLimit(planner, 'blkio', 'blkio.leaf_weight', leafWeight.value.toString(), leafWeight.node);
  }
  planThrottles(planner, io.throttleReadBpsDevice, 'rbps', 'blkio.throttle.read_bps_device');
  planThrottles(planner, io.throttleWriteBpsDevice, 'wbps', 'blkio.throttle.write_bps_device');
  planThrottles(planner, io.throttleReadIOPSDevice, 'riops', 'blkio.throttle.read_iops_device');
  planThrottles(planner, io.throttleWriteIOPSDevice, 'wiops', 'blkio.throttle.write_iops_device');
}

/** Documentation/block/bfq-iosched.rst: with the BFQ scheduler the weight has a file of its own, and goes there as it is. */
function addWeight(planner: Planner, device: string, weight: u64, node: i32): void {
  const isUnified = planner.facts.cgroup.isUnified;
  const value = `${device}${weight}`;
  const suffix = device == '' ? '' : '_device';
  const step = isUnified
    ? addLimit(planner, 'io', 'io.bfq.weight', value, node)
    : addLimit(planner, 'blkio', `blkio.bfq.weight${suffix}`, value, node);
  if (!step) return;
  step.otherFile = isUnified ? 'io.weight' : `blkio.weight${suffix}`;
  // io.weight goes to 10000 where blkio.weight goes to 1000
  step.otherValue = isUnified ? `${device == '' ? 'default ' : device}${1 + ((weight - 10) * 9999) / 990}` : value;
}

function planDeviceWeights(planner: Planner, io: BlockIo): void {
  const devices = io.weightDevice;
  if (!devices) return;
  for (let index = 0; index < devices.items.length; index++) {
    const device = devices.items[index];
    const major = device.major;
    const minor = device.minor;
    if (!major || !minor) continue;
    const name = `${major.value}:${minor.value} `;
    const weight = device.weight;
    const leafWeight = device.leafWeight;
    if (!weight && !leafWeight) {
      planner.error(
        'OCI409',
        device.node,
        'the device has neither weight nor leafWeight',
        'give it a weight from 10 to 1000',
      );
    }
    if (weight && checkWeight(planner, weight.value, weight.node)) addWeight(planner, name, weight.value, weight.node);
    if (leafWeight && onlyOnV1(planner, 'leafWeight', leafWeight.node)) {
      addLimit(planner, 'blkio', 'blkio.leaf_weight_device', name + leafWeight.value.toString(), leafWeight.node);
    }
  }
}

function planThrottles(planner: Planner, devices: List<ThrottleDevice> | null, key: string, file: string): void {
  if (!devices) return;
  for (let index = 0; index < devices.items.length; index++) {
    const device = devices.items[index];
    const major = device.major;
    const minor = device.minor;
    if (!major || !minor) continue;
    const rate = device.rate;
    if (!rate) {
      planner.error('OCI409', device.node, 'the device has no rate', 'give bytes or operations per second');
      continue;
    }
    const name = `${major.value}:${minor.value}`;
    if (planner.facts.cgroup.isUnified) addLimit(planner, 'io', 'io.max', `${name} ${key}=${rate.value}`, rate.node);
    else addLimit(planner, 'blkio', file, `${name} ${rate.value}`, rate.node);
  }
}

function checkWeight(planner: Planner, weight: u64, node: i32): bool {
  if (weight >= 10 && weight <= 1000) return true;
  planner.error('OCI408', node, `the weight is ${weight}`, 'it goes from 10 to 1000');
  return false;
}
