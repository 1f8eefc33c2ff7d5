import { join } from '../json/text';
import { Severity } from '../report';
import { Seccomp } from '../spec/seccomp';
import { Context } from './context';
import { Explanation, Preset, Rule } from './rule';
import { actionFor, permits, rulesOf } from './seccomp';

export class NoSeccomp extends Rule {
  constructor() {
    super('OCI905', Severity.WARNING, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      'there is no seccomp profile, or one that allows everything',
      'All system calls of the kernel are within reach, those too that no program in a container needs and exploits do.',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":null,"syscalls":null}}}',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["execve","exit_group","read","write"],"action":"SCMP_ACT_ALLOW"}]}}}',
      'man 2 seccomp; CIS Docker Benchmark 5.22',
    );
  }

  override check(context: Context): void {
    const seccomp = context.seccomp;
    const linux = context.linux;
    if (!seccomp) {
      const node = linux ? linux.node : context.document.root;
      this.found(
        context,
        node,
        'there is no seccomp profile',
        'add linux.seccomp; the profile of an engine is a start',
      );
      return;
    }
    const action = seccomp.defaultAction;
    if (!action || !permits(action.value) || rulesOf(seccomp).length > 0) return;
    this.found(
      context,
      action.node,
      'the seccomp profile allows everything',
      'allow what the program needs, and no more',
    );
  }
}

const DANGEROUS: string[] = [
  'add_key',
  'request_key',
  'keyctl',
  'bpf',
  'userfaultfd',
  'io_uring_setup',
  'io_uring_enter',
  'io_uring_register',
  'kexec_load',
  'kexec_file_load',
  'open_by_handle_at',
  'init_module',
  'finit_module',
  'delete_module',
  'unshare',
  'clone',
];

/** A program that starts others needs it; the profiles of engines look at its flags. */
const CLONE = 'clone with any flags, CLONE_NEWUSER among them';

export class DangerousSyscalls extends Rule {
  constructor() {
    super('OCI926', Severity.WARNING, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      'the profile allows calls that most exploits of the kernel begin with',
      'Keyrings, BPF, io_uring, userfaultfd, kexec, modules, files by handle, and new user namespaces: few programs need any of them.',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["execve","exit_group","read","write","keyctl"],"action":"SCMP_ACT_ALLOW"}]}}}',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["execve","exit_group","read","write"],"action":"SCMP_ACT_ALLOW"}]}}}',
      'man 2 keyctl, bpf, userfaultfd, io_uring_setup; moby profiles/seccomp',
    );
  }

  override check(context: Context): void {
    const seccomp = context.seccomp;
    const action = seccomp ? seccomp.defaultAction : null;
    if (!seccomp || !action || (permits(action.value) && rulesOf(seccomp).length == 0)) return;
    const allowed = allowedOf(seccomp, action.value);
    if (allowed.length == 0) return;
    const clone = allowed.indexOf('clone');
    if (clone >= 0) allowed[clone] = CLONE;
    const message = `the profile allows ${join(allowed, ', ')}`;
    this.found(context, seccomp.node, message, 'leave out what the program does not need');
  }
}

function allowedOf(seccomp: Seccomp, standard: string): string[] {
  const allowed: string[] = [];
  if (permits(standard)) {
    for (let index = 0; index < DANGEROUS.length; index++) {
      if (permits(actionFor(seccomp, DANGEROUS[index]))) allowed.push(DANGEROUS[index]);
    }
    return allowed;
  }
  // One walk over the names is less than one for each call.
  const rules = rulesOf(seccomp);
  for (let index = 0; index < rules.length; index++) {
    const rule = rules[index];
    const names = rule.names;
    const args = rule.args;
    const action = rule.action;
    if (!names || !action || !permits(action.value) || (args && args.items.length > 0)) continue;
    for (let at = 0; at < names.items.length; at++) {
      const name = names.items[at].value;
      if (DANGEROUS.includes(name) && !allowed.includes(name)) allowed.push(name);
    }
  }
  return allowed;
}
