import { Report } from '../report';
import { ENOSYS, SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_THREAD } from './actions';
import { Answer } from './answers';
import { Architecture, X32_SYSCALL_BIT } from './architectures';
import { emitAlternatives } from './chain';
import { Assembler, BPF_JMP_JEQ_K, BPF_MAXINSNS, Target } from './classic';
import { Condition, Operator } from './condition';
import { Alternative, Decision } from './decision';
import { IPC, multiplexedNumber, multiplexerOf, SOCKETCALL } from './multiplexers';
import { CONDITIONAL, Profile, Rule, UNSAID } from './profile';
import { Ranges } from './ranges';
import { syscallId, syscallName } from './syscalls';

/** struct seccomp_data, include/uapi/linux/seccomp.h */
const NUMBER_OFFSET: u32 = 0;
const ARCH_OFFSET: u32 = 4;
/** What a tracer makes of a call that it skips: man 2 ptrace. */
const SKIPPED: u32 = 0xffffffff;

export class Filter {
  constructor(
    /** As classic.ts draws them. */
    public program: u64[],
    private profile: Profile,
  ) {}

  /** What happens to a call on the machine itself; -1 if that depends on its arguments. */
  actionOf(name: string): i64 {
    const profile = this.profile;
    const native = profile.architectures[0];
    const id = syscallId(name);
    const newest = newestOf(profile, native);
    if (profile.hidesNewer && newest != 0 && <u32>native.numberOf(id) > newest) return SECCOMP_RET_ERRNO | ENOSYS;
    const action = profile.actions[id];
    if (action != CONDITIONAL) return action == UNSAID ? <i64>profile.defaultAction : action;
    const rules = profile.conditional.get(id);
    for (let index = 0; index < rules.length; index++)
      if (rules[index].conditions.length == 0) return rules[index].action;
    return -1;
  }

  /** What happens to each call of the machine itself that is not left to the default action, in the order of numbers. */
  answers(): Answer[] {
    const profile = this.profile;
    const native = profile.architectures[0];
    const newest = newestOf(profile, native);
    const answers: Answer[] = [];
    const calls = native.calls();
    while (calls.next()) {
      const name = syscallName(calls.id);
      if (profile.hidesNewer && newest != 0 && <u32>(native.base + calls.number) > newest) {
        answers.push(new Answer(name, SECCOMP_RET_ERRNO | ENOSYS, []));
        continue;
      }
      const action = profile.actions[calls.id];
      if (action == UNSAID) continue;
      const decided = action == CONDITIONAL ? this.actionOf(name) : action;
      const alternatives = decided < 0 ? profile.conditional.get(calls.id) : [];
      answers.push(new Answer(name, <u32>decided, alternatives));
    }
    return answers;
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
  const code = new Assembler();
  const all = profile.architectures;
  let next = code.return(SECCOMP_RET_KILL_THREAD);
  for (let index = all.length - 1; index >= 0; index--) {
    const partner = partnerOf(all, all[index]);
    // Of x86_64 and x32, which share a number, the first has both.
    if (partner && all.indexOf(partner) < index) continue;
    const ranges = new ArchitectureRanges(code, profile, report).fill(all[index], partner);
    const search = code.load(NUMBER_OFFSET, ranges.emit(code));
    next = code.jump(BPF_JMP_JEQ_K, all[index].audit, search, next);
  }
  code.load(ARCH_OFFSET, next);
  const program = code.program();
  if (program.length > BPF_MAXINSNS) reportTooLong(program.length, node, report);
  return report.errorCount > errors ? null : new Filter(program, profile);
}

function partnerOf(all: Architecture[], one: Architecture): Architecture | null {
  for (let index = 0; index < all.length; index++)
    if (all[index] !== one && all[index].audit == one.audit) return all[index];
  return null;
}

/** The greatest number that the profile speaks of; 0 for none, also where that is the number. */
function newestOf(profile: Profile, architecture: Architecture): u32 {
  const calls = architecture.calls();
  let newest: u32 = 0;
  while (calls.next()) {
    if (!profile.isSaid[calls.id]) continue;
    // A call that a multiplexer knows is not new, whatever its own number.
    if (architecture.hasMultiplexers && multiplexedNumber(calls.id)) continue;
    newest = architecture.base + calls.number;
  }
  return newest;
}

/** What leads where, of all numbers of one audit architecture. */
class ArchitectureRanges {
  private ranges: Ranges = new Ranges();
  private otherwise: Target;
  private newer: Target;
  private foreign: Target;

  constructor(
    private code: Assembler,
    private profile: Profile,
    private report: Report,
  ) {
    this.otherwise = code.return(profile.defaultAction);
    this.newer = code.return(SECCOMP_RET_ERRNO | ENOSYS);
    this.foreign = code.return(SECCOMP_RET_KILL_THREAD);
  }

