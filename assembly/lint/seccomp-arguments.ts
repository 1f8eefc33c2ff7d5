import { NONE } from '../json/document';
import { Diagnostic, Severity } from '../report';
import { Context } from './context';
import { fixing } from './edits';
import { Explanation, Fixable, Preset, Rule } from './rule';

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

  override complete(context: Context, finding: Diagnostic): bool {
    const document = context.document;
    const operator = document.member(document.parent(finding.node), 'op');
    if (operator != NONE) finding.relate(operator, 'the operator');
    fixing(document, finding, 'remove valueTwo', true).remove(finding.node);
    return true;
  }
}

export class ConflictingRules extends Rule {
  constructor() {
    super('OCI512', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'two rules have different actions for the same call and arguments',
      'Which one wins depends on the runtime; libseccomp refuses the second one.',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["socket"],"action":"SCMP_ACT_KILL","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},{"names":["socket"],"action":"SCMP_ACT_LOG","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]}}}',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["socket"],"action":"SCMP_ACT_KILL","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},{"names":["socket"],"action":"SCMP_ACT_LOG","args":[{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]}]}}}',
      'man 3 seccomp_rule_add, EEXIST',
    );
  }
}

/** No example of a few lines has this one: test/bpf/ does. */
export class FilterTooLong extends Rule {
  constructor() {
    super('OCI513', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'the profile makes a longer filter than the kernel takes',
      'A filter has at most 4096 instructions (BPF_MAXINSNS). Other compilers may need more or less for the same profile.',
      '',
      '',
      'man 2 seccomp; include/uapi/linux/bpf_common.h',
    );
  }
}
