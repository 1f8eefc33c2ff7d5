/** Writes JSON as UTF-8. Commas come by themselves; numbers that JavaScript cannot hold are the caller's to write as strings. */
export class Writer {
  private area: StaticArray<u8>;
  length: i32 = 0;
  private needsComma: bool = false;

  constructor(capacity: i32 = 8192) {
    this.area = new StaticArray<u8>(capacity);
  }

  get pointer(): usize {
    return changetype<usize>(this.area);
  }

  get text(): string {
    return String.UTF8.decodeUnsafe(this.pointer, this.length);
  }

  beginObject(): void {
    this.open(0x7b);
  }

  endObject(): void {
    this.close(0x7d);
  }

  beginArray(): void {
    this.open(0x5b);
  }

  endArray(): void {
    this.close(0x5d);
  }

  key(name: string): void {
    this.separate();
    this.quoted(name);
    this.byte(0x3a);
    this.needsComma = false;
  }

  string(value: string): void {
    this.separate();
    this.quoted(value);
  }

  /** A number within ±2^53. */
  integer(value: i64): void {
    this.separate();
    this.plain(value.toString());
  }

  boolean(value: bool): void {
    this.separate();
    this.plain(value ? 'true' : 'false');
  }

  field(key: string, value: string): void {
    this.key(key);
    this.string(value);
  }

  fieldInteger(key: string, value: i64): void {
    this.key(key);
    this.integer(value);
  }

  fieldBoolean(key: string, value: bool): void {
    this.key(key);
    this.boolean(value);
  }

  private open(bracket: u8): void {
    this.separate();
    this.byte(bracket);
    this.needsComma = false;
  }

  private close(bracket: u8): void {
    this.byte(bracket);
    this.needsComma = true;
  }

  private separate(): void {
    if (this.needsComma) this.byte(0x2c);
    this.needsComma = true;
  }

  private quoted(text: string): void {
    this.byte(0x22);
    let from = this.leadingPlain(text);
    for (let index = from; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x20 && code != 0x22 && code != 0x5c) continue;
      if (index > from) this.plain(text.substring(from, index));
      from = index + 1;
      this.byte(0x5c);
      if (code >= 0x20) {
        this.byte(<u8>code);
        continue;
      }
      this.plain('u00');
      this.byte(code < 0x10 ? 0x30 : 0x31);
      this.byte(digit(code & 0xf));
    }
    if (from < text.length) this.plain(text.substring(from));
    this.byte(0x22);
  }

  /** Writes the ASCII that opens the text and stands for itself, which is nearly always all of it; how much that was. */
  private leadingPlain(text: string): i32 {
    const length = text.length;
    this.reserve(length);
    const to = this.pointer + this.length;
    let index = 0;
    for (; index < length; index++) {
      const code = load<u16>(changetype<usize>(text) + ((<usize>index) << 1));
      if (code < 0x20 || code >= 0x80 || code == 0x22 || code == 0x5c) break;
      store<u8>(to + index, <u8>code);
    }
    this.length += index;
    return index;
  }

  private plain(text: string): void {
    this.reserve(text.length * 3);
    const written = String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, this.pointer + this.length);
    this.length += <i32>written;
  }

  private byte(value: u8): void {
    this.reserve(1);
    store<u8>(this.pointer + this.length++, value);
  }

  private reserve(count: i32): void {
    if (this.length + count <= this.area.length) return;
    let capacity = this.area.length;
    while (capacity < this.length + count) capacity *= 2;
    const wider = new StaticArray<u8>(capacity);
    memory.copy(changetype<usize>(wider), this.pointer, this.length);
    this.area = wider;
  }
}

/** The hexadecimal digit of a number below 16. */
function digit(value: i32): u8 {
  return <u8>(value < 10 ? 0x30 + value : 0x57 + value);
}
