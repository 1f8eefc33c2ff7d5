import { Architecture } from './architectures';
import { Assembler, BPF_JMP_JEQ_K, BPF_JMP_JGE_K, BPF_JMP_JGT_K, Target } from './classic';
import { Condition, Operator } from './condition';
import { Alternative } from './decision';

/**
 * The alternatives of one call, one after the other; `otherwise` is where none has held. Written backward, as the assembler
 * wants it: the last one first, and of each its last condition first.
 */
export function emitAlternatives(
  code: Assembler,
  architecture: Architecture,
  alternatives: Alternative[],
  otherwise: Target,
): Target {
  let next = otherwise;
  let end = alternatives.length;
  while (end > 0) {
    const start = switchStart(architecture, alternatives, end);
    if (start < end) {
      next = emitSwitch(code, architecture, alternatives, start, end, next);
      end = start;
    } else next = emitAlternative(code, architecture, alternatives[--end], next);
  }
  return next;
}

function emitAlternative(
  code: Assembler,
  architecture: Architecture,
  alternative: Alternative,
  otherwise: Target,
): Target {
  const conditions = alternative.conditions;
  let holds = code.return(alternative.action);
  for (let index = conditions.length - 1; index >= 0; index--)
    holds = emitCondition(code, architecture, conditions[index], holds, otherwise);
  return holds;
}

/** What the filter can compare are 32 bits: the upper half decides, or leaves it to the lower. */
function emitCondition(
  code: Assembler,
  architecture: Architecture,
  condition: Condition,
  holds: Target,
  fails: Target,
): Target {
  const operator = condition.operator;
  const isNegated = operator == Operator.NE || operator == Operator.LT || operator == Operator.LE;
  const yes = isNegated ? fails : holds;
  const no = isNegated ? holds : fails;
  const mask = condition.mask;
  const datum = condition.datum;
  const lowOffset = architecture.offsetOf(condition.argument, false);
  const highOffset = architecture.offsetOf(condition.argument, true);

  if (operator == Operator.EQ || operator == Operator.NE || operator == Operator.MASKED_EQ) {
    const low = emitEqual(code, lowOffset, <u32>mask, <u32>datum, yes, no);
    return architecture.isWide ? emitEqual(code, highOffset, <u32>(mask >> 32), <u32>(datum >> 32), low, no) : low;
  }
  const jump = operator == Operator.GT || operator == Operator.LE ? BPF_JMP_JGT_K : BPF_JMP_JGE_K;
  const low = code.load(lowOffset, code.jump(jump, <u32>datum, yes, no));
  if (!architecture.isWide) return low;
  const high = <u32>(datum >> 32);
  // What is not greater than 0 is 0.
  const same = high == 0 ? low : code.jump(BPF_JMP_JEQ_K, high, low, no);
  return code.load(highOffset, code.jump(BPF_JMP_JGT_K, high, yes, same));
}

/** (word & mask) == datum; without a mask there is nothing to ask. */
function emitEqual(code: Assembler, offset: u32, mask: u32, datum: u32, yes: Target, no: Target): Target {
  if (mask == 0) return yes;
  let test = code.jump(BPF_JMP_JEQ_K, datum, yes, no);
  if (mask != u32.MAX_VALUE) test = code.and(mask, test);
  return code.load(offset, test);
}

/** Where the alternatives before `end` begin that differ in nothing but one value; `end` if there are none. */
function switchStart(architecture: Architecture, alternatives: Alternative[], end: i32): i32 {
  const last = alternatives[end - 1];
  if (!isCase(architecture, last)) return end;
  const condition = last.conditions[0];
  let start = end - 1;
  while (start > 0 && isCase(architecture, alternatives[start - 1])) {
    const other = alternatives[start - 1].conditions[0];
    if (other.argument != condition.argument || other.datum >> 32 != condition.datum >> 32) break;
    start--;
  }
  return start;
}

function isCase(architecture: Architecture, alternative: Alternative): bool {
  return alternative.conditions.length == 1 && alternative.conditions[0].isEqual(architecture);
}

/** Loads the argument once for all of them. */
function emitSwitch(
  code: Assembler,
  architecture: Architecture,
  alternatives: Alternative[],
  start: i32,
  end: i32,
  otherwise: Target,
): Target {
  const condition = alternatives[start].conditions[0];
  let next = otherwise;
  for (let index = end - 1; index >= start; index--) {
    const value = <u32>alternatives[index].conditions[0].datum;
    next = code.jump(BPF_JMP_JEQ_K, value, code.return(alternatives[index].action), next);
  }
  next = code.load(architecture.offsetOf(condition.argument, false), next);
  if (!architecture.isWide) return next;
  next = code.jump(BPF_JMP_JEQ_K, <u32>(condition.datum >> 32), next, otherwise);
  return code.load(architecture.offsetOf(condition.argument, true), next);
}
