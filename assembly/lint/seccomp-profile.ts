import { Diagnostic, Severity } from '../report';
import { SyscallRule } from '../spec/seccomp';
import { Context } from './context';
import { fixing, quote } from './edits';
import { Explanation, Fixable, Preset, Rule } from './rule';
import { rulesOf } from './seccomp';

export class UnknownSyscall extends Rule {
  constructor() {
    super('OCI507', Severity.WARNING, Preset.RECOMMENDED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'a system call that no architecture has',
      'Runtimes leave it out: the call that was meant is not in the profile.',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["kexec_laod"],"action":"SCMP_ACT_KILL"}]}}}',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["kexec_load"],"action":"SCMP_ACT_KILL"}]}}}',
      'man 2 syscalls',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    if (finding.meant == '') return true;
    fixing(context.document, finding, `write "${finding.meant}"`, false).replace(finding.node, quote(finding.meant));
    return true;
  }
}

const EPERM: u64 = 1;
const ENOSYS = '38';

export class EpermByDefault extends Rule {
  /** STRICT: the profiles of all engines have it, and runc answers ENOSYS for calls that are newer than the profile. */
  constructor() {
    super('OCI508', Severity.WARNING, Preset.STRICT, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'calls that the profile does not know fail with EPERM',
      'Libraries try a new call and go on with the old one on ENOSYS. On EPERM they give up: so glibc 2.33 and faccessat2 broke images.',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1}}}',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38}}}',
      'runc issue 2151; moby issue 42680',
    );
  }

  override check(context: Context): void {
    const seccomp = context.seccomp;
    const action = seccomp ? seccomp.defaultAction : null;
    if (!seccomp || !action || action.value != 'SCMP_ACT_ERRNO') return;
    const errno = seccomp.defaultErrnoRet;
    if (errno && errno.value != EPERM) return;
    const node = errno ? errno.node : action.node;
    const message = 'a call that the profile does not know fails with EPERM';
    const finding = this.found(context, node, message, 'set "defaultErrnoRet": 38, which is ENOSYS');
    fixing(context.document, finding, 'let it fail with ENOSYS', false).set(seccomp.node, 'defaultErrnoRet', ENOSYS);
  }
}

export class ShadowedRule extends Rule {
  /** STRICT: Docker's profile has one, and nothing comes of it. */
  constructor() {
    super('OCI509', Severity.WARNING, Preset.STRICT, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'a system call has the same action in an earlier rule',
      'The later one changes nothing. Who edits one of them wonders why nothing happens.',
      '{"linux":{"seccomp":{"syscalls":[{"names":["execve","read"],"action":"SCMP_ACT_ALLOW"},{"names":["read","write"],"action":"SCMP_ACT_ALLOW"}]}}}',
      '{"linux":{"seccomp":{"syscalls":[{"names":["execve","read"],"action":"SCMP_ACT_ALLOW"},{"names":["write"],"action":"SCMP_ACT_ALLOW"}]}}}',
      'runtime-spec config-linux.md#seccomp',
    );
  }

  /** Rules without arguments alone: those with some mean something by their order. */
  override check(context: Context): void {
    const seccomp = context.seccomp;
    if (!seccomp) return;
    const rules = rulesOf(seccomp);
    if (rules.length < 2) return;
    const seen = new Map<string, i32>();
    for (let index = 0; index < rules.length; index++) {
      const rule = rules[index];
      const names = rule.names;
      const args = rule.args;
      if (!names || (args && args.items.length > 0)) continue;
      for (let at = 0; at < names.items.length; at++) {
        const name = names.items[at];
        if (!seen.has(name.value)) {
          seen.set(name.value, index);
          continue;
        }
        const first = rules[seen.get(name.value)];
        if (first === rule || !isSame(first, rule) || context.findings.omits(this.id, Severity.WARNING)) continue;
        const message = `${context.document.shownSource(name.node)} has ${rule.action!.value} already`;
        const finding = this.found(context, name.node, message, 'remove it');
        finding.relate(first.node, 'the first rule');
        // The last name goes with its rule.
        const gone = names.items.length == 1 ? rule.node : name.node;
        fixing(context.document, finding, 'remove it', true).remove(gone);
      }
    }
  }
}

function isSame(first: SyscallRule, second: SyscallRule): bool {
  const one = first.action;
  const other = second.action;
  if (!one || !other || one.value != other.value) return false;
  const errno = first.errnoRet;
  const otherErrno = second.errnoRet;
  if (!errno || !otherErrno) return !errno && !otherErrno;
  return errno.value == otherErrno.value;
}

export class NativeArchitectureMissing extends Rule {
  constructor() {
    super('OCI510', Severity.WARNING, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'a second architecture of a processor is listed, and the first one is not',
      'SCMP_ARCH_X86 is what a 64-bit machine runs beside its own. What a profile without SCMP_ARCH_X86_64 does there depends on the runtime.',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"]}}}',
      '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"]}}}',
      'man 3 seccomp_arch_add',
    );
  }

  override check(context: Context): void {
    const seccomp = context.seccomp;
    const list = seccomp ? seccomp.architectures : null;
    if (!list || list.items.length == 0) return;
    const seconds = [
      'SCMP_ARCH_X86',
      'SCMP_ARCH_X32',
      'SCMP_ARCH_ARM',
      'SCMP_ARCH_S390',
      'SCMP_ARCH_MIPS64N32',
      'SCMP_ARCH_MIPSEL64N32',
    ];
    const firsts = [
      'SCMP_ARCH_X86_64',
      'SCMP_ARCH_X86_64',
      'SCMP_ARCH_AARCH64',
      'SCMP_ARCH_S390X',
      'SCMP_ARCH_MIPS64',
      'SCMP_ARCH_MIPSEL64',
    ];
    const listed: string[] = [];
    for (let index = 0; index < list.items.length; index++) listed.push(list.items[index].value);
    for (let index = 0; index < seconds.length; index++) {
      if (!listed.includes(seconds[index]) || listed.includes(firsts[index])) continue;
      const message = `${seconds[index]} is listed, and ${firsts[index]} is not`;
      this.found(context, list.node, message, `add "${firsts[index]}"`);
      return;
    }
  }
}
