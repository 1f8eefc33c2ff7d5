import { actionName, SECCOMP_RET_ALLOW, SECCOMP_RET_LOG, SECCOMP_RET_USER_NOTIF } from '../bpf/actions';
import { writeAnswers } from '../bpf/answers';
import { disassemble } from '../bpf/disassemble';
import { Profile, readProfile } from '../bpf/profile';
import { compileSeccomp, Filter } from '../bpf/seccomp';
import { NONE } from '../json/document';
import { Writer } from '../json/writer';
import { Report } from '../report';
import { Seccomp } from '../spec/seccomp';
import { Planner } from './planner';
import { CapabilitiesStep } from './privileges';
import { INIT_ANNOTATION, isReaperWanted } from './reaper';
import { Step, Verb, writeTexts } from './step';

/** The machine that image/x86_64.ts is for. */
const NATIVE = 'SCMP_ARCH_X86_64';

/** include/uapi/linux/seccomp.h */
const SECCOMP_FILTER_FLAG_TSYNC: u32 = 1;
const SECCOMP_FILTER_FLAG_LOG: u32 = 2;
const SECCOMP_FILTER_FLAG_SPEC_ALLOW: u32 = 4;
const SECCOMP_FILTER_FLAG_NEW_LISTENER: u32 = 8;
const SECCOMP_FILTER_FLAG_TSYNC_ESRCH: u32 = 16;
const SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: u32 = 32;

const CAP_SYS_ADMIN: u64 = 1 << 21;

/** man 2 seccomp: what the process may still ask of the kernel, from here on for good. */
export class SeccompStep extends Step {
  flags: u32 = 0;
  architectures: string[] = [];
  rules: i32 = 0;
  /** Where the agent listens that answers for calls, '' for none; and what it is told beside. */
  listenerPath: string = '';
  listenerMetadata: string = '';
  /** The sets to have once the filter is there; null if loading it needs no privileges. */
  capabilities: CapabilitiesStep | null = null;

  constructor(
    public defaultAction: u32,
    public filter: Filter,
    node: i32,
  ) {
    super(Verb.SECCOMP, node);
  }

  get program(): u64[] {
    return this.filter.program;
  }

