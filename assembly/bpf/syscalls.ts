import { nearest } from '../spec/nearest';
import { NAME_COUNT, NAMES } from './syscall-tables';

/**
 * The names and numbers of system calls. A name is known by its id, its place among the sorted names. A table is a list of
 * 16-bit words in the order of numbers, which count up from 0 by one from call to call:
 *
 *    15        13   10 9         0          15  14                 0
 *   ┌───┬───┬────────┬────────────┐        ┌───┬────────────────────┐
 *   │ 0 │   │variants│ id         │   or   │ 1 │ gap + 1            │   numbers without a call; 0: the same number again
 *   └───┴───┴────────┴────────────┘        └───┴────────────────────┘
 *
 * `variants` has a bit for each architecture of the table that has the call, 0 for all of them.
 */

/** Where each name begins; made when the first is looked up. */
let offsets: StaticArray<u16> | null = null;

function offsetsOfNames(): StaticArray<u16> {
  const known = offsets;
  if (known) return known;
  const made = new StaticArray<u16>(NAME_COUNT);
  let at = 0;
  for (let id = 0; id < NAME_COUNT; id++) {
    made[id] = <u16>at;
    at += 1 + <i32>NAMES[at];
  }
  offsets = made;
  return made;
}

/** -1 for a name that no architecture has. */
export function syscallId(name: string): i32 {
  const places = offsetsOfNames();
  let low = 0;
  let high = NAME_COUNT - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const order = compare(name, places[middle]);
    if (order == 0) return middle;
    if (order < 0) high = middle - 1;
    else low = middle + 1;
  }
  return -1;
}

export function syscallName(id: i32): string {
  const at = <i32>offsetsOfNames()[id];
  const length = <i32>NAMES[at];
  let name = '';
  for (let index = 1; index <= length; index++) name += String.fromCharCode(NAMES[at + index]);
  return name;
}

/** The name that a misspelt one was probably meant to be, '' if none is near. */
export function nearestSyscall(name: string): string {
  const names: string[] = [];
  for (let id = 0; id < NAME_COUNT; id++) names.push(syscallName(id));
  return nearest(name, names);
}

function compare(name: string, at: i32): i32 {
  const length = <i32>NAMES[at];
  const shorter = min(length, name.length);
  for (let index = 0; index < shorter; index++) {
    const difference = name.charCodeAt(index) - <i32>NAMES[at + 1 + index];
    if (difference != 0) return difference;
  }
  return name.length - length;
}

const GAP: u16 = 0x8000;

/** The number of each id in one variant of a table, -1 for none. */
export function numbersOf(table: StaticArray<u16>, variant: i32): StaticArray<i32> {
  const numbers = new StaticArray<i32>(NAME_COUNT);
  for (let id = 0; id < NAME_COUNT; id++) numbers[id] = -1;
  let number = 0;
  for (let index = 0; index < table.length; index++) {
    const word = table[index];
    if (word & GAP) {
      number += <i32>(word & 0x7fff) - 1;
      continue;
    }
    const variants = word >> 10;
    if (variants == 0 || (variants >> <u16>variant) & 1) numbers[word & 1023] = number;
    number++;
  }
  return numbers;
}
