import { Lines } from './lines';

/** No node: an absent field. */
export const NONE: i32 = -1;

export enum Kind {
  NULL,
  FALSE,
  TRUE,
  NUMBER,
  STRING,
  ARRAY,
  OBJECT,
}

const COLUMNS = 8;

/** Characters of a key that a pointer or a message shows: 1000 findings under one hostile key have to stay small. */
const SHOWN: i32 = 256;

/**
 * A parsed document: a flat arena of nodes, one row of eight numbers each, and the bytes they came from. A node is its
 * index. Texts, pointers and line numbers are made when somebody asks, which for most nodes is never.
 *
 *   kind │ start │ end │ parent │ first child │ next sibling │ key start (NONE outside of objects) │ elder siblings
 *
 * `start` and `end` are byte offsets; those of a string, and the key start, are at its opening quote.
 */
export class Document {
  root: i32 = NONE;
  private columns: StaticArray<i32>;
  private count: i32;
  private lines: Lines | null = null;
  /** Where character() has stopped. */
  private after: i32 = 0;

  /** Smaller nodes are those of another document, whose places this one does not have. */
  constructor(
    private bytes: usize,
    public length: i32,
    private first: i32 = 0,
  ) {
    this.count = first;
    this.columns = new StaticArray<i32>((first + 512) * COLUMNS);
  }

  // ------------------------------------------------------------ for the parser

  get size(): i32 {
    return this.count;
  }

  /** Whether a node is one of this document: not NONE, and not of the one that it was numbered on from. */
  has(node: i32): bool {
    return node >= this.first;
  }

  add(kind: Kind, start: i32, parent: i32, keyStart: i32): i32 {
    const node = this.count++;
    const at = node * COLUMNS;
    if (at + COLUMNS > this.columns.length) {
      const wider = new StaticArray<i32>(this.columns.length * 2);
      memory.copy(changetype<usize>(wider), changetype<usize>(this.columns), <usize>at * 4);
      this.columns = wider;
    }
    this.columns[at] = kind;
    this.columns[at + 1] = start;
    this.columns[at + 2] = start;
    this.columns[at + 3] = parent;
    this.columns[at + 4] = NONE;
    this.columns[at + 5] = NONE;
    this.columns[at + 6] = keyStart;
    this.columns[at + 7] = 0;
    return node;
  }

  setEnd(node: i32, end: i32): void {
    this.columns[node * COLUMNS + 2] = end;
  }

  setFirstChild(node: i32, child: i32): void {
    this.columns[node * COLUMNS + 4] = child;
  }

  setNextSibling(node: i32, sibling: i32): void {
    this.columns[node * COLUMNS + 5] = sibling;
    this.columns[sibling * COLUMNS + 7] = this.columns[node * COLUMNS + 7] + 1;
  }

  byte(offset: i32): u8 {
    return load<u8>(this.bytes + offset);
  }

  /** Eight bytes, all of which have to be there. */
  word(offset: i32): u64 {
    return load<u64>(this.bytes + offset);
  }

  // ------------------------------------------------------------------- reading

  kind(node: i32): Kind {
    return <Kind>this.columns[node * COLUMNS];
  }

  start(node: i32): i32 {
    return this.columns[node * COLUMNS + 1];
  }

  end(node: i32): i32 {
    return this.columns[node * COLUMNS + 2];
  }

  parent(node: i32): i32 {
    return this.columns[node * COLUMNS + 3];
  }

  firstChild(node: i32): i32 {
    return this.columns[node * COLUMNS + 4];
  }

  nextSibling(node: i32): i32 {
    return this.columns[node * COLUMNS + 5];
  }

  keyStart(node: i32): i32 {
    return this.columns[node * COLUMNS + 6];
  }

  /** The decoded string. */
  text(node: i32): string {
    return this.stringAt(this.start(node));
  }

  keyText(node: i32): string {
    return this.stringAt(this.keyStart(node));
  }

