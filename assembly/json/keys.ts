import { Report, Severity } from '../report';
import { Document, NONE } from './document';

/** Up to this many members are compared pair by pair; more are sorted. */
const FEW: i32 = 12;

/**
 * Finds keys that an object has twice. Large objects are sorted rather than hashed: a hash would need a secret seed, and
 * the module has no source of one, so keys made to collide could take a quadratic time.
 */
export class Keys {
  private members: StaticArray<i32> = new StaticArray<i32>(0);
  private scratch: StaticArray<i32> = new StaticArray<i32>(0);

  constructor(private document: Document) {}

  check(object: i32, report: Report): void {
    const document = this.document;
    let count = 0;
    for (let member = document.firstChild(object); member != NONE; member = document.nextSibling(member)) count++;
    if (count > FEW) this.checkMany(object, count, report);
    else this.checkFew(object, report);
  }

  private checkFew(object: i32, report: Report): void {
    const document = this.document;
    for (let member = document.firstChild(object); member != NONE; member = document.nextSibling(member)) {
      for (let other = document.firstChild(object); other != member; other = document.nextSibling(other)) {
        if (document.compareKeys(member, other) != 0) continue;
        this.tell(member, report);
        break;
      }
    }
  }

  /** A merge sort is stable, so of equal neighbours the right one is the later one in the document. */
  private checkMany(object: i32, count: i32, report: Report): void {
    const document = this.document;
    if (this.members.length < count) {
      this.members = new StaticArray<i32>(count * 2);
      this.scratch = new StaticArray<i32>(count * 2);
    }
    let index = 0;
    for (let member = document.firstChild(object); member != NONE; member = document.nextSibling(member)) {
      this.members[index++] = member;
    }
    for (let width = 1; width < count; width *= 2) {
      for (let start = 0; start < count; start += width * 2) {
        this.merge(start, min(start + width, count), min(start + width * 2, count));
      }
      const sorted = this.scratch;
      this.scratch = this.members;
      this.members = sorted;
    }
    for (index = 1; index < count; index++) {
      if (document.compareKeys(this.members[index - 1], this.members[index]) == 0) {
        this.tell(this.members[index], report);
      }
    }
  }

  private merge(start: i32, middle: i32, end: i32): void {
    const from = this.members;
    let left = start;
    let right = middle;
    for (let at = start; at < end; at++) {
      const takesLeft = right == end || (left < middle && this.document.compareKeys(from[left], from[right]) <= 0);
      this.scratch[at] = from[takesLeft ? left++ : right++];
    }
  }

  private tell(member: i32, report: Report): void {
    if (report.omits('OCI002', Severity.ERROR)) return;
    report.errorAtMember(
      'OCI002',
      member,
      this.document.keyStart(member),
      `the key "${this.document.shownKey(member)}" stands twice in this object`,
      'parsers differ in which one they keep: remove one',
    );
  }
}
