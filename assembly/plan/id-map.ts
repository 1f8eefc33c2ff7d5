import { NONE } from '../json/document';
import { join } from '../json/text';
import { Writer } from '../json/writer';
import { IdMapping } from '../spec/mounts';
import { List } from '../spec/value';
import { Planner } from './planner';

/** kernel/user_namespace.c: UID_GID_MAP_MAX_EXTENTS, and a page for all lines, which are written at once. */
const MOST_LINES: i32 = 340;
const MOST_BYTES: i32 = 4095;

/** The last number is (uid_t) -1, which is nobody. */
const ID_END: u64 = u32.MAX_VALUE;

/** man 7 user_namespaces: which ids of the host stand for those of a namespace, in ranges. */
export class IdMap {
  inside: u64[] = [];
  outside: u64[] = [];
  sizes: u64[] = [];

  get isEmpty(): bool {
    return this.sizes.length == 0;
  }

  has(id: u64): bool {
    return this.lineOf(id) >= 0;
  }

  /** The host's id behind one of the namespace that it has(). */
  toHost(id: u64): u64 {
    const line = this.lineOf(id);
    return line < 0 ? id : this.outside[line] + id - this.inside[line];
  }

  /** Who makes things in the namespace: its root, or whom it has. */
  get root(): u64 {
    return this.isEmpty || this.has(0) ? 0 : this.inside[0];
  }

  /** The one map that a user may write who has no privileges. */
  isJust(id: u64): bool {
    return this.sizes.length == 1 && this.sizes[0] == 1 && this.outside[0] == id;
  }

  /** As the kernel reads it. */
  get text(): string {
    const lines: string[] = [];
    for (let index = 0; index < this.sizes.length; index++) {
      lines.push(`${this.inside[index]} ${this.outside[index]} ${this.sizes[index]}\n`);
    }
    return join(lines, '');
  }

  write(writer: Writer, key: string): void {
    writer.key(key);
    writer.beginArray();
    for (let index = 0; index < this.sizes.length; index++) {
      writer.beginObject();
      writer.fieldInteger('containerID', this.inside[index]);
      writer.fieldInteger('hostID', this.outside[index]);
      writer.fieldInteger('size', this.sizes[index]);
      writer.endObject();
    }
    writer.endArray();
  }

  private lineOf(id: u64): i32 {
    for (let index = 0; index < this.sizes.length; index++) {
      if (id >= this.inside[index] && id - this.inside[index] < this.sizes[index]) return index;
    }
    return -1;
  }
}

/** The list with all that the kernel would refuse it for; empty where there is none, or after an error. */
export function readIdMap(planner: Planner, list: List<IdMapping> | null): IdMap {
  const map = new IdMap();
  if (!list) return map;
  if (list.items.length > MOST_LINES) {
    refuse(
      planner,
      list.node,
      `${list.items.length} mappings: the kernel takes ${MOST_LINES}`,
      'join ranges that meet',
    );
    return map;
  }
  for (let index = 0; index < list.items.length; index++) {
    const mapping = list.items[index];
    const inside = mapping.containerID;
    const outside = mapping.hostID;
    const size = mapping.size;
    if (!inside || !outside || !size) continue;
    if (size.value == 0) {
      refuse(planner, size.node, 'a mapping of no ids', 'size is how many ids are mapped');
    } else if (inside.value + size.value > ID_END || outside.value + size.value > ID_END) {
      refuse(planner, mapping.node, 'the mapping goes past the last id, 4294967294', 'make size smaller');
    } else if (overlaps(map.inside, map.sizes, inside.value, size.value)) {
      refuse(planner, inside.node, 'ids of the container that another mapping has too', 'map every id once');
    } else if (overlaps(map.outside, map.sizes, outside.value, size.value)) {
      refuse(planner, outside.node, 'ids of the host that another mapping has too', 'map every id once');
    } else {
      map.inside.push(inside.value);
      map.outside.push(outside.value);
      map.sizes.push(size.value);
    }
  }
  if (map.text.length > MOST_BYTES) {
    refuse(planner, list.node, `the mappings are ${map.text.length} bytes: the kernel takes ${MOST_BYTES}`, '');
  }
  return map;
}

function overlaps(starts: u64[], sizes: u64[], start: u64, size: u64): bool {
  for (let index = 0; index < sizes.length; index++) {
    if (start < starts[index] + sizes[index] && starts[index] < start + size) return true;
  }
  return false;
}

function refuse(planner: Planner, node: i32, message: string, help: string): void {
  planner.error('OCI206', node, message, help);
}

/** Where a list stands, NONE for one that is not there. */
export function nodeOf(list: List<IdMapping> | null): i32 {
  return list ? list.node : NONE;
}
