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

const COLUMNS = 7;

/**
 * A parsed document: a flat arena of nodes, one row of seven numbers each, and the bytes they came from. A node is its
 * index. Texts, pointers and line numbers are made when somebody asks, which for most nodes is never.
 *
 *   kind │ start │ end │ parent │ first child │ next sibling │ key start (NONE outside of objects)
 *
 * `start` and `end` are byte offsets; those of a string, and the key start, are at its opening quote.
 */
export class Document {
  root: i32 = NONE;
  private columns: StaticArray<i32> = new StaticArray<i32>(512 * COLUMNS);
  private count: i32 = 0;
  private lineStarts: StaticArray<i32> | null = null;
  private lineCount: i32 = 0;

  constructor(
    private bytes: usize,
    public length: i32,
  ) {}

  // ------------------------------------------------------------ for the parser

  get size(): i32 {
    return this.count;
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
  }

  byte(offset: i32): u8 {
    return load<u8>(this.bytes + offset);
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

  slice(start: i32, end: i32): string {
    return String.UTF8.decodeUnsafe(this.bytes + start, end - start);
  }

  /** Whether the key of a member is this name; plain keys are compared where they stand. */
  keyEquals(node: i32, name: string): bool {
    const start = this.keyStart(node) + 1;
    for (let index = 0; index < name.length; index++) {
      const byte = this.byte(start + index);
      if (byte == 0x5c) return this.keyText(node) == name;
      if (byte != <u8>name.charCodeAt(index)) return false;
    }
    return this.byte(start + name.length) == 0x22;
  }

  /** The string whose opening quote is at `quote`; the parser has checked it. */
  stringAt(quote: i32): string {
    let end = quote + 1;
    let hasEscape = false;
    while (this.byte(end) != 0x22) {
      if (this.byte(end) == 0x5c) {
        hasEscape = true;
        end++;
      }
      end++;
    }
    if (!hasEscape) return this.slice(quote + 1, end);
    let text = '';
    let from = quote + 1;
    for (let at = from; at < end; ) {
      if (this.byte(at) != 0x5c) {
        at++;
        continue;
      }
      text += this.slice(from, at);
      const letter = this.byte(at + 1);
      if (letter == 0x75) {
        text += String.fromCharCode(this.hex(at + 2));
        at += 6;
      } else {
        text += escaped(letter);
        at += 2;
      }
      from = at;
    }
    return text + this.slice(from, end);
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

  /** RFC 6901: `/mounts/3/options/0`, '' for the document itself. */
  pointer(node: i32): string {
    let pointer = '';
    for (let at = node; at != NONE && this.parent(at) != NONE; at = this.parent(at)) {
      const parent = this.parent(at);
      if (this.kind(parent) == Kind.OBJECT) {
        pointer = `/${this.keyText(at).replaceAll('~', '~0').replaceAll('/', '~1')}${pointer}`;
      } else {
        let index = 0;
        for (let item = this.firstChild(parent); item != at; item = this.nextSibling(item)) index++;
        pointer = `/${index}${pointer}`;
      }
    }
    return pointer;
  }

  /** From 1. */
  line(offset: i32): i32 {
    return this.lineIndex(offset) + 1;
  }

  /** From 1, in UTF-16 code units, as editors count. */
  column(offset: i32): i32 {
    let column = 1;
    const end = min(offset, this.length);
    for (let at = this.startOfLine(this.lineIndex(offset)); at < end; at++) {
      const byte = this.byte(at);
      if ((byte & 0xc0) != 0x80) column += byte >= 0xf0 ? 2 : 1;
    }
    return column;
  }

  private lineIndex(offset: i32): i32 {
    this.startOfLine(0);
    const starts = this.lineStarts!;
    let low = 0;
    let high = this.lineCount - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private startOfLine(line: i32): i32 {
    const known = this.lineStarts;
    if (known) return known[line];
    let count = 1;
    for (let at = 0; at < this.length; at++) if (this.byte(at) == 0x0a) count++;
    const starts = new StaticArray<i32>(count);
    this.lineCount = count;
    count = 0;
    for (let at = 0; at < this.length; at++) if (this.byte(at) == 0x0a) starts[++count] = at + 1;
    this.lineStarts = starts;
    return starts[line];
  }
}

function escaped(letter: u8): string {
  switch (letter) {
    case 0x62:
      return '\b';
    case 0x66:
      return '\f';
    case 0x6e:
      return '\n';
    case 0x72:
      return '\r';
    case 0x74:
      return '\t';
    default:
      return String.fromCharCode(letter);
  }
}
