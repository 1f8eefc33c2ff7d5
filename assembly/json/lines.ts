import { Document } from './document';

/** Bytes between two counts. A document on one line of 16 MiB must not be walked again for every finding. */
const BLOCK: i32 = 1024;

/** Where the lines of a document start, and how many UTF-16 code units stand before each block of it. */
export class Lines {
  private starts: StaticArray<i32>;
  private unitsBefore: StaticArray<i32>;
  private textStart: i32;

  constructor(private document: Document) {
    let count = 1;
    for (let at = 0; at < document.length; at++) if (document.byte(at) == 0x0a) count++;
    this.starts = new StaticArray<i32>(count);
    this.unitsBefore = new StaticArray<i32>(document.length / BLOCK + 1);
    // Editors do not show a byte order mark, so it has no column.
    this.textStart = document.length >= 3 && document.byte(0) == 0xef && document.byte(1) == 0xbb ? 3 : 0;
    let line = 0;
    let units = 0;
    for (let at = 0; at < document.length; at++) {
      if (at % BLOCK == 0) this.unitsBefore[at / BLOCK] = units;
      const byte = document.byte(at);
      units += width(byte);
      if (byte == 0x0a) this.starts[++line] = at + 1;
    }
    if (document.length % BLOCK == 0) this.unitsBefore[document.length / BLOCK] = units;
  }

  line(offset: i32): i32 {
    return this.index(offset) + 1;
  }

  column(offset: i32): i32 {
    const start = max(this.starts[this.index(offset)], this.textStart);
    return this.units(max(offset, start)) - this.units(start) + 1;
  }

  private index(offset: i32): i32 {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private units(offset: i32): i32 {
    let units = this.unitsBefore[offset / BLOCK];
    for (let at = offset - (offset % BLOCK); at < offset; at++) units += width(this.document.byte(at));
    return units;
  }
}

/** A character counts at its first byte; beyond the basic plane it is a surrogate pair. */
function width(byte: u8): i32 {
  return (byte & 0xc0) == 0x80 ? 0 : byte >= 0xf0 ? 2 : 1;
}
