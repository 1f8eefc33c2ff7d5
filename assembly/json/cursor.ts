import { Report, Severity } from '../report';
import { Document } from './document';

/**
 * Reads tokens of RFC 8259 from the bytes of a document. After the first failure every call does nothing: what it would
 * report comes from misreading.
 */
export class Cursor {
  position: i32 = 0;
  failed: bool = false;

  constructor(
    private document: Document,
    private report: Report,
  ) {}

  /** The next byte, -1 at the end. */
  peek(): i32 {
    return this.position < this.document.length ? this.document.byte(this.position) : -1;
  }

  skipSpace(): void {
    const document = this.document;
    const length = document.length;
    let at = this.position;
    while (at < length && isSpace(document.byte(at))) at++;
    this.position = at;
  }

  word(word: string): void {
    const start = this.position;
    for (let index = 0; index < word.length; index++) {
      if (this.peek() != word.charCodeAt(index)) {
        this.position = start;
        this.unexpected(`"${word}"`);
        return;
      }
      this.position++;
    }
  }

  number(): void {
    if (this.peek() == 0x2d) this.position++;
    const first = this.position;
    if (!this.digits()) return;
    if (this.document.byte(first) == 0x30 && this.position > first + 1) {
      this.fail(first, this.position, 'a number starts with a zero', 'JSON has neither octal numbers nor padding');
      return;
    }
    if (this.peek() == 0x2e) {
      this.position++;
      if (!this.digits()) return;
    }
    if ((this.peek() | 0x20) == 0x65) {
      this.position++;
      if (this.peek() == 0x2b || this.peek() == 0x2d) this.position++;
      this.digits();
    }
  }

  string(): void {
    const start = this.position++;
    while (!this.failed) {
      this.skipPlain();
      const byte = this.peek();
      if (byte == 0x22) {
        this.position++;
        return;
      }
      if (byte < 0) this.fail(start, this.position, 'a string has no end', '');
      else if (byte < 0x20) {
        const message = `a string holds the control character 0x${hexadecimal(byte)}`;
        const help = byte == 0x0a ? 'its closing quote may be missing' : 'write it as an escape';
        this.fail(this.position, this.position + 1, message, help);
      } else if (byte == 0x5c) this.escape();
      else this.character();
    }
  }

  /** Most of most strings. */
  private skipPlain(): void {
    const document = this.document;
    const length = document.length;
    let at = this.position;
    while (at < length && isPlain(document.byte(at))) at++;
    this.position = at;
  }

  /** Says what stands here instead of what JSON wants, and what may have been meant. */
  unexpected(expected: string): void {
    const byte = this.peek();
    let end = this.position + 1;
    let found = `the byte 0x${hexadecimal(byte)}`;
    if (byte < 0) {
      found = 'the end of the document';
      end = this.position;
    } else if (isLetter(byte)) {
      while (end < this.document.length && end - this.position < 16 && isLetter(this.document.byte(end))) end++;
      found = `"${this.document.slice(this.position, end)}"`;
    } else if (byte > 0x20 && byte < 0x7f) found = byte == 0x22 ? 'a string' : `"${String.fromCharCode(byte)}"`;
    this.fail(this.position, end, `expected ${expected}, found ${found}`, this.advice(byte));
  }

  fail(start: i32, end: i32, message: string, help: string): void {
    if (!this.failed) this.report.errorAt('OCI001', start, end, message, help);
    this.failed = true;
  }

  private advice(byte: i32): string {
    if (byte == 0x2f || byte == 0x23) return 'JSON has no comments';
    if (byte == 0x27) return 'strings and keys stand in double quotes';
    if (byte == 0x4e || byte == 0x49) return 'JSON has neither NaN nor Infinity, and null is in small letters';
    if (byte == 0x2b || byte == 0x2e) return 'a number starts with a digit or a minus sign';
    return '';
  }

  private digits(): bool {
    const start = this.position;
    while (this.peek() >= 0x30 && this.peek() <= 0x39) this.position++;
    if (this.position > start) return true;
    this.unexpected('a digit');
    return false;
  }

  private escape(): void {
    const start = this.position++;
    const letter = this.peek();
    if (letter == 0x75) {
      this.position++;
      this.unicode(start);
    } else if (isEscape(letter)) this.position++;
    else {
      const end = min(this.position + 1, this.document.length);
      this.fail(start, end, 'JSON has no such escape', 'a backslash itself is written twice');
    }
  }

  /** Characters beyond the basic plane are a pair of escapes, and half of one is no character (RFC 8259 section 7). */
  private unicode(start: i32): void {
    const unit = this.fourDigits(start);
    if (this.failed) return;
    if (unit == 0) this.warnOfNul(start);
    if (unit < 0xd800 || unit >= 0xe000) return;
    if (unit < 0xdc00 && this.peek() == 0x5c) {
      this.position++;
      if (this.peek() == 0x75) {
        this.position++;
        const low = this.fourDigits(this.position - 2);
        if (this.failed || (low >= 0xdc00 && low < 0xe000)) return;
      }
    }
    this.fail(start, min(start + 6, this.document.length), 'an escape is half of a surrogate pair', '');
  }

  private fourDigits(start: i32): i32 {
    for (let index = 0; index < 4; index++) {
      if (!isHexadecimal(this.peek())) {
        const end = min(this.position + 1, this.document.length);
        this.fail(start, end, 'the escape \\u has four hexadecimal digits', '');
        return 0;
      }
      this.position++;
    }
    return this.document.hex(this.position - 4);
  }

  /** One character of two to four bytes, in the only form that UTF-8 allows (RFC 3629). */
  private character(): void {
    const start = this.position;
    const lead = this.peek();
    const length =
      lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
    if (length == 0 || start + length > this.document.length) {
      this.fail(start, start + 1, 'a string is not UTF-8', '');
      return;
    }
    let code = lead & (0x7f >> length);
    for (let index = 1; index < length; index++) {
      const next = this.document.byte(start + index);
      if ((next & 0xc0) != 0x80) {
        this.fail(start, start + 1, 'a string is not UTF-8', '');
        return;
      }
      code = (code << 6) | (next & 0x3f);
    }
    const isSurrogate = code >= 0xd800 && code < 0xe000;
    if ((length == 3 && (code < 0x800 || isSurrogate)) || (length == 4 && (code < 0x10000 || code > 0x10ffff))) {
      this.fail(start, start + length, 'a string is not UTF-8', '');
      return;
    }
    this.position += length;
  }

  private warnOfNul(start: i32): void {
    if (this.report.omits('OCI013', Severity.WARNING)) return;
    const message = 'the string holds a NUL character, at which it ends for the kernel';
    this.report.warningAt('OCI013', start, this.position, message, 'remove it');
  }
}

function isSpace(byte: u8): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}

/** A character of one byte that stands for itself in a string. */
function isPlain(byte: u8): bool {
  return byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5c;
}

function isLetter(byte: i32): bool {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
}

function isHexadecimal(byte: i32): bool {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}

/** After a backslash: " \ / b f n r t */
function isEscape(byte: i32): bool {
  switch (byte) {
    case 0x22:
    case 0x5c:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return true;
    default:
      return false;
  }
}

function hexadecimal(byte: i32): string {
  return byte < 16 ? `0${byte.toString(16)}` : byte.toString(16);
}
