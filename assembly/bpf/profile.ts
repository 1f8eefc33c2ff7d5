import { Report, Severity } from '../report';
import { OPERATORS, Seccomp, SyscallArgument, SyscallRule } from '../spec/seccomp';
import { List, Value } from '../spec/value';
import {
  actionOf,
  EPERM,
  hasErrno,
  isA,
  MAX_ERRNO,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_LOG,
  SECCOMP_RET_TRACE,
  SECCOMP_RET_USER_NOTIF,
} from './actions';
import { Architecture, architectureOf } from './architectures';
import { BPF_MAXINSNS } from './classic';
import { Condition, Operator } from './condition';
import { multiplexerOf } from './multiplexers';
import { NAME_COUNT } from './syscall-tables';
import { nearestSyscall, syscallId, syscallName } from './syscalls';

/** man 2 seccomp: struct seccomp_data has six arguments. */
const ARGUMENTS: u64 = 6;

/** What to do with one call, if all of the conditions hold. */
export class Rule {
  /** Contradicts another one, which has been told: the same is found again for every architecture. */
  isConflicting: bool = false;

  constructor(
    /** As syscalls.ts has it. */
    public id: i32,
    public action: u32,
    public conditions: Condition[],
    /** Its name in the profile. */
    public node: i32,
  ) {}
}

/** In `actions`: nothing is said of a call, or that it depends on its arguments. */
export const UNSAID: i64 = -1;
export const CONDITIONAL: i64 = -2;

/**
 * linux.seccomp, checked, with numbers for words. What it says of a call, by its id, is the action of the first rule, if
 * that has no conditions. Otherwise, and for calls that some architectures have multiplexers for, the rules are kept.
 */
export class Profile {
  defaultAction: u32 = 0;
  /** That of the machine first, whether the profile names it or not. */
  architectures: Architecture[] = [];
  actions: StaticArray<i64> = new StaticArray<i64>(NAME_COUNT).fill(UNSAID);
  /** By id, in the order of the profile. */
  conditional: Map<i32, Rule[]> = new Map<i32, Rule[]>();
  multiplexed: Rule[] = [];
  /** All that the profile speaks of, also to say what holds anyway. */
  isSaid: StaticArray<bool> = new StaticArray<bool>(NAME_COUNT);
  rules: i32 = 0;
  notifies: bool = false;
  hasMultiplexers: bool = false;

  /** What is not allowed, and newer than all that the profile knows, is not there: ENOSYS. */
  get hidesNewer(): bool {
    const action = this.defaultAction;
    return action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG && !isA(action, SECCOMP_RET_TRACE);
  }
}

/**
 * Reads the profile as runc does with libseccomp: rules that repeat the default action are left out, names that no
 * architecture has are ignored, conditions that share an argument become a rule each. null after an error.
 */
export function readProfile(seccomp: Seccomp, native: string, report: Report): Profile | null {
  const errors = report.errorCount;
  const profile = new Profile();
  const defaultAction = seccomp.defaultAction;
  if (!defaultAction) return null;
  profile.defaultAction = withErrno(defaultAction, seccomp.defaultErrnoRet, 'defaultErrnoRet', report);
  if (profile.defaultAction == SECCOMP_RET_USER_NOTIF) {
    report.error(
      'OCI504',
      defaultAction.node,
      'SCMP_ACT_NOTIFY is the default action: the launch itself would wait for the agent, which does not know it yet',
      'notify of the calls that the agent answers, by rules of their own',
    );
  }
  readArchitectures(profile, seccomp.architectures, native);
  const rules = seccomp.syscalls;
  if (rules) for (let index = 0; index < rules.items.length; index++) readRule(profile, rules.items[index], report);
  return report.errorCount > errors ? null : profile;
}

function readArchitectures(profile: Profile, names: List<Value<string>> | null, native: string): void {
  const own = architectureOf(native)!;
  profile.architectures.push(own);
  profile.hasMultiplexers = own.hasMultiplexers;
  if (!names) return;
  for (let index = 0; index < names.items.length; index++) {
    const architecture = architectureOf(names.items[index].value);
    if (!architecture || profile.architectures.includes(architecture)) continue;
    profile.architectures.push(architecture);
    if (architecture.hasMultiplexers) profile.hasMultiplexers = true;
  }
}

function readRule(profile: Profile, rule: SyscallRule, report: Report): void {
  const names = rule.names;
  const word = rule.action;
  if (!names || !word) return;
  const action = withErrno(word, rule.errnoRet, 'errnoRet', report);
  const alternatives = readConditions(rule.args, report);
  if (action == SECCOMP_RET_USER_NOTIF) profile.notifies = true;
  for (let index = 0; index < names.items.length; index++) {
    const name = names.items[index];
    const id = syscallId(name.value);
    if (id < 0) {
      reportUnknown(name, report);
      continue;
    }
    if (action == SECCOMP_RET_USER_NOTIF && name.value == 'write') {
      report.error(
        'OCI504',
        name.node,
        'SCMP_ACT_NOTIFY for write: the launch writes to hand the listener over, and nobody could answer it yet',
        'leave write out; the agent can be notified of read and close',
      );
    }
    profile.isSaid[id] = true;
    // A rule that repeats the default action has no effect, not even on others of the same call.
    if (action != profile.defaultAction) addRules(profile, id, action, alternatives, name.node, report);
  }
}

