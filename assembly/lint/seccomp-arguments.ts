import { Severity } from '../report';
import { Context } from './context';
import { fixing } from './edits';
import { Explanation, Fixable, Preset, Rule } from './rule';
import { rulesOf } from './seccomp';

export class ArgumentIndexRange extends Rule {
  constructor() {
    super('OCI506', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'the index of an argument is above 5',
      'System calls have six arguments.',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["socket"],"action":"SCMP_ACT_KILL","args":[{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]}]}}}',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["socket"],"action":"SCMP_ACT_KILL","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]}}}',
      'man 2 seccomp, struct seccomp_data',
    );
  }

  override check(context: Context): void {
    const seccomp = context.seccomp;
    if (!seccomp) return;
    const rules = rulesOf(seccomp);
    for (let index = 0; index < rules.length; index++) {
      const args = rules[index].args;
      if (!args) continue;
      for (let at = 0; at < args.items.length; at++) {
        const argument = args.items[at].index;
        if (!argument || argument.value <= 5 || context.findings.omits(this.id, Severity.ERROR)) continue;
        const message = `index is ${argument.value}, and system calls have six arguments`;
        this.found(context, argument.node, message, 'it goes from 0 to 5');
      }
    }
  }
}

export class UselessValueTwo extends Rule {
  /** WARNING and RECOMMENDED: it is ignored, and nobody refuses it. */
  constructor() {
    super('OCI511', Severity.WARNING, Preset.RECOMMENDED, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'valueTwo for an operator that compares with one value',
      'It is ignored. With SCMP_CMP_MASKED_EQ the value is the mask, and valueTwo what is left of the argument.',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["socket"],"action":"SCMP_ACT_KILL","args":[{"index":0,"value":1,"valueTwo":2,"op":"SCMP_CMP_EQ"}]}]}}}',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["socket"],"action":"SCMP_ACT_KILL","args":[{"index":0,"value":3,"valueTwo":2,"op":"SCMP_CMP_MASKED_EQ"}]}]}}}',
      'runtime-spec config-linux.md#seccomp; man 3 seccomp_rule_add',
    );
  }

  override check(context: Context): void {
    const seccomp = context.seccomp;
    if (!seccomp) return;
    const rules = rulesOf(seccomp);
    for (let index = 0; index < rules.length; index++) {
      const args = rules[index].args;
      if (!args) continue;
      for (let at = 0; at < args.items.length; at++) {
        const value = args.items[at].valueTwo;
        const op = args.items[at].op;
        if (!value || !op || value.value == 0 || op.value == 'SCMP_CMP_MASKED_EQ') continue;
        if (context.findings.omits(this.id, Severity.WARNING)) continue;
        const message = `valueTwo has no meaning for ${op.value}`;
        const help = 'it goes with SCMP_CMP_MASKED_EQ, where value is the mask';
        const finding = this.found(context, value.node, message, help).relate(op.node, 'the operator');
        fixing(context.document, finding, 'remove valueTwo', true).remove(value.node);
      }
    }
  }
}