  /** The bytes as they stand: numbers, and values in messages. */
  source(node: i32): string {
    return String.UTF8.decodeUnsafe(this.bytes + this.start(node), this.end(node) - this.start(node));
  }

  /** The same for a message: whole, unless it is long. */
  shownSource(node: i32): string {
    const start = this.start(node);
    if (this.end(node) - start <= 40) return this.source(node);
    // Not through the middle of a character.
    let cut = start + 36;
    while ((this.byte(cut) & 0xc0) == 0x80) cut--;
    return `${this.slice(start, cut)}…`;
  }

  /** Copies bytes out; how many. */
  copy(start: i32, end: i32, to: usize): i32 {
    memory.copy(to, this.bytes + start, end - start);
    return end - start;
  }

  slice(start: i32, end: i32): string {
    return String.UTF8.decodeUnsafe(this.bytes + start, end - start);
  }

  /** The key for a message: whole, unless it is very long. */
  shownKey(node: i32): string {
    const from = this.keyStart(node) + 1;
    let at = from;
    for (let count = 0; this.byte(at) != 0x22; count++) {
      if (count == SHOWN) return `${this.decoded(from, at)}…`;
      this.character(at);
      at = this.after;
    }
    return this.decoded(from, at);
  }

  /**
   * Whether the key of a member is this name of the spec, which is ASCII, or the part of a text between two places; plain
   * keys are compared where they stand.
   */
  keyEquals(node: i32, name: string, from: i32 = 0, to: i32 = name.length): bool {
    return this.equals(this.keyStart(node) + 1, name, from, to);
  }

  /** The same of the value of a string. */
  textEquals(node: i32, name: string, from: i32 = 0, to: i32 = name.length): bool {
    return this.equals(this.start(node) + 1, name, from, to);
  }

  private equals(start: i32, name: string, from: i32, to: i32): bool {
    let at = start;
    for (let index = from; index < to; index++) {
      let character: i32 = this.byte(at++);
      if (character == 0x5c) {
        character = this.character(at - 1);
        at = this.after;
      } else if (character == 0x22) return false;
      if (character != name.charCodeAt(index)) return false;
    }
    return this.byte(at) == 0x22;
  }

  /** Orders the keys of two members by their characters, 0 if they are the same key. */
  compareKeys(one: i32, other: i32): i32 {
    let left = this.keyStart(one) + 1;
    let right = this.keyStart(other) + 1;
    while (true) {
      const leftByte: i32 = this.byte(left);
      const rightByte: i32 = this.byte(right);
      if (leftByte == 0x22 || rightByte == 0x22) return (rightByte == 0x22 ? 1 : 0) - (leftByte == 0x22 ? 1 : 0);
      if (leftByte != 0x5c && rightByte != 0x5c) {
        // The order of UTF-8 is that of the characters.
        if (leftByte != rightByte) return leftByte - rightByte;
        left++;
        right++;
        continue;
      }
      const character = this.character(left);
      left = this.after;
      const difference = character - this.character(right);
      right = this.after;
      if (difference) return difference;
    }
  }

  /** The value of a member of an object, NONE if there is none or it is null. */
  member(object: i32, key: string): i32 {
    if (this.kind(object) != Kind.OBJECT) return NONE;
    for (let child = this.firstChild(object); child != NONE; child = this.nextSibling(child)) {
      if (this.keyEquals(child, key)) return this.kind(child) == Kind.NULL ? NONE : child;
    }
    return NONE;
  }

  /** RFC 6901: `/mounts/3/options/0`, '' for the document itself. */
  pointer(node: i32): string {
    let pointer = '';
    for (let at = node; at != NONE && this.parent(at) != NONE; at = this.parent(at)) {
      const isMember = this.keyStart(at) != NONE;
      const step = isMember
        ? this.shownKey(at).replaceAll('~', '~0').replaceAll('/', '~1')
        : this.columns[at * COLUMNS + 7].toString();
      pointer = `/${step}${pointer}`;
    }
    return pointer;
  }

