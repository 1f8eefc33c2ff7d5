import { Report } from '../report';
import { Document, Kind, NONE } from './document';
import { Keys } from './keys';

/**
 * Limits of a document, each far above what a kernel would take: arguments and environment end at 6 MiB (man 2 execve),
 * and the schema is nine levels deep.
 */
export const MAX_LENGTH: i32 = 16 * 1024 * 1024;
export const MAX_DEPTH: i32 = 128;
export const MAX_NODES: i32 = 1000000;

/**
 * RFC 8259, and nothing beside it. Containers are kept on the arena itself (a node knows its parent), so depth costs no
 * stack. After a syntax error reading on would lie: the parser stops, and the document holds what came before.
 */
export function parse(pointer: usize, length: i32, report: Report): Document {
  const document = new Document(pointer, length);
  report.document = document;
  if (length > MAX_LENGTH) {
    document.length = 0;
    report.errorAt('OCI001', 'invalid-json', 0, 0, `the document has ${length} bytes, more than ${MAX_LENGTH}`, '');
    return document;
  }
  new Parser(document, report).run();
  return document;
}

class Parser {
  private at: i32 = 0;
  private failed: bool = false;
  private depth: i32 = 0;
  private keys: Keys;

  constructor(
    private document: Document,
    private report: Report,
  ) {
    this.keys = new Keys(document);
  }

  run(): void {
    const document = this.document;
    if (document.length >= 3 && document.byte(0) == 0xef && document.byte(1) == 0xbb && document.byte(2) == 0xbf) {
      this.report.warningAt(
        'OCI013',
        'byte-order-mark',
        0,
        3,
        'the document starts with a byte order mark',
        'save it without',
      );
      this.at = 3;
    }
    this.skipSpace();
    let container = NONE;
    let previous = NONE;
    // One value a turn; `container` is what it belongs to, `previous` its sibling before it.
    while (!this.failed) {
      let keyStart = NONE;
      if (container != NONE && document.kind(container) == Kind.OBJECT) {
        keyStart = this.at;
        this.key();
        if (this.failed) return;
      }
      const node = this.value(container, keyStart);
      if (this.failed) return;
      if (container == NONE) document.root = node;
      else if (previous == NONE) document.setFirstChild(container, node);
      else document.setNextSibling(previous, node);

      const kind = document.kind(node);
      if (kind >= Kind.ARRAY) {
        this.skipSpace();
        if (!this.closes(kind)) {
          container = node;
          previous = NONE;
          continue;
        }
        this.at++;
        this.depth--;
        document.setEnd(node, this.at);
      }
      previous = node;
      // After a value: a comma and the next one, or the end of one container or more.
      while (container != NONE) {
        this.skipSpace();
        if (this.peek() == 0x2c) {
          this.at++;
          this.skipSpace();
          break;
        }
        const outer = document.kind(container);
        if (!this.closes(outer)) {
          this.unexpected(outer == Kind.OBJECT ? '"," or "}"' : '"," or "]"');
          return;
        }
        this.at++;
        this.depth--;
        document.setEnd(container, this.at);
        if (outer == Kind.OBJECT) this.keys.check(container, this.report);
        previous = container;
        container = document.parent(container);
      }
      if (container == NONE) {
        this.skipSpace();
        if (this.at < document.length) this.unexpected('the end of the document');
        return;
      }
    }
  }

  private closes(kind: Kind): bool {
    return this.peek() == (kind == Kind.OBJECT ? 0x7d : 0x5d);
  }

  private peek(): i32 {
    return this.at < this.document.length ? this.document.byte(this.at) : -1;
  }

