import { Writer } from '../json/writer';
import { Process } from '../spec/process';
import { List, Value } from '../spec/value';
import { capabilitySet } from './capability';
import { planLateLimits } from './cgroup';
import { cleanPath, hasNul } from './mounts';
import { Planner } from './planner';
import { Actor, NumberStep, Step, TextStep, Verb, writeTexts } from './step';

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
    writer.field('soft', this.soft.toString());
    writer.field('hard', this.hard.toString());
  }
}

/** man 7 capabilities: the limit of all the process can ever have, one bit for each capability. */
export class BoundingStep extends Step {
  bounding: u64 = 0;

  override write(writer: Writer): void {
    writer.field('bounding', this.bounding.toString(16));
  }
}

/** The sets of the process itself. */
export class CapabilitiesStep extends Step {
  effective: u64 = 0;
  permitted: u64 = 0;
  inheritable: u64 = 0;
  ambient: u64 = 0;

  override write(writer: Writer): void {
    writer.field('effective', this.effective.toString(16));
    writer.field('permitted', this.permitted.toString(16));
    writer.field('inheritable', this.inheritable.toString(16));
    writer.field('ambient', this.ambient.toString(16));
  }
}

export class UserStep extends Step {
  additionalGids: u64[] = [];

  constructor(
    public uid: u64,
    public gid: u64,
    node: i32,
  ) {
    super(Verb.USER, node);
  }

  override describe(): string {
    return `user ${this.uid}:${this.gid}`;
  }

