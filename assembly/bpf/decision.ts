import { Architecture } from './architectures';
import { Condition, Operator } from './condition';

/**
 * One comparison of 32 bits, which is all that a filter can do at once. Rules are ordered by them as libseccomp has it, so
 * that of two that hold the same one decides: later arguments first, and the upper half of one before its lower; single
 * values before ranges that end, and those before ranges that begin; greater values first, but smaller ends of ranges.
 */
class Word {
  constructor(
    private place: i32,
    private rank: i32,
    private isEnd: bool,
    private comparison: Operator,
    /** It holds where the comparison does not. Of an upper half that is not the end of it yet. */
    private isNegated: bool,
    private mask: u32,
    private datum: u32,
  ) {}

  equals(other: Word): bool {
    return (
      this.place == other.place &&
      this.comparison == other.comparison &&
      this.isNegated == other.isNegated &&
      this.mask == other.mask &&
      this.datum == other.datum
    );
  }

  isAfter(other: Word): bool {
    if (this.place != other.place) return this.place < other.place;
    if (this.rank != other.rank) return this.rank < other.rank;
    return this.isEnd ? this.datum > other.datum : this.datum < other.datum;
  }
}

function wordOf(condition: Condition, isHigh: bool, isWide: bool): Word {
  const operator = condition.operator;
  const shift: u64 = isHigh ? 32 : 0;
  const isEnd = operator == Operator.LT || operator == Operator.LE;
  const isRange = isEnd || operator == Operator.GT || operator == Operator.GE;
  // What is compared is always one of four: less is not greater or equal, and so on.
  let comparison = operator;
  if (operator == Operator.NE) comparison = Operator.EQ;
  if (operator == Operator.LE || (isRange && isHigh)) comparison = Operator.GT;
  else if (operator == Operator.LT) comparison = Operator.GE;
  return new Word(
    2 * condition.argument + (isWide && isHigh ? 1 : 0),
    isEnd ? 2 : isRange ? 1 : 3,
    isEnd,
    comparison,
    !isHigh && (isEnd || operator == Operator.NE),
    <u32>(condition.mask >> shift),
    <u32>(condition.datum >> shift),
  );
}

/** A rule for one call of one architecture. */
export class Alternative {
  words: Word[] = [];

  constructor(
    public conditions: Condition[],
    public action: u32,
    public node: i32,
    architecture: Architecture,
  ) {
    for (let index = 0; index < conditions.length; index++) {
      if (architecture.isWide) this.words.push(wordOf(conditions[index], true, true));
      this.words.push(wordOf(conditions[index], false, architecture.isWide));
    }
  }
}

/** What happens to one call of one architecture: an action whatever its arguments, or the first alternative that holds. */
export class Decision {
  isUnconditional: bool = false;
  action: u32 = 0;
  alternatives: Alternative[] = [];

  /** The first rule without conditions is the last word: what was said before it and what comes after it has no effect. */
  decide(action: u32): void {
    this.isUnconditional = true;
    this.action = action;
    this.alternatives = [];
  }

  /** Answers the rule that says something else of the very same arguments, or of more of them; null if there is none. */
  add(added: Alternative): Alternative | null {
    const list = this.alternatives;
    let from = 0;
    let to = list.length;
    for (let depth = 0; depth < added.words.length; depth++) {
      const word = added.words[depth];
      let at = from;
      while (at < to && !list[at].words[depth].equals(word) && !list[at].words[depth].isAfter(word)) at++;
      if (at == to || !list[at].words[depth].equals(word)) {
        insert(list, at, added);
        return null;
      }
      // From here on among those that begin the same.
      from = at;
      while (at < to && list[at].words[depth].equals(word)) at++;
      to = at;
      // One of them asks for no more: what is asked for beyond that makes no difference.
      if (depth + 1 < added.words.length && list[from].words.length == depth + 1) return null;
    }
    for (let index = from; index < to; index++) if (list[index].action != added.action) return list[index];
    list.splice(from, to - from);
    insert(list, from, added);
    return null;
  }
}

function insert(list: Alternative[], at: i32, added: Alternative): void {
  list.push(added);
  for (let index = list.length - 1; index > at; index--) list[index] = list[index - 1];
  list[at] = added;
}