  private skipSpace(): void {
    while (this.at < this.document.length) {
      const byte = this.document.byte(this.at);
      if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) return;
      this.at++;
    }
  }

  private key(): void {
    if (this.peek() != 0x22) {
      this.unexpected('a key in double quotes');
      return;
    }
    this.string();
    this.skipSpace();
    if (this.failed) return;
    if (this.peek() != 0x3a) {
      this.unexpected('":"');
      return;
    }
    this.at++;
    this.skipSpace();
  }

  private value(parent: i32, keyStart: i32): i32 {
    const document = this.document;
    if (document.size >= MAX_NODES)
      return this.fail(this.at, this.at, `the document has more than ${MAX_NODES} values`);
    const start = this.at;
    const byte = this.peek();
    if (byte == 0x7b || byte == 0x5b) {
      if (++this.depth > MAX_DEPTH)
        return this.fail(start, start + 1, `the document is nested deeper than ${MAX_DEPTH} levels`);
      this.at++;
      return document.add(byte == 0x7b ? Kind.OBJECT : Kind.ARRAY, start, parent, keyStart);
    }
    let kind = Kind.NULL;
    if (byte == 0x22) {
      kind = Kind.STRING;
      this.string();
    } else if (byte == 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      kind = Kind.NUMBER;
      this.number();
    } else if (byte == 0x74) {
      kind = Kind.TRUE;
      this.word('true');
    } else if (byte == 0x66) {
      kind = Kind.FALSE;
      this.word('false');
    } else if (byte == 0x6e) this.word('null');
    else this.unexpected('a value');
    if (this.failed) return NONE;
    const node = document.add(kind, start, parent, keyStart);
    document.setEnd(node, this.at);
    return node;
  }

  private word(word: string): void {
    for (let index = 0; index < word.length; index++) {
      if (this.peek() != word.charCodeAt(index)) {
        this.unexpected(`"${word}"`);
        return;
      }
      this.at++;
    }
  }

  private number(): void {
    if (this.peek() == 0x2d) this.at++;
    const first = this.at;
    if (!this.digits()) return;
    if (this.document.byte(first) == 0x30 && this.at > first + 1) {
      this.fail(first, this.at, 'a number starts with a zero: JSON has neither octal numbers nor padding');
      return;
    }
    if (this.peek() == 0x2e) {
      this.at++;
      if (!this.digits()) return;
    }
    if ((this.peek() | 0x20) == 0x65) {
      this.at++;
      if (this.peek() == 0x2b || this.peek() == 0x2d) this.at++;
      this.digits();
    }
  }

  private digits(): bool {
    const start = this.at;
    while (this.peek() >= 0x30 && this.peek() <= 0x39) this.at++;
    if (this.at > start) return true;
    this.unexpected('a digit');
    return false;
  }

  private string(): void {
    const start = this.at++;
    while (!this.failed) {
      const byte = this.peek();
      if (byte == 0x22) {
        this.at++;
        return;
      }
      if (byte < 0) this.fail(start, this.at, 'a string has no end');
      else if (byte < 0x20)
        this.fail(
          this.at,
          this.at + 1,
          `a string holds the control character 0x${byte.toString(16)}: write it as an escape`,
        );
      else if (byte == 0x5c) this.escape();
      else if (byte < 0x80) this.at++;
      else this.character();
    }
  }

  private escape(): void {
    const start = this.at++;
    const byte = this.peek();
    this.at++;
    if (byte == 0x75) {
      const code = this.hex(start);
      if (this.failed) return;
      if (code == 0)
        this.report.warningAt(
          'OCI013',
          'nul-in-string',
          start,
          this.at,
          'the string holds a NUL character, at which it ends for the kernel',
          'remove it',
        );
      if (code >= 0xdc00 && code < 0xe000) this.fail(start, this.at, 'an escape is half of a surrogate pair');
      if (code < 0xd800 || code >= 0xdc00) return;
      if (this.peek() != 0x5c || this.at + 1 >= this.document.length || this.document.byte(this.at + 1) != 0x75) {
        this.fail(start, this.at, 'an escape is half of a surrogate pair');
        return;
      }
      this.at += 2;
      const low = this.hex(this.at - 2);
      if (!this.failed && (low < 0xdc00 || low >= 0xe000))
        this.fail(start, this.at, 'an escape is half of a surrogate pair');
    } else if (byte < 0 || !'"\\/bfnrt'.includes(String.fromCharCode(byte))) {
      this.at = min(this.at, this.document.length);
      this.fail(start, this.at, 'JSON has no such escape');
    }
  }

  private hex(start: i32): i32 {
    for (let index = 0; index < 4; index++) {
      const byte = this.peek() | 0x20;
      if (
        this.peek() < 0 ||
        !((byte >= 0x30 && byte <= 0x39 && this.peek() >= 0x30) || (byte >= 0x61 && byte <= 0x66))
      ) {
        return this.fail(start, this.at, 'an escape \\u has four hexadecimal digits');
      }
      this.at++;
    }
    return this.document.hex(this.at - 4);
  }

  /** One character of two to four bytes, in the only form that UTF-8 allows (RFC 3629). */
  private character(): void {
    const start = this.at;
    const lead = this.peek();
    const length =
      lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
    if (length == 0 || start + length > this.document.length) {
      this.fail(start, start + 1, 'a string is not UTF-8');
      return;
    }
    let code = lead & (0x7f >> length);
    for (let index = 1; index < length; index++) {
      const next = this.document.byte(start + index);
      if ((next & 0xc0) != 0x80) {
        this.fail(start, start + 1, 'a string is not UTF-8');
        return;
      }
      code = (code << 6) | (next & 0x3f);
    }
    const isSurrogate = code >= 0xd800 && code < 0xe000;
    if ((length == 3 && (code < 0x800 || isSurrogate)) || (length == 4 && (code < 0x10000 || code > 0x10ffff))) {
      this.fail(start, start + length, 'a string is not UTF-8');
      return;
    }
    this.at += length;
  }

  private unexpected(expected: string): void {
    const byte = this.peek();
    const found =
      byte < 0
        ? 'the end of the document'
        : byte > 0x20 && byte < 0x7f
          ? `"${String.fromCharCode(byte)}"`
          : `the byte 0x${byte.toString(16)}`;
    this.fail(this.at, byte < 0 ? this.at : this.at + 1, `expected ${expected}, found ${found}`);
  }

  private fail(start: i32, end: i32, message: string): i32 {
    if (!this.failed) this.report.errorAt('OCI001', 'invalid-json', start, end, message, '');
    this.failed = true;
    return NONE;
  }
}