  override write(writer: Writer): void {
    writer.fieldInteger('uid', this.uid);
    writer.fieldInteger('gid', this.gid);
    writer.key('additionalGids');
    writer.beginArray();
    for (let index = 0; index < this.additionalGids.length; index++) writer.integer(this.additionalGids[index]);
    writer.endArray();
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

/** The last step: which files are tried, in PATH's order, and with what. */
export class ExecuteStep extends Step {
  candidates: string[] = [];
  /** Whether `candidates` come from PATH. */
  isSearched: bool = false;

  constructor(
    public args: string[],
    public env: string[],
    node: i32,
  ) {
    super(Verb.EXECUTE, node);
  }

  override describe(): string {
    return `exec of "${this.args[0]}"`;
  }

  override write(writer: Writer): void {
    writeTexts(writer, 'args', this.args);
    writeTexts(writer, 'candidates', this.candidates);
    writer.fieldInteger('environment', this.env.length);
  }
}

/** runtime-spec config.md#process, in the order that privileges allow: what needs them before they are dropped. */
export function planProcess(planner: Planner): void {
  const process = planner.spec.process;
  if (!process) {
    planner.error(
      'OCI101',
      'process-missing',
      planner.spec.node,
      'there is no process to start',
      'add process with args and cwd',
    );
    return;
  }
  planRlimits(planner, process);
  planCwd(planner, process);
  planPrivileges(planner, process);
  const userValue = process.user;
  const umask = userValue ? userValue.umask : null;
  if (umask && umask.value > 0o777) {
    planner.error(
      'OCI117',
      'umask-range',
      umask.node,
      `umask is ${umask.value}, more than 0777 (511)`,
      'JSON has no octal numbers: 022 is 18',
    );
  }
  planner.add(new NumberStep(Verb.UMASK, 'umask', umask ? umask.value : 0o022, umask ? umask.node : process.node));
  const noNewPrivileges = process.noNewPrivileges;
  if (noNewPrivileges && noNewPrivileges.value) planner.add(new Step(Verb.NO_NEW_PRIVILEGES, noNewPrivileges.node));
  const execute = planExecute(planner, process);
  if (!execute) return;
  planner.add(new TextStep(Verb.FIND, 'file', execute.args[0], execute.node));
  planner.add(new Step(Verb.READY));
  planLateLimits(planner);
  planner.add(execute);
}

/** man 2 choom: inherited by every process of the container. */
export function planOomScore(planner: Planner): void {
  const process = planner.spec.process;
  const score = process ? process.oomScoreAdj : null;
  if (!score) return;
  if (score.value < -1000 || score.value > 1000) {
    planner.error(
      'OCI116',
      'oom-score-range',
      score.node,
      `oomScoreAdj is ${score.value}`,
      'it goes from -1000 to 1000',
    );
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
  if (height) step.height = height.value & 0xffff;
  const width = size ? size.width : null;
  if (width) step.width = width.value & 0xffff;
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
      planner.error(
        'OCI115',
        'unknown-rlimit',
        type.node,
        `"${type.value}" is no resource limit`,
        'man 2 getrlimit has the 16 names',
      );
    } else if (seen.has(type.value)) {
      planner.error('OCI113', 'duplicate-rlimit', type.node, `${type.value} is limited twice`, 'keep one entry');
    } else if (soft.value > hard.value) {
      planner.error(
        'OCI114',
        'soft-above-hard',
        soft.node,
        `the soft limit ${soft.value} is above the hard limit ${hard.value}`,
        'raise hard or lower soft',
      );
    } else {
      planner.add(new RlimitStep(resource, soft.value, hard.value, rlimit.node));
    }
    seen.add(type.value);
  }
}

/** runtime-spec config.md#linux-process: what cannot be granted is a warning, and the process starts without it. */
function planPrivileges(planner: Planner, process: Process): void {
  const sets = process.capabilities;
  const bounding = new BoundingStep(Verb.BOUNDING, sets ? sets.node : process.node);
  if (sets) bounding.bounding = capabilitySet(planner, sets.bounding);
  planner.add(bounding);
  planner.add(planUser(process));
  const step = new CapabilitiesStep(Verb.CAPABILITIES, sets ? sets.node : process.node);
  planner.add(step);
  if (!sets) return;
  step.permitted = capabilitySet(planner, sets.permitted);
  step.effective = capabilitySet(planner, sets.effective);
  step.inheritable = capabilitySet(planner, sets.inheritable);
  step.ambient = capabilitySet(planner, sets.ambient);
  const effective = sets.effective;
  if (effective && step.effective & ~step.permitted) {
    planner.error(
      'OCI110',
      'effective-not-permitted',
      effective.node,
      'a capability is effective but not permitted',
      'add it to permitted',
    );
  }
  const ambient = sets.ambient;
  if (ambient && step.ambient & ~(step.permitted & step.inheritable)) {
    planner.warning(
      'OCI111',
      'ambient-not-inheritable',
      ambient.node,
      'capabilities that are ambient but not both permitted and inheritable are left out of the ambient set, as the kernel has it',
      'add them to permitted and inheritable',
    );
    step.ambient &= step.permitted & step.inheritable;
  }
}

function planUser(process: Process): UserStep {
  const user = process.user;
  const uid = user ? user.uid : null;
  const gid = user ? user.gid : null;
  const step = new UserStep(uid ? uid.value : 0, gid ? gid.value : 0, user ? user.node : process.node);
  const groups = user ? user.additionalGids : null;
  if (groups)
    for (let index = 0; index < groups.items.length; index++) step.additionalGids.push(groups.items[index].value);
  return step;
}

function planCwd(planner: Planner, process: Process): void {
  const cwd = process.cwd;
  if (!cwd) return;
  if (!cwd.value.startsWith('/') || hasNul(cwd.value)) {
    planner.error(
      'OCI103',
      'cwd-not-absolute',
      cwd.node,
      `cwd "${cwd.value}" is not an absolute path`,
      'start it with /',
    );
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

function planExecute(planner: Planner, process: Process): ExecuteStep | null {
  const args = process.args;
  if (!args || args.items.length == 0) {
    planner.error(
      'OCI102',
      'args-empty',
      args ? args.node : process.node,
      'process.args names no program',
      'list the program and its arguments',
    );
    return null;
  }
  const file = args.items[0];
  if (file.value == '') {
    planner.error(
      'OCI102',
      'args-empty',
      file.node,
      'the program in process.args[0] is the empty string',
      'name the program',
    );
    return null;
  }
  const env = readEnvironment(planner, process.env);
  const step = new ExecuteStep(plainTexts(planner, args), env, file.node);
  if (file.value.includes('/')) {
    step.candidates.push(file.value);
    return step;
  }
  // execvp(3): each directory of the container's PATH; an empty one is the working directory
  step.isSearched = true;
  const directories = pathOf(env).split(':');
  for (let index = 0; index < directories.length; index++) {
    const directory = directories[index];
    step.candidates.push(directory == '' ? `./${file.value}` : `${directory}/${file.value}`);
  }
  return step;
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function pathOf(env: string[]): string {
  for (let index = 0; index < env.length; index++) {
    if (env[index].startsWith('PATH=')) return env[index].substring(5);
  }
  return DEFAULT_PATH;
}

/** NAME=VALUE each; of a name that comes twice the last wins, as under runc. Where HOME is missing the host looks it up. */
function readEnvironment(planner: Planner, list: List<Value<string>> | null): string[] {
  const env: string[] = [];
  const places = new Map<string, i32>();
  if (list) {
    const texts = plainTexts(planner, list);
    for (let index = 0; index < texts.length; index++) {
      const equals = texts[index].indexOf('=');
      if (equals <= 0) {
        planner.error(
          'OCI105',
          'env-without-name',
          list.items[index].node,
          `"${texts[index]}" is not NAME=VALUE`,
          'write the variable with its value',
        );
        continue;
      }
      const name = texts[index].substring(0, equals);
      if (places.has(name)) env[places.get(name)] = texts[index];
      else {
        places.set(name, env.length);
        env.push(texts[index]);
      }
    }
  }
  planner.needsHome = !places.has('HOME');
  return env;
}

function plainTexts(planner: Planner, list: List<Value<string>>): string[] {
  const texts: string[] = [];
  for (let index = 0; index < list.items.length; index++) {
    const item = list.items[index];
    if (hasNul(item.value))
      planner.error(
        'OCI013',
        'nul-in-string',
        item.node,
        'the text holds a NUL character, which ends it in the kernel',
        'remove it',
      );
    texts.push(item.value);
  }
  return texts;
}
