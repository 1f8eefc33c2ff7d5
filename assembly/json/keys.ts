import { Report } from '../report';
import { Document, NONE } from './document';

/** Up to this many members are compared pair by pair; more go through a hash table. */
const FEW: i32 = 8;

/** Finds keys that an object has twice, in time linear in its members. */
export class Keys {
  private table: StaticArray<i32> = new StaticArray<i32>(0);

  constructor(private document: Document) {}

  check(object: i32, report: Report): void {
    const document = this.document;
    let count = 0;
    for (let member = document.firstChild(object); member != NONE; member = document.nextSibling(member)) count++;
    if (count > FEW) {
      this.checkMany(object, count, report);
      return;
    }
    for (let member = document.firstChild(object); member != NONE; member = document.nextSibling(member)) {
      for (let other = document.firstChild(object); other != member; other = document.nextSibling(other)) {
        if (this.isSame(member, other)) {
          this.tell(member, report);
          break;
        }
      }
    }
  }

  /** Open addressing; a slot holds a member, or NONE. At most half full. */
  private checkMany(object: i32, count: i32, report: Report): void {
    const document = this.document;
    let capacity = 32;
    while (capacity < count * 2) capacity *= 2;
    if (this.table.length < capacity) this.table = new StaticArray<i32>(capacity);
    const table = this.table;
    for (let slot = 0; slot < capacity; slot++) table[slot] = NONE;
    for (let member = document.firstChild(object); member != NONE; member = document.nextSibling(member)) {
      let slot = this.hash(member) & (capacity - 1);
      while (table[slot] != NONE && !this.isSame(table[slot], member)) slot = (slot + 1) & (capacity - 1);
      if (table[slot] == NONE) table[slot] = member;
      else this.tell(member, report);
    }
  }

  /** FNV-1a of the decoded key; most have no escapes and are hashed where they stand. */
  private hash(member: i32): i32 {
    const document = this.document;
    let hash: u32 = 0x811c9dc5;
    for (let at = document.keyStart(member) + 1; document.byte(at) != 0x22; at++) {
      if (document.byte(at) == 0x5c) return this.hashText(document.keyText(member));
      hash = (hash ^ document.byte(at)) * 0x01000193;
    }
    return hash ^ (hash >> 15);
  }

  private hashText(text: string): i32 {
    const bytes = Uint8Array.wrap(String.UTF8.encode(text));
    let hash: u32 = 0x811c9dc5;
    for (let index = 0; index < bytes.length; index++) hash = (hash ^ bytes[index]) * 0x01000193;
    return hash ^ (hash >> 15);
  }

  private isSame(one: i32, other: i32): bool {
    const document = this.document;
    let left = document.keyStart(one) + 1;
    let right = document.keyStart(other) + 1;
    while (true) {
      const byte = document.byte(left);
      if (byte == 0x5c || document.byte(right) == 0x5c) return document.keyText(one) == document.keyText(other);
      if (byte != document.byte(right)) return false;
      if (byte == 0x22) return true;
      left++;
      right++;
    }
  }

  private tell(member: i32, report: Report): void {
    const start = this.document.keyStart(member);
    const key = this.document.keyText(member);
    report.errorAtMember(
      'OCI002',
      'duplicate-key',
      member,
      start,
      `the key "${key}" stands twice in this object`,
      'parsers differ in which one they keep: remove one',
    );
  }
}
