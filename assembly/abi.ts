import { mark, release } from './json/arena';
import { MAX_LENGTH } from './json/parser';
import { Writer } from './json/writer';

/** What all entries of the module share: areas for input, and the result of the last call. */

let address: usize = 0;
let length: i32 = 0;
/** Where the memory of documents begins, 0 while there is none. */
let start: usize = 0;

export function abiVersion(): i32 {
  return 1;
}

/**
 * An area for input; 0 if no document may have this length, and an entry that is called with 0 and the length then says so
 * without reading a byte.
 */
export function allocate(size: i32): usize {
  if (size < 0 || size > MAX_LENGTH) return 0;
  if (start == 0) start = mark();
  return heap.alloc(max(size, 1));
}

/** UTF-8 JSON, or bytes; there until the next call. */
export function result(): usize {
  return address;
}

export function resultLength(): i32 {
  return length;
}

export function give(writer: Writer): void {
  giveBytes(writer.pointer, writer.length);
}

export function giveBytes(from: usize, size: i32): void {
  address = from;
  length = size;
}

/** The memory of all that has been allocated since the first area. */
export function giveBack(): void {
  if (start != 0) release(start);
  start = 0;
  giveBytes(0, 0);
}
