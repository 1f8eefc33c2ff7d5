import { Assembler, BPF_JMP_JEQ_K, BPF_JMP_JGE_K, Target } from './classic';

/** How many ranges without calls are worth as much as one call. */
const CALL_WEIGHT: i32 = 8;

/**
 * All numbers from 0 to 2^32 - 1, cut into ranges of which each leads to one place. What is next to each other and leads to
 * the same place is one range.
 */
export class Ranges {
  private starts: u32[] = [];
  private targets: Target[] = [];
  /** How many calls there are in the ranges before this one. */
  private before: i32[] = [];
  private calls: i32 = 0;

  /** The next range begins at `start`, and goes on until the next call of this, or to the end. */
  begin(start: u32, target: Target): void {
    const last = this.starts.length - 1;
    if (last >= 0 && this.targets[last] === target) return;
    this.starts.push(start);
    this.targets.push(target);
    this.before.push(this.calls);
  }

  /** In the range that was begun last there is one call more to be quick about. */
  count(): void {
    this.calls++;
  }

  /** A search for the number, which A has. */
  emit(code: Assembler): Target {
    return this.search(code, 0, this.starts.length - 1);
  }

  /**
   * Halves the calls and not the ranges: a comparison is to be worth as much as it can. A single call in the midst of
   * others that lead elsewhere, together, is asked for alone.
   */
  private search(code: Assembler, first: i32, last: i32): Target {
    if (first == last) return this.targets[first];
    if (last - first == 2 && this.targets[first] === this.targets[last] && this.isSingle(first + 1))
      return code.jump(BPF_JMP_JEQ_K, this.starts[first + 1], this.targets[first + 1], this.targets[first]);
    const middle = this.middle(first, last);
    const above = this.search(code, middle, last);
    const below = this.search(code, first, middle - 1);
    return code.jump(BPF_JMP_JGE_K, this.starts[middle], above, below);
  }

  private isSingle(index: i32): bool {
    return this.starts[index + 1] - this.starts[index] == 1;
  }

  /** The range behind the cut that leaves the two sides most alike. Even one without calls weighs something. */
  private middle(first: i32, last: i32): i32 {
    const from = this.weightBefore(first);
    const whole = this.weightBefore(last + 1) - from;
    let best = first + 1;
    let least = i32.MAX_VALUE;
    for (let index = first + 1; index <= last; index++) {
      const difference = abs(2 * (this.weightBefore(index) - from) - whole);
      if (difference >= least) break;
      least = difference;
      best = index;
    }
    return best;
  }

  private weightBefore(index: i32): i32 {
    return CALL_WEIGHT * (index < this.before.length ? this.before[index] : this.calls) + index;
  }
}
