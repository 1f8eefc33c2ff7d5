import { Writer } from '../json/writer';
import { Process } from '../spec/process';
import { ExecuteStep, planExecute } from './execute';
import { planMemoryPolicy, planPersonality } from './memory-policy';
import { cleanPath, hasNul } from './paths';
import { Planner } from './planner';
import { planPrivileges } from './privileges';
import { planScheduling } from './scheduler';
import { isEarly, keepForFilter, planSeccomp } from './seccomp';
import { planSecurity } from './security';
import { Actor, NumberStep, Step, TextStep, Verb } from './step';
import { checkIds } from './user-namespace';

/** man 2 getrlimit; the index is the number of asm-generic/resource.h. */
const RLIMITS: string[] = [
  'RLIMIT_CPU',
  'RLIMIT_FSIZE',
  'RLIMIT_DATA',
  'RLIMIT_STACK',
  'RLIMIT_CORE',
  'RLIMIT_RSS',
  'RLIMIT_NPROC',
  'RLIMIT_NOFILE',
  'RLIMIT_MEMLOCK',
  'RLIMIT_AS',
  'RLIMIT_LOCKS',
  'RLIMIT_SIGPENDING',
  'RLIMIT_MSGQUEUE',
  'RLIMIT_NICE',
  'RLIMIT_RTPRIO',
  'RLIMIT_RTTIME',
];
export const RLIMIT_NOFILE: i32 = 7;

export function rlimitNames(): string[] {
  return RLIMITS;
}

/** include/uapi/linux/capability.h */
const CAP_SYS_RESOURCE: i32 = 24;

export class RlimitStep extends Step {
  constructor(
    public resource: i32,
    public soft: u64,
    public hard: u64,
    node: i32,
  ) {
    super(Verb.RLIMIT, node);
  }

  get name(): string {
    return RLIMITS[this.resource];
  }

  override describe(): string {
    return `${this.name} ${this.soft} (hard ${this.hard})`;
  }

  override write(writer: Writer): void {
    writer.field('type', this.name);
    if (this.actor == Actor.HOST) writer.fieldInteger('resource', this.resource);
    writer.field('soft', this.soft.toString());
    writer.field('hard', this.hard.toString());
  }
}

export class TerminalStep extends Step {
  height: u64 = 0;
  width: u64 = 0;
  uid: u64 = 0;

  override write(writer: Writer): void {
    writer.fieldInteger('height', this.height);
    writer.fieldInteger('width', this.width);
  }
}

/**
 * runtime-spec config.md#process, in the order that privileges allow: what needs them before they are dropped. Answers
 * the last step, for the caller to add; null after an error.
 */
export function planProcess(planner: Planner): ExecuteStep | null {
  const process = planner.spec.process;
  if (!process) {
    planner.error('OCI101', planner.spec.node, 'there is no process to start', 'add process with args and cwd');
    return null;
  }
  checkIds(planner, process);
  planRlimits(planner, process);
  planCwd(planner, process);
  planScheduling(planner, process);
  planMemoryPolicy(planner);
  planPersonality(planner);
  planSecurity(planner, process);
  const filter = planSeccomp(planner);
  const capabilities = planPrivileges(planner, process);
  if (filter) keepForFilter(planner, filter, capabilities);
  const userValue = process.user;
  const umask = userValue ? userValue.umask : null;
  if (umask && umask.value > 0o777) {
    planner.error(
      'OCI117',
      umask.node,
      `umask is ${umask.value}, more than 0777 (511)`,
      'JSON has no octal numbers: 022 is 18',
    );
  }
  planner.add(new NumberStep(Verb.UMASK, 'umask', umask ? umask.value : 0o022, umask ? umask.node : process.node));
  const noNewPrivileges = process.noNewPrivileges;
  if (noNewPrivileges && noNewPrivileges.value) planner.add(new Step(Verb.NO_NEW_PRIVILEGES, noNewPrivileges.node));
  const execute = planExecute(planner, process);
  if (execute) planner.add(new TextStep(Verb.FIND, 'file', execute.args[0], execute.node));
  if (filter && isEarly(planner, filter)) planner.add(filter);
  planner.add(new Step(Verb.READY));
  if (filter && !isEarly(planner, filter)) planner.add(filter);
  return execute;
}

/** man 2 choom: inherited by every process of the container. */
export function planOomScore(planner: Planner): void {
  const process = planner.spec.process;
  const score = process ? process.oomScoreAdj : null;
  if (!score) return;
  if (score.value < -1000 || score.value > 1000) {
    planner.error('OCI116', score.node, `oomScoreAdj is ${score.value}`, 'it goes from -1000 to 1000');
    return;
  }
  planner.add(new NumberStep(Verb.OOM_SCORE, 'score', score.value, score.node).by(Actor.LAUNCHER));
}

/** A terminal of the container's own devpts, whose master the host gets. */
export function planTerminal(planner: Planner): void {
  const process = planner.spec.process;
  const terminal = process ? process.terminal : null;
  if (!process || !terminal || !terminal.value) return;
  const step = new TerminalStep(Verb.TERMINAL, terminal.node);
  const size = process.consoleSize;
  const height = size ? size.height : null;
  if (height) step.height = height.value;
  const width = size ? size.width : null;
  if (width) step.width = width.value;
  const user = process.user;
  const uid = user ? user.uid : null;
  if (uid) step.uid = uid.value;
  planner.add(step);
}

function planRlimits(planner: Planner, process: Process): void {
  const rlimits = process.rlimits;
  if (!rlimits) return;
  const seen = new Set<string>();
  for (let index = 0; index < rlimits.items.length; index++) {
    const rlimit = rlimits.items[index];
    const type = rlimit.type;
    const soft = rlimit.soft;
    const hard = rlimit.hard;
    if (!type || !soft || !hard) continue;
    const resource = RLIMITS.indexOf(type.value);
    if (resource < 0) {
      planner.error('OCI115', type.node, `"${type.value}" is no resource limit`, 'man 2 getrlimit has the 16 names');
    } else if (seen.has(type.value)) {
      planner.error('OCI113', type.node, `${type.value} is limited twice`, 'keep one entry');
    } else if (soft.value > hard.value) {
      planner.error(
        'OCI114',
        soft.node,
        `the soft limit ${soft.value} is above the hard limit ${hard.value}`,
        'raise hard or lower soft',
      );
    } else {
      const step = new RlimitStep(resource, soft.value, hard.value, rlimit.node);
      // The root of a user namespace may raise none: who may does it for the process.
      if (planner.user.exists && planner.holds(CAP_SYS_RESOURCE)) step.actor = Actor.HOST;
      planner.add(step);
    }
    seen.add(type.value);
  }
}

function planCwd(planner: Planner, process: Process): void {
  const cwd = process.cwd;
  if (!cwd) return;
  if (!cwd.value.startsWith('/') || hasNul(cwd.value)) {
    planner.error('OCI103', cwd.node, `cwd "${cwd.value}" is not an absolute path`, 'start it with /');
    return;
  }
  planner.add(new TextStep(Verb.CWD, 'directory', cleanPath(cwd.value), cwd.node));
}

/** The directory is made where the image has none, while the root is still writable. */
export function planCwdDirectory(planner: Planner): void {
  const process = planner.spec.process;
  const cwd = process ? process.cwd : null;
  if (!cwd || !cwd.value.startsWith('/') || cleanPath(cwd.value) == '/') return;
  planner.add(new TextStep(Verb.CWD_DIRECTORY, 'directory', cleanPath(cwd.value), cwd.node));
}
