/** A growing area of little-endian bytes, zero where nothing was put. */
export class Bytes {
  private area: StaticArray<u8> = new StaticArray<u8>(16384);
  length: i32 = 0;

  /** Makes room for `count` bytes on a boundary of `alignment` and returns their offset. */
  reserve(count: i32, alignment: i32): i32 {
    const offset = (this.length + alignment - 1) & -alignment;
    const end = offset + count;
    if (end > this.area.length) {
      let capacity = this.area.length;
      while (capacity < end) capacity *= 2;
      const wider = new StaticArray<u8>(capacity);
      memory.copy(changetype<usize>(wider), changetype<usize>(this.area), this.length);
      this.area = wider;
    }
    this.length = end;
    return offset;
  }

  /** Address in the module's memory, good until the next reserve(). */
  get address(): usize {
    return changetype<usize>(this.area);
  }

  put8(offset: i32, value: u8): void {
    store<u8>(this.address + offset, value);
  }

  put16(offset: i32, value: u16): void {
    store<u16>(this.address + offset, value);
  }

  put32(offset: i32, value: u32): void {
    store<u32>(this.address + offset, value);
  }

  put64(offset: i32, value: u64): void {
    store<u64>(this.address + offset, value);
  }

  /** UTF-8 with a NUL behind it; returns the offset. */
  putText(text: string): i32 {
    // Room for the longest that it may become: to count first would be to walk over it twice.
    const offset = this.reserve(3 * text.length + 1, 1);
    const size = String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, this.address + offset, true);
    this.length = offset + <i32>size;
    return offset;
  }

  copy(offset: i32, source: Bytes): void {
    memory.copy(this.address + offset, source.address, source.length);
  }
}