/** An instruction each at least: before that limit is passed by far, nobody should have to wait. */
function reportTooMany(id: i32, node: i32, report: Report): void {
  report.error(
    'OCI513',
    node,
    `"${syscallName(id)}" has ${BPF_MAXINSNS} rules with arguments: the kernel takes no filter of so many`,
    'compare with a range or a mask instead',
  );
}

function addRules(
  profile: Profile,
  id: i32,
  action: u32,
  alternatives: Condition[][],
  node: i32,
  report: Report,
): void {
  for (let index = 0; index < alternatives.length; index++) {
    const conditions = alternatives[index];
    profile.rules++;
    if (profile.hasMultiplexers && multiplexerOf(id)) profile.multiplexed.push(new Rule(id, action, conditions, node));
    const before = profile.actions[id];
    if (before >= 0) continue;
    if (before == UNSAID && conditions.length == 0) {
      profile.actions[id] = action;
      continue;
    }
    if (before == UNSAID) profile.conditional.set(id, []);
    profile.actions[id] = CONDITIONAL;
    const rules = profile.conditional.get(id);
    rules.push(new Rule(id, action, conditions, node));
    if (rules.length == BPF_MAXINSNS) reportTooMany(id, node, report);
  }
}

function reportUnknown(name: Value<string>, report: Report): void {
  if (report.omits('OCI507', Severity.WARNING)) return;
  const near = name.value == '' ? '' : nearestSyscall(name.value);
  report.warning(
    'OCI507',
    name.node,
    `"${name.value}" is no system call of any architecture, and is ignored`,
    near == '' ? 'remove it, or correct it' : `did you mean "${near}"?`,
  ).meant = near;
}

/** The action with its errno, EPERM if none is given. */
function withErrno(word: Value<string>, errno: Value<u64> | null, key: string, report: Report): u32 {
  const action = actionOf(word.value);
  if (!errno) return hasErrno(action) ? action | EPERM : action;
  if (!hasErrno(action)) {
    report.error(
      'OCI501',
      errno.node,
      `${key} is given, and ${word.value} has none`,
      'it goes with SCMP_ACT_ERRNO and SCMP_ACT_TRACE: remove it, or change the action',
    );
    return action;
  }
  const most: u64 = isA(action, SECCOMP_RET_ERRNO) ? MAX_ERRNO : <u64>u16.MAX_VALUE;
  if (errno.value > most) {
    report.error('OCI501', errno.node, `${key} is ${errno.value}`, `with ${word.value} it goes from 0 to ${most}`);
    return action;
  }
  return action | <u32>errno.value;
}

/** All of one list hold, or all of another. Where conditions share an argument each is a list of its own, as runc has it. */
function readConditions(args: List<SyscallArgument> | null, report: Report): Condition[][] {
  const together: Condition[] = [];
  const apart: Condition[][] = [];
  let seen = 0;
  let isShared = false;
  if (args) {
    for (let index = 0; index < args.items.length; index++) {
      const condition = readCondition(args.items[index], report);
      if (!condition) continue;
      if (seen & (1 << condition.argument)) isShared = true;
      seen |= 1 << condition.argument;
      // What holds whatever the argument is no condition.
      if (condition.mask != 0) together.push(condition);
      apart.push(condition.mask == 0 ? [] : [condition]);
    }
  }
  if (isShared) return apart;
  together.sort((left, right) => left.argument - right.argument);
  return [together];
}

function readCondition(item: SyscallArgument, report: Report): Condition | null {
  const index = item.index;
  const value = item.value;
  const word = item.op;
  if (!index || !value || !word) return null;
  if (index.value >= ARGUMENTS) {
    report.error(
      'OCI506',
      index.node,
      `index is ${index.value}, and system calls have six arguments`,
      'it goes from 0 to 5',
    );
    return null;
  }
  const operator = <Operator>OPERATORS.indexOf(word.value);
  const valueTwo = item.valueTwo;
  const second: u64 = valueTwo ? valueTwo.value : 0;
  if (operator == Operator.MASKED_EQ)
    return new Condition(<i32>index.value, operator, value.value, second & value.value);
  if (valueTwo && second != 0) {
    report.warning(
      'OCI511',
      valueTwo.node,
      `valueTwo has no meaning for ${word.value}`,
      'it goes with SCMP_CMP_MASKED_EQ, where value is the mask',
    );
  }
  return new Condition(<i32>index.value, operator, u64.MAX_VALUE, value.value);
}