  get hasListener(): bool {
    return (this.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;
  }

  override describe(): string {
    return `seccomp filter, ${this.rules} rules, otherwise ${actionName(this.defaultAction)}`;
  }

  /** The filter as people read it. */
  disassemble(): string[] {
    return disassemble(this.program);
  }

  override write(writer: Writer): void {
    writer.field('defaultAction', actionName(this.defaultAction));
    writer.fieldInteger('rules', this.rules);
    writer.fieldInteger('instructions', this.program.length);
    writeTexts(writer, 'architectures', this.architectures);
    if (!this.hasListener) return;
    writer.field('listenerPath', this.listenerPath);
    writer.field('listenerMetadata', this.listenerMetadata);
  }

  override writeDetail(writer: Writer): void {
    writeAnswers(writer, this.filter.answers());
  }
}

/**
 * The filter of the process; null without one. It comes as late as it can: behind the wait for start, where only what the
 * process itself does is left. But it needs CAP_SYS_ADMIN without noNewPrivileges, which no process that waits should have;
 * and the agent of a listener is told while the container is made. In both cases it comes before the wait.
 */
export function planSeccomp(planner: Planner): SeccompStep | null {
  const linux = planner.spec.linux;
  const seccomp = linux ? linux.seccomp : null;
  if (!seccomp) return null;
  if (!planner.isExec) return compile(planner, seccomp, planner.report, seccomp.node);
  // What exec has places in may be another document. The profile has been through all of this at create.
  const report = new Report();
  const step = compile(planner, seccomp, report, NONE);
  if (report.errorCount > 0) {
    const message = `the container's seccomp profile cannot be used any more: ${report.sorted()[0].message}`;
    planner.error('OCI514', NONE, message, 'use the version of orlop that made the container');
  }
  return step;
}

function compile(planner: Planner, seccomp: Seccomp, report: Report, node: i32): SeccompStep | null {
  const profile = readProfile(seccomp, NATIVE, report);
  if (!profile) return null;
  const filter = compileSeccomp(profile, seccomp.node, report);
  if (!filter) return null;
  const step = new SeccompStep(profile.defaultAction, filter, node);
  step.flags = flagsOf(seccomp, profile);
  step.rules = profile.rules;
  for (let index = 0; index < profile.architectures.length; index++)
    step.architectures.push(profile.architectures[index].name);
  readListener(step, seccomp, report);
  checkLaunch(planner, step, filter);
  return step;
}

/** Before the wait, or after it. */
export function isEarly(planner: Planner, step: SeccompStep): bool {
  return step.hasListener || !hasNoNewPrivileges(planner);
}

/** Keeps what loading the filter needs, until then. */
export function keepForFilter(planner: Planner, filter: SeccompStep, capabilities: CapabilitiesStep): void {
  if (hasNoNewPrivileges(planner) || capabilities.effective & CAP_SYS_ADMIN) return;
  checkCall(planner, filter, filter.filter, 'capset', 'which drops what loading the filter needs');
  filter.capabilities = capabilities;
  capabilities.kept = CAP_SYS_ADMIN;
}

function hasNoNewPrivileges(planner: Planner): bool {
  const process = planner.spec.process;
  const value = process ? process.noNewPrivileges : null;
  return value != null && value.value;
}

/** SPEC_ALLOW where the profile has no flags, as runc and crun have it. A listener needs a synchronisation that names none. */
function flagsOf(seccomp: Seccomp, profile: Profile): u32 {
  const names = seccomp.flags;
  let flags: u32 = names ? 0 : SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  if (names) for (let index = 0; index < names.items.length; index++) flags |= flagOf(names.items[index].value);
  if (!profile.notifies) return flags & ~SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  if (flags & SECCOMP_FILTER_FLAG_TSYNC) flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
  return flags | SECCOMP_FILTER_FLAG_NEW_LISTENER;
}

function flagOf(name: string): u32 {
  if (name == 'SECCOMP_FILTER_FLAG_TSYNC') return SECCOMP_FILTER_FLAG_TSYNC;
  if (name == 'SECCOMP_FILTER_FLAG_LOG') return SECCOMP_FILTER_FLAG_LOG;
  if (name == 'SECCOMP_FILTER_FLAG_SPEC_ALLOW') return SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  return SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
}

/** runtime-spec config-linux.md#seccomp: a path nobody is to be told of is ignored. */
function readListener(step: SeccompStep, seccomp: Seccomp, report: Report): void {
  const path = seccomp.listenerPath;
  const metadata = seccomp.listenerMetadata;
  if (path) step.listenerPath = path.value;
  if (metadata) step.listenerMetadata = metadata.value;
  if (metadata && step.listenerPath == '') {
    report.error(
      'OCI502',
      metadata.node,
      'listenerMetadata is for an agent, and there is no listenerPath',
      'add listenerPath, or remove listenerMetadata',
    );
  }
  if (step.hasListener && step.listenerPath == '') {
    report.error(
      'OCI503',
      seccomp.node,
      'a rule has SCMP_ACT_NOTIFY, and there is no agent to notify',
      "add listenerPath, the agent's socket",
    );
  }
}

/** What the launch calls once the filter is there; an agent can only be asked once it has the listener. */
const HOOK_CALLS: string[] = [
  'memfd_create',
  'writev',
  'lseek',
  'clone',
  'dup3',
  'close_range',
  'ppoll',
  'wait4',
  'read',
  'close',
];
const REAPER_CALLS: string[] = [
  'rt_sigprocmask',
  'prctl',
  'clone',
  'close_range',
  'rt_sigtimedwait',
  'kill',
  'wait4',
  'waitid',
  'setpgid',
  'getpid',
  'ioctl',
];

function checkLaunch(planner: Planner, step: SeccompStep, filter: Filter): void {
  if (isEarly(planner, step)) {
    checkCall(planner, step, filter, 'write', 'which the launch ends with');
    checkCall(planner, step, filter, 'read', 'which the wait for start needs');
  }
  const hooks = planner.spec.hooks;
  const startContainer = hooks ? hooks.startContainer : null;
  if (startContainer && startContainer.items.length > 0 && !planner.isExec)
    checkCalls(planner, step, filter, HOOK_CALLS, 'which startContainer hooks need');
  if (isReaperWanted(planner) && !planner.isExec)
    checkCalls(planner, step, filter, REAPER_CALLS, `which the annotation ${INIT_ANNOTATION} needs`);
  checkCall(planner, step, filter, 'execve', 'which starts the process');
}

function checkCalls(planner: Planner, step: SeccompStep, filter: Filter, calls: string[], why: string): void {
  for (let index = 0; index < calls.length; index++) checkCall(planner, step, filter, calls[index], why);
}

function checkCall(planner: Planner, step: SeccompStep, filter: Filter, call: string, why: string): void {
  const action = filter.actionOf(call);
  if (action < 0 || action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG || action == SECCOMP_RET_USER_NOTIF)
    return;
  const hint =
    call == 'execve' || hasNoNewPrivileges(planner)
      ? 'allow it in linux.seccomp'
      : 'allow it in linux.seccomp, or set process.noNewPrivileges: the filter can then come later';
  planner.error('OCI505', step.node, `the profile has ${actionName(<u32>action)} for ${call}, ${why}`, hint);
}
