import { Document } from './document';

/** Bytes between two counts. A document on one line of 16 MiB must not be walked again for every finding. */
const BLOCK: i32 = 1024;

/** Where the lines of a document start, and how many UTF-16 code units stand before each block of it. */
export class Lines {
  private starts: StaticArray<i32>;
  private unitsBefore: StaticArray<i32>;
  private textStart: i32;

  constructor(private document: Document) {
    const length = document.length;
    this.starts = new StaticArray<i32>(newlines(document, 0, length) + 1);
    this.unitsBefore = new StaticArray<i32>(length / BLOCK + 1);
    // Editors do not show a byte order mark, so it has no column.
    this.textStart = length >= 3 && document.byte(0) == 0xef && document.byte(1) == 0xbb ? 3 : 0;
    let units = 0;
    for (let block = 0; block < this.unitsBefore.length; block++) {
      this.unitsBefore[block] = units;
      units += width(document, block * BLOCK, min((block + 1) * BLOCK, length));
    }
    let line = 0;
    for (let at = 0; at < length; at += WORD) {
      const end = min(at + WORD, length);
      if (end - at == WORD && newlinesOf(document.word(at)) == 0) continue;
      for (let byte = at; byte < end; byte++) if (document.byte(byte) == 0x0a) this.starts[++line] = byte + 1;
    }
  }

  line(offset: i32): i32 {
    return this.index(offset) + 1;
  }

  column(offset: i32): i32 {
    const start = max(this.starts[this.index(offset)], this.textStart);
    if (offset <= start) return 1;
    if (offset - start < BLOCK) return width(this.document, start, offset) + 1;
    return this.units(offset) - this.units(start) + 1;
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
    const block = offset / BLOCK;
    return this.unitsBefore[block] + width(this.document, block * BLOCK, offset);
  }
}

// Eight bytes at once: of each byte the highest bit is the answer.

const WORD: i32 = 8;
const EVERY: u64 = u64.MAX_VALUE / 0xff;
const HIGHEST: u64 = EVERY * 0x80;
const NEWLINES: u64 = EVERY * 0x0a;

function newlines(document: Document, start: i32, end: i32): i32 {
  let count = 0;
  let at = start;
  for (; at + WORD <= end; at += WORD) count += newlinesOf(document.word(at));
  for (; at < end; at++) if (document.byte(at) == 0x0a) count++;
  return count;
}

function newlinesOf(word: u64): i32 {
  const other = word ^ NEWLINES;
  return <i32>popcnt(~(((other & ~HIGHEST) + ~HIGHEST) | other) & HIGHEST);
}

/** UTF-16 code units: a character counts at its first byte; beyond the basic plane it is a surrogate pair. */
function width(document: Document, start: i32, end: i32): i32 {
  let units = 0;
  let at = start;
  for (; at + WORD <= end; at += WORD) {
    const word = document.word(at);
    const continued = word & ~(word << 1) & HIGHEST;
    const pairs = word & (word << 1) & (word << 2) & (word << 3) & HIGHEST;
    units += WORD - <i32>popcnt(continued) + <i32>popcnt(pairs);
  }
  for (; at < end; at++) {
    const byte = document.byte(at);
    units += (byte & 0xc0) == 0x80 ? 0 : byte >= 0xf0 ? 2 : 1;
  }
  return units;
}
