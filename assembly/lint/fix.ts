import { mark, release } from '../json/arena';
import { splice, Text } from '../json/splice';
import { Edit, Fix } from '../report';
import { lintConfig } from './lint';
import { Options } from './options';
import { Rule } from './rule';

/** The text that fixes have made; `count` says how many. */
export class Fixed extends Text {
  count: i32 = 0;
}

/** What people write takes two or three rounds. */
const MOST_ROUNDS = 100;

/** Bytes to be read in all: of a hostile document a part of the fixes is done, and the next call does more. */
const MOST_BYTES = 32 * 1024 * 1024;

/**
 * Applies fixes until none is left. Of those that touch the same bytes the one with the earlier finding has its turn, and
 * the other one in the next round, if it still has a reason. Bytes outside of edits stay as they are.
 */
export function fixConfig(config: usize, length: i32, rules: Rule[], options: Options): Fixed {
  const fixed = new Fixed(config, length);
  let start = mark();
  let read = 0;
  for (let round = 0; round < MOST_ROUNDS && read < MOST_BYTES; round++) {
    read += fixed.length;
    const chosen = new Chosen(options.isUnsafe);
    const linted = lintConfig(fixed.address, fixed.length, rules, options);
    const findings = linted.findings.sorted();
    for (let index = 0; index < findings.length; index++) {
      const fix = findings[index].fix;
      if (fix) chosen.take(fix);
    }
    if (chosen.count == 0) return fixed;
    const text = splice(linted.document, chosen.edits);
    const count = chosen.count;
    const made = text.address;
    const bytes = text.length;
    // The round gives back all it has used: the text moves down to where it began.
    release(start);
    start = mark();
    fixed.address = heap.alloc(max(bytes, 1));
    fixed.length = bytes;
    fixed.count += count;
    memory.copy(fixed.address, made, bytes);
  }
  return fixed;
}

/** The fixes of one round, none touching another. */
class Chosen {
  count: i32 = 0;
  /** In the order of the document. */
  edits: Edit[] = [];

  constructor(private isUnsafe: bool) {}

  take(fix: Fix): void {
    if (!fix.isSafe && !this.isUnsafe) return;
    for (let index = 0; index < fix.edits.length; index++) if (this.touches(fix.edits[index])) return;
    for (let index = 0; index < fix.edits.length; index++) this.insert(fix.edits[index]);
    this.count++;
  }

  private touches(edit: Edit): bool {
    for (let index = 0; index < this.edits.length; index++) {
      const other = this.edits[index];
      const isInsertion = edit.start == edit.end || other.start == other.end;
      if (
        isInsertion
          ? edit.start <= other.end && other.start <= edit.end
          : edit.start < other.end && other.start < edit.end
      )
        return true;
    }
    return false;
  }

  private insert(edit: Edit): void {
    let at = this.edits.length;
    this.edits.push(edit);
    for (; at > 0 && this.edits[at - 1].start > edit.start; at--) this.edits[at] = this.edits[at - 1];
    this.edits[at] = edit;
  }
}
