import { Severity } from '../report';
import { Seccomp, SyscallRule } from '../spec/seccomp';
import { Value } from '../spec/value';
import { Context } from './context';
import { fixing } from './edits';
import { Explanation, Fixable, Preset, Rule } from './rule';

/** include/linux/err.h */
const MAX_ERRNO: u64 = 4095;

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

  override check(context: Context): void {
    const seccomp = context.seccomp;
    if (!seccomp) return;
    this.checkErrno(context, seccomp.defaultAction, seccomp.defaultErrnoRet, 'defaultErrnoRet');
    const rules = rulesOf(seccomp);
    for (let index = 0; index < rules.length; index++) {
      this.checkErrno(context, rules[index].action, rules[index].errnoRet, 'errnoRet');
    }
  }

  private checkErrno(context: Context, action: Value<string> | null, errno: Value<u64> | null, key: string): void {
    if (!action || !errno || context.findings.omits(this.id, Severity.ERROR)) return;
    if (!hasErrno(action.value)) {
      const message = `${key} is given, and ${action.value} has none`;
      const help = 'it goes with SCMP_ACT_ERRNO and SCMP_ACT_TRACE: remove it, or change the action';
      const finding = this.found(context, errno.node, message, help).relate(action.node, 'the action');
      fixing(context.document, finding, `remove ${key}`, true).remove(errno.node);
    } else if (action.value == 'SCMP_ACT_ERRNO' && errno.value > MAX_ERRNO) {
      this.found(context, errno.node, `${key} is ${errno.value}`, `errors go up to ${MAX_ERRNO}`);
    }
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

  override check(context: Context): void {
    const seccomp = context.seccomp;
    const metadata = seccomp ? seccomp.listenerMetadata : null;
    const path = seccomp ? seccomp.listenerPath : null;
    if (!metadata || metadata.value == '' || (path && path.value != '')) return;
    const message = 'listenerMetadata is for an agent, and there is no listenerPath';
    this.found(context, metadata.node, message, 'add listenerPath, or remove listenerMetadata');
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

  override check(context: Context): void {
    const seccomp = context.seccomp;
    if (!seccomp) return;
    const path = seccomp.listenerPath;
    if (path && path.value != '') return;
    const rules = rulesOf(seccomp);
    for (let index = 0; index < rules.length; index++) {
      const action = rules[index].action;
      if (!action || action.value != 'SCMP_ACT_NOTIFY') continue;
      const message = 'a rule has SCMP_ACT_NOTIFY, and there is no agent to notify';
      const finding = this.found(context, seccomp.node, message, "add listenerPath, the agent's socket");
      finding.relate(action.node, 'the rule');
      return;
    }
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

  override check(context: Context): void {
    const seccomp = context.seccomp;
    if (!seccomp) return;
    const standard = seccomp.defaultAction;
    if (standard && standard.value == 'SCMP_ACT_NOTIFY') {
      const message = 'with SCMP_ACT_NOTIFY as the default the launch itself waits for the agent';
      this.found(context, standard.node, message, 'notify of the calls that the agent answers, by rules of their own');
    }
    const rules = rulesOf(seccomp);
    for (let index = 0; index < rules.length; index++) {
      const action = rules[index].action;
      const names = rules[index].names;
      if (!action || !names || action.value != 'SCMP_ACT_NOTIFY') continue;
      for (let at = 0; at < names.items.length; at++) {
        if (names.items[at].value != 'write') continue;
        const message = 'the launch writes to hand the listener over, and nobody could answer it yet';
        this.found(
          context,
          names.items[at].node,
          message,
          'leave write out; an agent can be notified of read and close',
        );
      }
    }
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

  override check(context: Context): void {
    const seccomp = context.seccomp;
    if (!seccomp || !seccomp.defaultAction || hasConditions(seccomp, 'execve')) return;
    const action = actionFor(seccomp, 'execve');
    if (action == '' || permits(action)) return;
    const rule = ruleOf(seccomp, 'execve');
    const node = rule && rule.action ? rule.action!.node : seccomp.node;
    const message = `the profile has ${action} for execve, which starts the process`;
    this.found(context, node, message, 'allow execve');
  }
}

/** Whether some rule asks for arguments of this call. */
function hasConditions(seccomp: Seccomp, call: string): bool {
  const rules = rulesOf(seccomp);
  for (let index = 0; index < rules.length; index++) {
    const names = rules[index].names;
    const args = rules[index].args;
    if (!names || !args || args.items.length == 0) continue;
    for (let at = 0; at < names.items.length; at++) if (names.items[at].value == call) return true;
  }
  return false;
}
