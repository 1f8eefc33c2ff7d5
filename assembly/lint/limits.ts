import { rlimitNames } from '../plan/process';
import { Diagnostic, Severity } from '../report';
import { nearest } from '../spec/nearest';
import { Context } from './context';
import { fixing, quote } from './edits';
import { Explanation, Fixable, Preset, Rule } from './rule';

export class DuplicateRlimit extends Rule {
  constructor() {
    super('OCI113', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a resource is limited twice',
      'The spec forbids it. runc 1.1 dies of it: error closing exec fds: too many open files.',
      '{"process":{"rlimits":[{"type":"RLIMIT_NOFILE","soft":1024,"hard":1024},{"type":"RLIMIT_NOFILE","soft":64,"hard":64}]}}',
      '{"process":{"rlimits":[{"type":"RLIMIT_NOFILE","soft":1024,"hard":1024}]}}',
      'runtime-spec config.md#posix-process',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const document = context.document;
    const rlimits = context.process!.rlimits!;
    const type = document.text(finding.node);
    for (let index = 0; index < rlimits.items.length; index++) {
      const other = rlimits.items[index].type;
      if (!other || other.value != type) continue;
      finding.relate(other.node, 'the first one');
      return true;
    }
    return true;
  }
}

export class SoftAboveHard extends Rule {
  constructor() {
    super('OCI114', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a soft limit is above its hard limit',
      'The kernel refuses it (setrlimit: EINVAL), and the container does not start.',
      '{"process":{"rlimits":[{"type":"RLIMIT_NOFILE","soft":2048,"hard":1024}]}}',
      '{"process":{"rlimits":[{"type":"RLIMIT_NOFILE","soft":1024,"hard":2048}]}}',
      'man 2 setrlimit',
    );
  }
}

export class UnknownRlimit extends Rule {
  constructor() {
    super('OCI115', Severity.ERROR, Preset.SPEC, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'a resource limit is unknown',
      'The spec asks for an error, and runtimes give one.',
      '{"process":{"rlimits":[{"type":"NOFILE","soft":64,"hard":64}]}}',
      '{"process":{"rlimits":[{"type":"RLIMIT_NOFILE","soft":64,"hard":64}]}}',
      'man 2 getrlimit; runtime-spec config.md#posix-process',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const text = context.document.text(finding.node).toUpperCase();
    const meant = nearest(text.startsWith('RLIMIT_') ? text : `RLIMIT_${text}`, rlimitNames());
    if (meant == '') return true;
    finding.help = `did you mean "${meant}"?`;
    fixing(context.document, finding, `write "${meant}"`, false).replace(finding.node, quote(meant));
    return true;
  }
}
