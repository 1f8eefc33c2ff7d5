import { NONE } from '../json/document';
import { ObjectReader } from './reader';
import { List, Located, Value } from './value';

export class WeightDevice extends Located {
  major: Value<i64> | null = null;
  minor: Value<i64> | null = null;
  weight: Value<u64> | null = null;
  leafWeight: Value<u64> | null = null;
}

export class ThrottleDevice extends Located {
  major: Value<i64> | null = null;
  minor: Value<i64> | null = null;
  rate: Value<u64> | null = null;
}

/** runtime-spec config-linux.md#block-io */
export class BlockIo extends Located {
  weight: Value<u64> | null = null;
  leafWeight: Value<u64> | null = null;
  weightDevice: List<WeightDevice> | null = null;
  throttleReadBpsDevice: List<ThrottleDevice> | null = null;
  throttleWriteBpsDevice: List<ThrottleDevice> | null = null;
  throttleReadIOPSDevice: List<ThrottleDevice> | null = null;
  throttleWriteIOPSDevice: List<ThrottleDevice> | null = null;
}

export function readBlockIo(at: ObjectReader): BlockIo {
  const io = new BlockIo();
  io.node = at.node;
  io.weight = at.unsigned('weight', u16.MAX_VALUE);
  io.leafWeight = at.unsigned('leafWeight', u16.MAX_VALUE);
  io.weightDevice = readWeightDevices(at);
  io.throttleReadBpsDevice = readThrottleDevices(at, 'throttleReadBpsDevice');
  io.throttleWriteBpsDevice = readThrottleDevices(at, 'throttleWriteBpsDevice');
  io.throttleReadIOPSDevice = readThrottleDevices(at, 'throttleReadIOPSDevice');
  io.throttleWriteIOPSDevice = readThrottleDevices(at, 'throttleWriteIOPSDevice');
  at.finish();
  return io;
}

function readWeightDevices(parent: ObjectReader): List<WeightDevice> | null {
  const array = parent.array('weightDevice');
  if (array == NONE) return null;
  const document = parent.document;
  const list = new List<WeightDevice>();
  list.node = array;
  for (let item = document.firstChild(array); item != NONE; item = document.nextSibling(item)) {
    const at = new ObjectReader(document, item, parent.report);
    const device = new WeightDevice();
    device.node = item;
    device.major = at.requiredSigned('major');
    device.minor = at.requiredSigned('minor');
    device.weight = at.unsigned('weight', u16.MAX_VALUE);
    device.leafWeight = at.unsigned('leafWeight', u16.MAX_VALUE);
    at.finish();
    list.items.push(device);
  }
  return list;
}

function readThrottleDevices(parent: ObjectReader, key: string): List<ThrottleDevice> | null {
  const array = parent.array(key);
  if (array == NONE) return null;
  const document = parent.document;
  const list = new List<ThrottleDevice>();
  list.node = array;
  for (let item = document.firstChild(array); item != NONE; item = document.nextSibling(item)) {
    const at = new ObjectReader(document, item, parent.report);
    const device = new ThrottleDevice();
    device.node = item;
    device.major = at.requiredSigned('major');
    device.minor = at.requiredSigned('minor');
    device.rate = at.unsigned('rate');
    at.finish();
    list.items.push(device);
  }
  return list;
}
