import { isDangerous } from '../danger.ts';
import type { Seccomp } from '../outcome.ts';
import { type Changes, pairs } from './change.ts';

/** Of calls that a list has, so many are named in the text; all of them are in `calls`. */
const NAMED = 12;

export function diffSeccomp(changes: Changes, before: Seccomp | undefined, after: Seccomp | undefined): void {
  const places = { before: before?.place, after: after?.place };
  if (!before && !after) return;
  if (before && !after) {
    const allowed = callsOf(before).filter((name) => !isAllowed(answer(before, name)));
    const rest = isAllowed(before.defaultAction) ? list(allowed) : 'all that the filter does not allow';
    changes.add('seccomp', 'gains', 96, `loses its seccomp filter: ${rest} can be called`, places, allowed);
    return;
  }
  if (!before && after) {
    const text = `gets a seccomp filter: ${after.calls.size + after.conditional.size} calls have rules, all others get ${after.defaultAction}`;
    changes.add('seccomp', 'loses', 96, text, places);
    return;
  }
  if (before && after) diffFilters(changes, before, after);
}

function diffFilters(changes: Changes, before: Seccomp, after: Seccomp): void {
  const places = { before: before.place, after: after.place };
  if (before.defaultAction !== after.defaultAction) {
    const text = `calls that no rule is about get ${after.defaultAction} instead of ${before.defaultAction}`;
    const was = isAllowed(before.defaultAction);
    const is = isAllowed(after.defaultAction);
    changes.add('seccomp', is && !was ? 'gains' : was && !is ? 'loses' : 'changes', 93, text, places);
  }
  const allowed: string[] = [];
  const forbidden: string[] = [];
  const answered = new Map<string, string[]>();
  for (const name of new Set([...callsOf(before), ...callsOf(after)])) {
    const was = answer(before, name);
    const is = answer(after, name);
    if (was === is) continue;
    if (before.conditional.has(name) || after.conditional.has(name)) {
      diffConditions(changes, before, after, name);
    } else if (isAllowed(is) && !isAllowed(was)) allowed.push(name);
    else if (isAllowed(was) && !isAllowed(is)) forbidden.push(name);
    else {
      const text = `${was} → ${is}`;
      answered.set(text, [...(answered.get(text) ?? []), name]);
    }
  }
  addCalls(changes, 'gains', 'may call', allowed, places);
  addCalls(changes, 'loses', 'may no longer call', forbidden, places);
  for (const [text, names] of answered) {
    changes.add('seccomp', 'changes', 30, `${list(names)}: ${text}`, places, names.toSorted());
  }
  diffRest(changes, before, after);
}

type Places = Parameters<Changes['add']>[4];

function addCalls(changes: Changes, effect: 'gains' | 'loses', verb: string, names: string[], places: Places): void {
  if (names.length === 0) return;
  const weight = names.some(isDangerous) ? 82 : 59;
  changes.add('seccomp', effect, weight, `${verb} ${list(names)}`, places, names.toSorted());
}

/** Of a call whose arguments decide, before or after. */
function diffConditions(changes: Changes, before: Seccomp, after: Seccomp, name: string): void {
  const more = reach(after, name) - reach(before, name);
  const effect = more > 0 ? 'gains' : more < 0 ? 'loses' : 'changes';
  const text = `${name}: ${answer(before, name)} → ${answer(after, name)}`;
  const weight = isDangerous(name) ? 78 : 57;
  changes.add('seccomp', effect, weight, text, { before: before.place, after: after.place }, [name]);
}

/** 2 for a call that is allowed, 1 for one that some arguments allow, 0 for one that is not. */
function reach({ calls, conditional, defaultAction }: Seccomp, name: string): number {
  const rules = conditional.get(name);
  if (!rules) return isAllowed(calls.get(name) ?? defaultAction) ? 2 : 0;
  return isAllowed(defaultAction) || rules.some((rule) => isAllowed(rule.split(' if ')[0] ?? '')) ? 1 : 0;
}

function diffRest(changes: Changes, before: Seccomp, after: Seccomp): void {
  const places = { before: before.place, after: after.place };
  for (const [name, was, is] of pairs(before.architectures, after.architectures, (one) => one)) {
    if (!was && is) changes.add('seccomp', 'gains', 49, `may make calls of ${name}`, places);
    if (was && !is) changes.add('seccomp', 'loses', 49, `may make no calls of ${name} any more`, places);
  }
  if (before.listenerPath !== after.listenerPath) {
    const text = `calls are decided by the agent at ${after.listenerPath ?? 'none'} instead of ${before.listenerPath ?? 'none'}`;
    changes.add('seccomp', 'changes', 70, text, places);
  }
}

function callsOf({ calls, conditional }: Seccomp): string[] {
  return [...calls.keys(), ...conditional.keys()];
}

/** `ALLOW`, or for a call whose arguments decide all of its rules. */
function answer(filter: Seccomp, name: string): string {
  return filter.calls.get(name) ?? filter.conditional.get(name)?.join(', else ') ?? filter.defaultAction;
}

/** Logging and tracing let it happen; an agent is asked, and may. */
export function isAllowed(action: string): boolean {
  return action === 'ALLOW' || action === 'LOG' || action === 'NOTIFY' || /^TRACE\(\d+\)$/.test(action);
}

/** The dangerous ones first. */
function list(names: string[]): string {
  const sorted = names.toSorted(
    (left, right) => Number(isDangerous(right)) - Number(isDangerous(left)) || (left < right ? -1 : 1),
  );
  if (sorted.length <= NAMED) return sorted.join(', ');
  return `${sorted.slice(0, NAMED).join(', ')} and ${sorted.length - NAMED} more calls`;
}