  /** `partner`: x32 of x86_64, or the other way round. */
  fill(architecture: Architecture, partner: Architecture | null): Ranges {
    if (!architecture.hasX32) this.add(architecture, 0);
    else if (architecture.isX32) this.addX86(partner, architecture);
    else this.addX86(architecture, partner);
    return this.ranges;
  }

  /**
   * A number has bit 30 with x32. Without x32 in the profile such a call is one of a foreign architecture, but for that which
   * a tracer skips.
   */
  private addX86(native: Architecture | null, x32: Architecture | null): void {
    const ranges = this.ranges;
    let hidesNative = false;
    let hidesX32 = false;
    if (native) hidesNative = this.add(native, 0);
    else ranges.begin(0, this.foreign);
    if (x32) hidesX32 = this.add(x32, X32_SYSCALL_BIT);
    else ranges.begin(X32_SYSCALL_BIT, this.foreign);
    const above = x32 ? this.otherwise : this.foreign;
    ranges.begin(2 * X32_SYSCALL_BIT, hidesNative ? this.newer : above);
    ranges.begin(3 * X32_SYSCALL_BIT, hidesX32 ? this.newer : above);
    if (!x32) ranges.begin(SKIPPED, this.otherwise);
  }

  /** The calls of an architecture, from the number `start`. Answers whether newer ones are hidden. */
  private add(architecture: Architecture, start: u32): bool {
    const ranges = this.ranges;
    const newest = newestOf(this.profile, architecture);
    const hides = this.profile.hidesNewer && newest != 0;
    const calls = architecture.calls();
    let next = start;
    let gap = this.otherwise;
    if (hides && architecture.hidesFirst) ranges.begin(next++, this.newer);
    while (calls.next()) {
      const number = <u32>(architecture.base + calls.number);
      if (number < next) continue;
      if (number > next) ranges.begin(next, gap);
      ranges.begin(number, hides && number > newest ? this.newer : this.targetOf(architecture, calls.number, calls.id));
      // Hardly any kernel has x32: its calls must not cost the others a comparison.
      if (!architecture.isX32) ranges.count();
      if (hides && number == newest) gap = this.newer;
      next = number + 1;
    }
    ranges.begin(next, gap);
    return hides;
  }

  private targetOf(architecture: Architecture, number: i32, id: i32): Target {
    const action = this.profile.actions[id];
    if (action >= 0) return this.code.return(<u32>action);
    if (architecture.hasMultiplexers && (number == SOCKETCALL || number == IPC))
      return this.decide(architecture, this.profile.multiplexed, number);
    if (action == UNSAID) return this.otherwise;
    return this.decide(architecture, this.profile.conditional.get(id), 0);
  }

  /** By the rules of a call; of `multiplexer`, if that is not 0, by those of all that it stands for. */
  private decide(architecture: Architecture, rules: Rule[], multiplexer: i32): Target {
    // What is too long already is refused at the end.
    if (this.code.length > BPF_MAXINSNS) return this.otherwise;
    const decision = new Decision();
    for (let index = 0; index < rules.length && !decision.isUnconditional; index++) {
      const rule = rules[index];
      if (multiplexer && multiplexerOf(rule.id) != multiplexer) continue;
      const conditions = conditionsOn(architecture, rule, multiplexer != 0);
      if (conditions.length == 0) {
        decision.decide(rule.action);
        continue;
      }
      const other = decision.add(new Alternative(conditions, rule.action, rule.node, architecture));
      if (other && !rule.isConflicting) reportConflict(rule, other, this.report);
    }
    if (decision.isUnconditional) return this.code.return(decision.action);
    return emitAlternatives(this.code, architecture, decision.alternatives, this.otherwise);
  }
}

/** A multiplexer is asked for a call by its first argument; what the call's own arguments are it takes from memory. */
function conditionsOn(architecture: Architecture, rule: Rule, isMultiplexer: bool): Condition[] {
  const conditions: Condition[] = [];
  const asked = isMultiplexer ? multiplexedNumber(rule.id) : 0;
  if (asked) conditions.push(new Condition(0, Operator.EQ, u64.MAX_VALUE, asked).on(architecture));
  for (let index = 0; index < rule.conditions.length; index++) {
    const condition = rule.conditions[index].on(architecture);
    if (!condition.isAlways && !(asked && condition.argument == 0)) conditions.push(condition);
  }
  return conditions;
}

function reportConflict(rule: Rule, other: Alternative, report: Report): void {
  rule.isConflicting = true;
  const document = report.document;
  const place = document ? `${document.pointer(other.node)}, line ${document.line(document.start(other.node))}` : '';
  report.error(
    'OCI512',
    rule.node,
    `"${syscallName(rule.id)}" has another action for the same arguments, or more of them, at ${place}`,
    'keep one of the two',
  );
}

function reportTooLong(length: i32, node: i32, report: Report): void {
  report.error(
    'OCI513',
    node,
    `the filter has ${length} instructions, and the kernel takes ${BPF_MAXINSNS}`,
    'use fewer rules with arguments, or fewer architectures',
  );
}