  /** From 1. */
  line(offset: i32): i32 {
    return this.places().line(offset);
  }

  /** From 1, in UTF-16 code units, as editors count. */
  column(offset: i32): i32 {
    return this.places().column(offset);
  }

  private places(): Lines {
    const known = this.lines;
    if (known) return known;
    const lines = new Lines(this);
    this.lines = lines;
    return lines;
  }

  /** Behind the closing quote of the key whose opening quote is at `quote`. */
  keyEnd(quote: i32): i32 {
    let end = quote + 1;
    while (this.byte(end) != 0x22) end += this.byte(end) == 0x5c ? 2 : 1;
    return end + 1;
  }

  /** The string whose opening quote is at `quote`; the parser has checked it. */
  private stringAt(quote: i32): string {
    return this.decoded(quote + 1, this.keyEnd(quote) - 1);
  }

  /** What stands between two places of a string. Escapes become UTF-8 first, and no escape is shorter than that. */
  private decoded(start: i32, end: i32): string {
    let at = start;
    while (at < end && this.byte(at) != 0x5c) at++;
    if (at == end) return this.slice(start, end);
    const area = heap.alloc(end - start);
    let length: usize = 0;
    for (at = start; at < end; ) {
      if (this.byte(at) != 0x5c) {
        store<u8>(area + length++, this.byte(at++));
        continue;
      }
      const character = this.character(at);
      at = this.after;
      if (character < 0x80) store<u8>(area + length++, character);
      else if (character < 0x800) {
        store<u8>(area + length++, 0xc0 | (character >> 6));
        store<u8>(area + length++, 0x80 | (character & 0x3f));
      } else if (character < 0x10000) {
        store<u8>(area + length++, 0xe0 | (character >> 12));
        store<u8>(area + length++, 0x80 | ((character >> 6) & 0x3f));
        store<u8>(area + length++, 0x80 | (character & 0x3f));
      } else {
        store<u8>(area + length++, 0xf0 | (character >> 18));
        store<u8>(area + length++, 0x80 | ((character >> 12) & 0x3f));
        store<u8>(area + length++, 0x80 | ((character >> 6) & 0x3f));
        store<u8>(area + length++, 0x80 | (character & 0x3f));
      }
    }
    return String.UTF8.decodeUnsafe(area, length);
  }

  /** The character that starts at this place of a string, its escape or its UTF-8 undone; `after` is the next place. */
  private character(at: i32): i32 {
    const byte: i32 = this.byte(at);
    if (byte == 0x5c) return this.escaped(at);
    if (byte < 0x80) {
      this.after = at + 1;
      return byte;
    }
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    let character = byte & (0x7f >> length);
    for (let index = 1; index < length; index++) character = (character << 6) | (this.byte(at + index) & 0x3f);
    this.after = at + length;
    return character;
  }

  private escaped(at: i32): i32 {
    const letter: i32 = this.byte(at + 1);
    this.after = at + 2;
    switch (letter) {
      case 0x62:
        return 0x08;
      case 0x66:
        return 0x0c;
      case 0x6e:
        return 0x0a;
      case 0x72:
        return 0x0d;
      case 0x74:
        return 0x09;
      case 0x75:
        break;
      default:
        return letter;
    }
    const unit = this.hex(at + 2);
    this.after = at + 6;
    if (unit < 0xd800 || unit >= 0xdc00) return unit;
    this.after = at + 12;
    return 0x10000 + ((unit - 0xd800) << 10) + (this.hex(at + 8) - 0xdc00);
  }

  /** Four hexadecimal digits. */
  hex(offset: i32): i32 {
    let value = 0;
    for (let index = 0; index < 4; index++) {
      const digit = this.byte(offset + index);
      value = (value << 4) | (digit <= 0x39 ? digit - 0x30 : (digit | 0x20) - 0x57);
    }
    return value;
  }
}
