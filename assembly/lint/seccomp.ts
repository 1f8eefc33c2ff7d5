import { NONE } from '../json/document';
import { Diagnostic, Severity } from '../report';
import { Seccomp, SyscallRule } from '../spec/seccomp';
import { Context } from './context';
import { fixing } from './edits';
import { Explanation, Fixable, Preset, Rule } from './rule';

/** include/linux/err.h */
const _MAX_ERRNO: u64 = 4095;

export function rulesOf(seccomp: Seccomp): SyscallRule[] {
  const list = seccomp.syscalls;
  return list ? list.items : [];
}

function hasErrno(action: string): bool {
  return action == 'SCMP_ACT_ERRNO' || action == 'SCMP_ACT_TRACE';
}

/** Whether a call goes through as far as the filter is concerned. */
export function permits(action: string): bool {
  return action == 'SCMP_ACT_ALLOW' || action == 'SCMP_ACT_LOG' || action == 'SCMP_ACT_NOTIFY';
}

/** The rule that has this call whatever its arguments, null if only the default has. */
function ruleOf(seccomp: Seccomp, call: string): SyscallRule | null {
  const rules = rulesOf(seccomp);
  for (let index = 0; index < rules.length; index++) {
    const names = rules[index].names;
    const args = rules[index].args;
    if (!names || (args && args.items.length > 0)) continue;
    for (let at = 0; at < names.items.length; at++) if (names.items[at].value == call) return rules[index];
  }
  return null;
}

/** '' where it is missing. */
export function actionFor(seccomp: Seccomp, call: string): string {
  const rule = ruleOf(seccomp, call);
  const action = rule ? rule.action : seccomp.defaultAction;
  return action ? action.value : '';
}

export class ErrnoOnOtherAction extends Rule {
  constructor() {
    super('OCI501', Severity.ERROR, Preset.SPEC, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'an errno for an action that has none, or beyond what there is',
      'The spec asks for an error: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE hand a number on.',
      '{"ociVersion":"1.2.0","linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":1}}}',
      '{"ociVersion":"1.2.0","linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW"}}}',
      'runtime-spec config-linux.md#seccomp',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const document = context.document;
    const isDefault = document.keyEquals(finding.node, 'defaultErrnoRet');
    const action = document.member(document.parent(finding.node), isDefault ? 'defaultAction' : 'action');
    if (action == NONE || hasErrno(document.text(action))) return true;
    finding.relate(action, 'the action');
    fixing(document, finding, 'remove it', true).remove(finding.node);
    return true;
  }
}

export class MetadataWithoutListener extends Rule {
  constructor() {
    super('OCI502', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'listenerMetadata without listenerPath',
      'It is for an agent, and there is none: the spec forbids it.',
      '{"ociVersion":"1.2.0","linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":"one"}}}',
      '{"ociVersion":"1.2.0","linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW"}}}',
      'runtime-spec config-linux.md#seccomp',
    );
  }
}

export class NotifyWithoutListener extends Rule {
  constructor() {
    super('OCI503', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'SCMP_ACT_NOTIFY without listenerPath',
      'There is no agent to notify: runtimes refuse the config, or the call never returns.',
      '{"ociVersion":"1.2.0","linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mknod"],"action":"SCMP_ACT_NOTIFY"}]}}}',
      '{"ociVersion":"1.2.0","linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/run/agent.sock","syscalls":[{"names":["mknod"],"action":"SCMP_ACT_NOTIFY"}]}}}',
      'runtime-spec config-linux.md#seccomp; man 2 seccomp_unotify',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const rules = rulesOf(context.seccomp!);
    for (let index = 0; index < rules.length; index++) {
      const action = rules[index].action;
      if (!action || action.value != 'SCMP_ACT_NOTIFY') continue;
      finding.relate(action.node, 'the rule');
      return true;
    }
    return true;
  }
}

export class NotifyStopsLaunch extends Rule {
  constructor() {
    super('OCI504', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'SCMP_ACT_NOTIFY as the default, or for write',
      'The runtime itself would wait for the agent, which does not know of the container yet: runc and youki refuse it.',
      '{"ociVersion":"1.2.0","linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/run/agent.sock","syscalls":[{"names":["write"],"action":"SCMP_ACT_NOTIFY"}]}}}',
      '{"ociVersion":"1.2.0","linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/run/agent.sock","syscalls":[{"names":["mknod"],"action":"SCMP_ACT_NOTIFY"}]}}}',
      'runc libcontainer/specconv and libcontainer/seccomp',
    );
  }
}

export class SeccompKillsLaunch extends Rule {
  constructor() {
    super('OCI505', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'the profile does not allow execve',
      'The filter is there before the program is: it is never started, and some runtimes hang.',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_KILL"}}}',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["kexec_load"],"action":"SCMP_ACT_KILL"}]}}}',
      'man 2 seccomp; seen with runc 1.1.5',
    );
  }

  /** What orlop itself calls while it launches is of interest to its own users only. */
  override complete(context: Context, finding: Diagnostic): bool {
    return context.options.isForOrlop || finding.message.includes('execve');
  }
}

/** Whether some rule asks for arguments of this call. */
function _hasConditions(seccomp: Seccomp, call: string): bool {
  const rules = rulesOf(seccomp);
  for (let index = 0; index < rules.length; index++) {
    const names = rules[index].names;
    const args = rules[index].args;
    if (!names || !args || args.items.length == 0) continue;
    for (let at = 0; at < names.items.length; at++) if (names.items[at].value == call) return true;
  }
  return false;
}
