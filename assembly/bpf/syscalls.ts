import { nearest } from '../spec/nearest';
import { NAME_COUNT, NAMES, OFFSETS, SLOTS } from './syscall-tables';

/**
 * The names and numbers of system calls. A name is known by its id, its place among the sorted names. A table is a list of
 * 16-bit words in the order of numbers, which count up from 0 by one from call to call:
 *
 *    15   14    13  10 9         0          15  14                 0
 *   ┌───┬────┬────────┬────────────┐        ┌───┬────────────────────┐
 *   │ 0 │    │variants│ id         │   or   │ 1 │ gap + 1            │   numbers without a call; 0: the same number again
 *   └───┴────┴────────┴────────────┘        └───┴────────────────────┘
 *
 * `variants` has a bit for each architecture of the table that has the call, 0 for all of them.
 */

/** -1 for a name that no architecture has. */
export function syscallId(name: string): i32 {
  const length = name.length;
  let hash = length;
  for (let index = 0; index < length; index++) hash = hash * 31 + name.charCodeAt(index);
  const last = SLOTS.length - 1;
  let slot = (hash ^ (hash >>> 11)) & last;
  let id = <i32>SLOTS[slot] - 1;
  while (id >= 0 && !isName(id, name, length)) {
    slot = (slot + 1) & last;
    id = <i32>SLOTS[slot] - 1;
  }
  return id;
}

function isName(id: i32, name: string, length: i32): bool {
  const at = <i32>OFFSETS[id];
  if (<i32>NAMES[at] != length) return false;
  for (let index = 0; index < length; index++) {
    if (name.charCodeAt(index) != <i32>NAMES[at + 1 + index]) return false;
  }
  return true;
}

export function syscallName(id: i32): string {
  const at = <i32>OFFSETS[id];
  const length = <i32>NAMES[at];
  let name = '';
  for (let index = 1; index <= length; index++) name += String.fromCharCode(NAMES[at + index]);
  return name;
}

/** The name that a misspelt one was probably meant to be, '' if none is near. Its first letter is taken to be right. */
export function nearestSyscall(name: string): string {
  const first = name.length > 0 ? name.charCodeAt(0) | 0x20 : 0;
  const names: string[] = [];
  for (let id = 0; id < NAME_COUNT; id++) {
    const at = <i32>OFFSETS[id];
    if (<i32>NAMES[at + 1] == first && abs(<i32>NAMES[at] - name.length) <= 2) names.push(syscallName(id));
  }
  return nearest(name, names);
}

const GAP: u16 = 0x8000;

/** Goes through one variant of a table, call by call in the order of numbers. */
export class TableReader {
  number: i32 = -1;
  id: i32 = -1;
  private at: i32 = 0;
  private after: i32 = 0;

  constructor(
    private table: StaticArray<u16>,
    private variant: i32,
  ) {}

  next(): bool {
    const table = this.table;
    const length = table.length;
    let number = this.after;
    let at = this.at;
    while (at < length) {
      const word = table[at++];
      if (word & GAP) {
        number += <i32>(word & 0x7fff) - 1;
        continue;
      }
      const variants = <i32>(word >> 10);
      if (variants == 0 || (variants >> this.variant) & 1) {
        this.id = <i32>(word & 1023);
        this.number = number;
        this.after = number + 1;
        this.at = at;
        return true;
      }
      number++;
    }
    this.at = at;
    return false;
  }
}
