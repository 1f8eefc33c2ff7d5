import { Report } from '../report';
import { Cursor } from './cursor';
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
 * stack. After a syntax error reading on would lie: the parser stops, and the document has no root.
 */
export function parse(pointer: usize, length: i32, report: Report, first: i32 = 0): Document {
  const isTooLong = length > MAX_LENGTH;
  const document = new Document(pointer, isTooLong ? 0 : length, first);
  report.document = document;
  if (isTooLong) {
    report.errorAt('OCI001', 0, 0, `the document has ${length} bytes, more than ${MAX_LENGTH}`, '');
    return document;
  }
  document.root = new Parser(document, report).run();
  return document;
}

/** One value a turn; `container` is what the next value belongs to, `previous` its elder sibling. */
class Parser {
  private cursor: Cursor;
  private keys: Keys;
  private depth: i32 = 0;
  private container: i32 = NONE;
  private previous: i32 = NONE;

  constructor(
    private document: Document,
    private report: Report,
  ) {
    this.cursor = new Cursor(document, report);
    this.keys = new Keys(document);
  }

  /** The root; NONE after a syntax error. */
  run(): i32 {
    this.skipByteOrderMark();
    const cursor = this.cursor;
    cursor.skipSpace();
    let root = NONE;
    while (!cursor.failed) {
      const keyStart = this.isInObject() ? this.key() : NONE;
      const node = this.value(keyStart);
      if (cursor.failed) break;
      if (this.container == NONE) root = node;
      else if (this.previous == NONE) this.document.setFirstChild(this.container, node);
      else this.document.setNextSibling(this.previous, node);

      if (this.document.kind(node) >= Kind.ARRAY) {
        this.container = node;
        this.previous = NONE;
        cursor.skipSpace();
        if (!this.closes()) continue;
        this.close();
      } else this.previous = node;
      if (this.isDone()) return root;
    }
    return NONE;
  }

  private isInObject(): bool {
    return this.container != NONE && this.document.kind(this.container) == Kind.OBJECT;
  }

  /** After a value: a comma and the next one, or the end of one container or more, or of the document. */
  private isDone(): bool {
    const cursor = this.cursor;
    while (this.container != NONE) {
      cursor.skipSpace();
      if (cursor.peek() == 0x2c) {
        this.comma();
        return false;
      }
      if (!this.closes()) {
        cursor.unexpected(this.isInObject() ? '"," or "}"' : '"," or "]"');
        return false;
      }
      this.close();
    }
    cursor.skipSpace();
    if (cursor.peek() >= 0) cursor.unexpected('the end of the document');
    return !cursor.failed;
  }

  private comma(): void {
    const cursor = this.cursor;
    const start = cursor.position++;
    cursor.skipSpace();
    if (this.closes()) cursor.fail(start, start + 1, 'a comma follows the last value', 'JSON has no trailing commas');
  }

  private closes(): bool {
    return this.cursor.peek() == (this.isInObject() ? 0x7d : 0x5d);
  }

  private close(): void {
    const node = this.container;
    this.cursor.position++;
    this.depth--;
    this.document.setEnd(node, this.cursor.position);
    if (this.isInObject()) this.keys.check(node, this.report);
    this.previous = node;
    this.container = this.document.parent(node);
  }

  /** Reads a key and its colon; where the key starts. */
  private key(): i32 {
    const cursor = this.cursor;
    const start = cursor.position;
    if (cursor.peek() != 0x22) {
      cursor.unexpected('a key in double quotes');
      return start;
    }
    cursor.string();
    cursor.skipSpace();
    if (cursor.failed) return start;
    if (cursor.peek() != 0x3a) cursor.unexpected('":"');
    cursor.position++;
    cursor.skipSpace();
    return start;
  }

  private value(keyStart: i32): i32 {
    const cursor = this.cursor;
    if (cursor.failed) return NONE;
    const start = cursor.position;
    if (this.document.size >= MAX_NODES) {
      cursor.fail(start, start, `the document has more than ${MAX_NODES} values`, '');
      return NONE;
    }
    const byte = cursor.peek();
    if (byte == 0x7b || byte == 0x5b) {
      if (++this.depth > MAX_DEPTH) {
        cursor.fail(start, start + 1, `the document is nested deeper than ${MAX_DEPTH} levels`, '');
        return NONE;
      }
      cursor.position++;
      return this.document.add(byte == 0x7b ? Kind.OBJECT : Kind.ARRAY, start, this.container, keyStart);
    }
    const kind = this.scalar(byte);
    if (cursor.failed) return NONE;
    const node = this.document.add(kind, start, this.container, keyStart);
    this.document.setEnd(node, cursor.position);
    return node;
  }

  private scalar(byte: i32): Kind {
    const cursor = this.cursor;
    if (byte == 0x22) {
      cursor.string();
      return Kind.STRING;
    }
    if (byte == 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      cursor.number();
      return Kind.NUMBER;
    }
    if (byte == 0x74) {
      cursor.word('true');
      return Kind.TRUE;
    }
    if (byte == 0x66) {
      cursor.word('false');
      return Kind.FALSE;
    }
    if (byte == 0x6e) cursor.word('null');
    else cursor.unexpected('a value');
    return Kind.NULL;
  }

  /** RFC 8259 section 8.1: a parser may ignore one, and nobody should have written it. */
  private skipByteOrderMark(): void {
    const document = this.document;
    if (document.length < 3 || document.byte(0) != 0xef || document.byte(1) != 0xbb || document.byte(2) != 0xbf) return;
    const message = 'the document starts with a byte order mark';
    this.report.warningAt('OCI013', 0, 3, message, 'save it without: most runtimes refuse it');
    this.cursor.position = 3;
  }
}
