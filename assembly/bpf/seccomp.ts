import { Report } from '../report';
import { ENOSYS, SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_THREAD } from './actions';
import { Architecture, X32_SYSCALL_BIT } from './architectures';
import { emitAlternatives } from './chain';
import { Assembler, BPF_JMP_JEQ_K, BPF_MAXINSNS, Target } from './classic';
import { Condition, Operator } from './condition';
import { Alternative, Decision } from './decision';
import { multiplexedOf } from './multiplexers';
import { Profile, Rule } from './profile';
import { Ranges } from './ranges';
import { syscallId, syscallName } from './syscalls';

/** struct seccomp_data, include/uapi/linux/seccomp.h */
const NUMBER_OFFSET: u32 = 0;
const ARCH_OFFSET: u32 = 4;
/** What a tracer makes of a call that it skips: man 2 ptrace. */
const SKIPPED: u32 = 0xffffffff;

/** What one architecture does with its calls. */
class Filtered {
  decisions: Map<i32, Decision> = new Map<i32, Decision>();
  /** The greatest number that the profile speaks of; 0 for none, also where that is the number. */
  newest: u32 = 0;

  constructor(public architecture: Architecture) {}

  /** Whatever is newer than all that the profile speaks of is hidden. */
  hides(profile: Profile): bool {
    return profile.hidesNewer && this.newest != 0;
  }
}

export class Filter {
  constructor(
    /** As classic.ts draws them. */
    public program: u64[],
    private profile: Profile,
    private native: Filtered,
  ) {}

  /** What happens to a call on the machine itself; -1 if that depends on its arguments. */
  actionOf(name: string): i64 {
    const native = this.native;
    const number = native.architecture.numberOf(syscallId(name));
    if (native.hides(this.profile) && <u32>number > native.newest) return SECCOMP_RET_ERRNO | ENOSYS;
    if (!native.decisions.has(number)) return this.profile.defaultAction;
    const decision = native.decisions.get(number);
    return decision.isUnconditional ? <i64>decision.action : -1;
  }
}

/**
 * The filter of a profile: decisions as libseccomp's with runc's stub before it, by a search of our own. null after an error.
 *
 *   the architecture's number → the native one, or the others in turn; one that the profile does not name: kill
 *   the call's number         → a search in its ranges
 *   the arguments             → the alternatives of that call in turn, else the default action
 */
export function compileSeccomp(profile: Profile, node: i32, report: Report): Filter | null {
  const errors = report.errorCount;
  const filtered: Filtered[] = [];
  for (let index = 0; index < profile.architectures.length; index++)
    filtered.push(applyRules(profile, profile.architectures[index], report));
  if (report.errorCount > errors) return null;

  const code = new Assembler();
  let next = code.return(SECCOMP_RET_KILL_THREAD);
  for (let index = filtered.length - 1; index >= 0; index--) {
    const one = filtered[index];
    const partner = partnerOf(filtered, one);
    // Of x86_64 and x32, which share a number, the first has both.
    if (partner && filtered.indexOf(partner) < index) continue;
    const ranges = emitRanges(code, profile, one, partner);
    const search = code.load(NUMBER_OFFSET, ranges.emit(code));
    next = code.jump(BPF_JMP_JEQ_K, one.architecture.audit, search, next);
  }
  code.load(ARCH_OFFSET, next);
  const program = code.program();
  if (program.length > BPF_MAXINSNS) {
    report.error(
      'OCI513',
      'filter-too-long',
      node,
      `the filter has ${program.length} instructions, and the kernel takes ${BPF_MAXINSNS}`,
      'use fewer rules with arguments, or fewer architectures',
    );
    return null;
  }
  return new Filter(program, profile, filtered[0]);
}

function partnerOf(filtered: Filtered[], one: Filtered): Filtered | null {
  for (let index = 0; index < filtered.length; index++) {
    const other = filtered[index];
    if (other !== one && other.architecture.audit == one.architecture.audit) return other;
  }
  return null;
}

// --------------------------------------------------------------------------------------------------------- decisions

function applyRules(profile: Profile, architecture: Architecture, report: Report): Filtered {
  const filtered = new Filtered(architecture);
  const ids = profile.ids.values();
  for (let index = 0; index < ids.length; index++) {
    // A call that a multiplexer knows is not new, whatever its own number.
    if (architecture.hasMultiplexers && multiplexedOf(ids[index])) continue;
    const number = architecture.numberOf(ids[index]);
    if (number > 0) filtered.newest = max(filtered.newest, <u32>number);
  }
  for (let index = 0; index < profile.rules.length; index++) {
    const rule = profile.rules[index];
    const multiplexed = architecture.hasMultiplexers ? multiplexedOf(rule.id) : null;
    if (multiplexed) {
      const conditions = rule.conditions.filter((condition) => condition.argument != 0);
      conditions.unshift(new Condition(0, Operator.EQ, u64.MAX_VALUE, multiplexed.argument));
      applyRule(filtered, architecture.numberOf(multiplexed.multiplexer), rule, conditions, report);
    }
    applyRule(filtered, architecture.numberOf(rule.id), rule, rule.conditions, report);
  }
  return filtered;
}

