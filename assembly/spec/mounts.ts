import { NONE } from '../json/document';
import { ObjectReader } from './reader';
import { List, Located, Value } from './value';

/** runtime-spec config-linux.md#user-namespace-mappings */
export class IdMapping extends Located {
  containerID: Value<u64> | null = null;
  hostID: Value<u64> | null = null;
  size: Value<u64> | null = null;
}

/** runtime-spec config.md#mounts */
export class Mount extends Located {
  destination: Value<string> | null = null;
  source: Value<string> | null = null;
  type: Value<string> | null = null;
  options: List<Value<string>> | null = null;
  uidMappings: List<IdMapping> | null = null;
  gidMappings: List<IdMapping> | null = null;
}

export function readMounts(parent: ObjectReader): List<Mount> | null {
  const array = parent.array('mounts');
  if (array == NONE) return null;
  const document = parent.document;
  const list = new List<Mount>();
  list.node = array;
  for (let item = document.firstChild(array); item != NONE; item = document.nextSibling(item)) {
    const at = new ObjectReader(document, item, parent.report);
    const mount = new Mount();
    mount.node = item;
    mount.destination = at.requiredString('destination');
    mount.source = at.string('source');
    mount.type = at.string('type');
    mount.options = at.strings('options');
    mount.uidMappings = readMappings(at, 'uidMappings');
    mount.gidMappings = readMappings(at, 'gidMappings');
    at.finish();
    list.items.push(mount);
  }
  return list;
}

export function readMappings(parent: ObjectReader, key: string): List<IdMapping> | null {
  const array = parent.array(key);
  if (array == NONE) return null;
  const document = parent.document;
  const list = new List<IdMapping>();
  list.node = array;
  for (let item = document.firstChild(array); item != NONE; item = document.nextSibling(item)) {
    const at = new ObjectReader(document, item, parent.report);
    const mapping = new IdMapping();
    mapping.node = item;
    mapping.containerID = at.requiredUnsigned('containerID', u32.MAX_VALUE);
    mapping.hostID = at.requiredUnsigned('hostID', u32.MAX_VALUE);
    mapping.size = at.requiredUnsigned('size', u32.MAX_VALUE);
    at.finish();
    list.items.push(mapping);
  }
  return list;
}
