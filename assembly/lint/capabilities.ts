import { join } from '../json/text';
import { capabilityNames } from '../plan/capability';
import { Diagnostic, Severity } from '../report';
import { nearest } from '../spec/nearest';
import { Capabilities } from '../spec/process';
import { List, Value } from '../spec/value';
import { Context } from './context';
import { fixing, quote } from './edits';
import { Explanation, Fixable, Preset, Rule } from './rule';

export function setsOf(context: Context): Capabilities | null {
  const process = context.process;
  return process ? process.capabilities : null;
}

/** Bit n for capability n. */
export function bitsOf(list: List<Value<string>> | null): u64 {
  let bits: u64 = 0;
  if (!list) return bits;
  const names = capabilityNames();
  for (let index = 0; index < list.items.length; index++) {
    const number = names.indexOf(list.items[index].value);
    if (number >= 0) bits |= (<u64>1) << number;
  }
  return bits;
}

function namesOf(bits: u64): string {
  const names = capabilityNames();
  const listed: string[] = [];
  for (let number = 0; number < names.length; number++) if (bits & ((<u64>1) << number)) listed.push(names[number]);
  return join(listed, ', ');
}

function areMany(bits: u64): bool {
  return popcnt(bits) > 1;
}

export class UnknownCapability extends Rule {
  constructor() {
    super('OCI109', Severity.WARNING, Preset.RECOMMENDED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'a capability is unknown',
      'Most runtimes leave it out with a warning that nobody reads; crun refuses it since 1.29.',
      '{"process":{"capabilities":{"bounding":["NET_BIND_SERVICE"]}}}',
      '{"process":{"capabilities":{"bounding":["CAP_NET_BIND_SERVICE"]}}}',
      'man 7 capabilities; runtime-spec config.md#linux-process',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const text = context.document.text(finding.node).toUpperCase();
    const meant = nearest(text.startsWith('CAP_') ? text : `CAP_${text}`, capabilityNames());
    finding.message = `${context.document.shownSource(finding.node)} is no capability, and runtimes leave it out`;
    if (meant == '') return true;
    finding.help = `did you mean "${meant}"?`;
    fixing(context.document, finding, `write "${meant}"`, false).replace(finding.node, quote(meant));
    return true;
  }
}

export class EffectiveNotPermitted extends Rule {
  constructor() {
    super('OCI110', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a capability is effective and not permitted',
      'The kernel refuses such sets (capset: EPERM), and the container does not start.',
      '{"process":{"capabilities":{"bounding":["CAP_KILL"],"effective":["CAP_KILL"],"permitted":[]}}}',
      '{"process":{"capabilities":{"bounding":["CAP_KILL"],"effective":["CAP_KILL"],"permitted":["CAP_KILL"]}}}',
      'man 2 capset; man 7 capabilities',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const sets = setsOf(context)!;
    const permitted = sets.permitted;
    const wrong = bitsOf(sets.effective) & ~bitsOf(permitted);
    finding.message = `${namesOf(wrong)} ${areMany(wrong) ? 'are' : 'is'} effective and not permitted`;
    if (permitted) finding.relate(permitted.node, 'what is permitted');
    return true;
  }
}

export class AmbientNotInheritable extends Rule {
  /** INFO and not an error as the kernel has it: runtimes leave these out, and the configs that runc and crun write have them. */
  constructor() {
    super('OCI111', Severity.INFO, Preset.RECOMMENDED, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'a capability is ambient, and not both permitted and inheritable',
      'The kernel refuses it, and runtimes leave it out: a program that is not root has less than the config seems to say.',
      '{"process":{"capabilities":{"bounding":["CAP_KILL"],"permitted":["CAP_KILL"],"ambient":["CAP_KILL"]}}}',
      '{"process":{"capabilities":{"bounding":["CAP_KILL"],"permitted":["CAP_KILL"],"inheritable":["CAP_KILL"],"ambient":["CAP_KILL"]}}}',
      'man 2 prctl, PR_CAP_AMBIENT_RAISE; man 7 capabilities',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const sets = setsOf(context)!;
    const ambient = sets.ambient!;
    const allowed = bitsOf(sets.permitted) & bitsOf(sets.inheritable);
    const wrong = bitsOf(ambient) & ~allowed;
    finding.message = `${namesOf(wrong)} cannot be ambient: not both permitted and inheritable`;
    finding.help = 'add to permitted and inheritable what the program needs, and remove the rest from ambient';
    const removed: i32[] = [];
    for (let index = 0; index < ambient.items.length; index++) {
      const number = capabilityNames().indexOf(ambient.items[index].value);
      if (number >= 0 && wrong & ((<u64>1) << number)) removed.push(ambient.items[index].node);
    }
    fixing(context.document, finding, 'remove them from ambient', true).removeAll(removed);
    return true;
  }
}

export class CapabilityNotBounding extends Rule {
  constructor() {
    super('OCI112', Severity.WARNING, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'a set has a capability that the bounding set has not',
      'The bounding set is the limit of what any program can get: after the first execve the capability may be gone.',
      '{"process":{"capabilities":{"bounding":[],"permitted":["CAP_KILL"]}}}',
      '{"process":{"capabilities":{"bounding":["CAP_KILL"],"permitted":["CAP_KILL"]}}}',
      'man 7 capabilities, "Capability bounding set"',
    );
  }

  override check(context: Context): void {
    const sets = setsOf(context);
    if (!sets) return;
    const bounding = sets.bounding;
    const bound = bitsOf(bounding);
    this.checkSet(context, 'permitted', sets.permitted, bounding, bound);
    this.checkSet(context, 'effective', sets.effective, bounding, bound);
    this.checkSet(context, 'inheritable', sets.inheritable, bounding, bound);
    this.checkSet(context, 'ambient', sets.ambient, bounding, bound);
  }

  private checkSet(
    context: Context,
    name: string,
    set: List<Value<string>> | null,
    bounding: List<Value<string>> | null,
    bound: u64,
  ): void {
    const wrong = bitsOf(set) & ~bound;
    if (!set || wrong == 0) return;
    const message = `${namesOf(wrong)} ${areMany(wrong) ? 'are' : 'is'} ${name} and not in the bounding set`;
    const finding = this.found(context, set.node, message, 'add to bounding what the program is to have');
    if (bounding) finding.relate(bounding.node, 'the bounding set');
  }
}