function applyRule(filtered: Filtered, number: i32, rule: Rule, conditions: Condition[], report: Report): void {
  if (number < 0) return;
  const architecture = filtered.architecture;
  let decision: Decision;
  if (filtered.decisions.has(number)) decision = filtered.decisions.get(number);
  else filtered.decisions.set(number, (decision = new Decision(number)));
  const asked: Condition[] = [];
  for (let index = 0; index < conditions.length; index++) {
    const condition = conditions[index].on(architecture);
    if (!condition.isAlways) asked.push(condition);
  }
  if (asked.length == 0) {
    decision.decide(rule.action);
    return;
  }
  const other = decision.add(new Alternative(asked, rule.action, rule.node, architecture));
  if (other) reportConflict(rule, other, report);
}

function reportConflict(rule: Rule, other: Alternative, report: Report): void {
  const document = report.document;
  const place = document ? `${document.pointer(other.node)}, line ${document.line(document.start(other.node))}` : '';
  report.error(
    'OCI512',
    'conflicting-rules',
    rule.node,
    `"${syscallName(rule.id)}" has another action for the same arguments, or more of them, at ${place}`,
    'keep one of the two',
  );
}

// ------------------------------------------------------------------------------------------------------------ ranges

/** What leads where, of all numbers of one audit architecture. */
class Ranging {
  ranges: Ranges;
  private otherwise: Target;
  private newer: Target;
  private foreign: Target;

  constructor(
    private code: Assembler,
    private profile: Profile,
    known: u32[],
  ) {
    this.ranges = new Ranges(known);
    this.otherwise = code.return(profile.defaultAction);
    this.newer = code.return(SECCOMP_RET_ERRNO | ENOSYS);
    this.foreign = code.return(SECCOMP_RET_KILL_THREAD);
  }

  /** The calls from `start` to those that are newer than the profile. */
  add(filtered: Filtered, start: u32): void {
    const numbers = filtered.decisions.keys().sort((left, right) => left - right);
    const hides = filtered.hides(this.profile);
    let next = start;
    if (hides && filtered.architecture.hidesFirst) this.ranges.begin(next++, this.newer);
    for (let index = 0; index < numbers.length; index++) {
      const number = <u32>numbers[index];
      if (number < next || (hides && number > filtered.newest)) continue;
      if (number > next) this.ranges.begin(next, this.otherwise);
      this.ranges.begin(number, this.targetOf(filtered, numbers[index]));
      next = number + 1;
    }
    this.ranges.begin(next, this.otherwise);
    if (hides) this.ranges.begin(filtered.newest + 1, this.newer);
  }

  /**
   * A number has bit 30 with x32. Without x32 in the profile such a call is one of a foreign architecture, but for that which
   * a tracer skips.
   */
  addX86(native: Filtered | null, x32: Filtered | null): void {
    const ranges = this.ranges;
    if (native) this.add(native, 0);
    else ranges.begin(0, this.foreign);
    if (x32) this.add(x32, X32_SYSCALL_BIT);
    else ranges.begin(X32_SYSCALL_BIT, this.foreign);
    const above = x32 ? this.otherwise : this.foreign;
    ranges.begin(2 * X32_SYSCALL_BIT, native && native.hides(this.profile) ? this.newer : above);
    ranges.begin(3 * X32_SYSCALL_BIT, x32 && x32.hides(this.profile) ? this.newer : above);
    if (!x32) ranges.begin(SKIPPED, this.otherwise);
  }

  private targetOf(filtered: Filtered, number: i32): Target {
    const decision = filtered.decisions.get(number);
    if (decision.isUnconditional) return this.code.return(decision.action);
    return emitAlternatives(this.code, filtered.architecture, decision.alternatives, this.otherwise);
  }
}

/** `partner`: x32 of x86_64, or the other way round. */
function emitRanges(code: Assembler, profile: Profile, one: Filtered, partner: Filtered | null): Ranges {
  const native = one.architecture.isX32 ? partner : one;
  const x32 = one.architecture.isX32 ? one : partner;
  const known = one.architecture.knownNumbers();
  const ranging = new Ranging(code, profile, partner ? known.concat(partner.architecture.knownNumbers()).sort() : known);
  if (one.architecture.hasX32) ranging.addX86(native, x32);
  else ranging.add(one, 0);
  return ranging.ranges;
}
