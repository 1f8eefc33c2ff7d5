import { NONE } from '../json/document';
import { ObjectReader } from './reader';
import { GREATEST_ID, List, Located, Value } from './value';

/** runtime-spec config.md#posix-platform-user */
export class User extends Located {
  uid: Value<u64> | null = null;
  gid: Value<u64> | null = null;
  umask: Value<u64> | null = null;
  additionalGids: List<Value<u64>> | null = null;
  username: Value<string> | null = null;
}

export class ConsoleSize extends Located {
  height: Value<u64> | null = null;
  width: Value<u64> | null = null;
}

/** man 7 capabilities */
export class Capabilities extends Located {
  bounding: List<Value<string>> | null = null;
  permitted: List<Value<string>> | null = null;
  effective: List<Value<string>> | null = null;
  inheritable: List<Value<string>> | null = null;
  ambient: List<Value<string>> | null = null;
}

export class Rlimit extends Located {
  type: Value<string> | null = null;
  soft: Value<u64> | null = null;
  hard: Value<u64> | null = null;
}

/** man 2 ioprio_set */
export class IoPriority extends Located {
  class_: Value<string> | null = null;
  priority: Value<i64> | null = null;
}

/** man 2 sched_setattr */
export class Scheduler extends Located {
  policy: Value<string> | null = null;
  nice: Value<i64> | null = null;
  priority: Value<i64> | null = null;
  flags: List<Value<string>> | null = null;
  runtime: Value<u64> | null = null;
  deadline: Value<u64> | null = null;
  period: Value<u64> | null = null;
}

export class ExecCpuAffinity extends Located {
  initial: Value<string> | null = null;
  final: Value<string> | null = null;
}

/** runtime-spec config.md#process */
export class Process extends Located {
  terminal: Value<bool> | null = null;
  consoleSize: ConsoleSize | null = null;
  cwd: Value<string> | null = null;
  env: List<Value<string>> | null = null;
  args: List<Value<string>> | null = null;
  commandLine: Value<string> | null = null;
  user: User | null = null;
  capabilities: Capabilities | null = null;
  noNewPrivileges: Value<bool> | null = null;
  rlimits: List<Rlimit> | null = null;
  oomScoreAdj: Value<i64> | null = null;
  apparmorProfile: Value<string> | null = null;
  selinuxLabel: Value<string> | null = null;
  ioPriority: IoPriority | null = null;
  scheduler: Scheduler | null = null;
  execCPUAffinity: ExecCpuAffinity | null = null;
}

export function readProcess(at: ObjectReader): Process {
  const process = new Process();
  process.node = at.node;
  process.terminal = at.boolean('terminal');
  process.consoleSize = readConsoleSize(at);
  process.cwd = at.requiredString('cwd');
  process.env = at.strings('env');
  process.args = at.strings('args');
  process.commandLine = at.string('commandLine');
  process.user = readUser(at);
  process.capabilities = readCapabilities(at);
  process.noNewPrivileges = at.boolean('noNewPrivileges');
  process.rlimits = readRlimits(at);
  process.oomScoreAdj = at.signed('oomScoreAdj', i32.MIN_VALUE, i32.MAX_VALUE);
  process.apparmorProfile = at.string('apparmorProfile');
  process.selinuxLabel = at.string('selinuxLabel');
  process.ioPriority = readIoPriority(at);
  process.scheduler = readScheduler(at);
  process.execCPUAffinity = readAffinity(at);
  at.finish();
  return process;
}

function readConsoleSize(parent: ObjectReader): ConsoleSize | null {
  const node = parent.object('consoleSize');
  if (node == NONE) return null;
  const at = new ObjectReader(parent.document, node, parent.report);
  const size = new ConsoleSize();
  size.node = node;
  // struct winsize has 16 bits: what is more would come out as another size.
  size.height = at.requiredUnsigned('height', u16.MAX_VALUE);
  size.width = at.requiredUnsigned('width', u16.MAX_VALUE);
  at.finish();
  return size;
}

function readUser(parent: ObjectReader): User | null {
  const node = parent.object('user');
  if (node == NONE) return null;
  const at = new ObjectReader(parent.document, node, parent.report);
  const user = new User();
  user.node = node;
  user.uid = at.unsigned('uid', GREATEST_ID);
  user.gid = at.unsigned('gid', GREATEST_ID);
  user.umask = at.unsigned('umask', u32.MAX_VALUE);
  user.additionalGids = at.numbers('additionalGids', GREATEST_ID);
  user.username = at.string('username');
  at.finish();
  return user;
}

function readCapabilities(parent: ObjectReader): Capabilities | null {
  const node = parent.object('capabilities');
  if (node == NONE) return null;
  const at = new ObjectReader(parent.document, node, parent.report);
  const capabilities = new Capabilities();
  capabilities.node = node;
  capabilities.bounding = at.strings('bounding');
  capabilities.permitted = at.strings('permitted');
  capabilities.effective = at.strings('effective');
  capabilities.inheritable = at.strings('inheritable');
  capabilities.ambient = at.strings('ambient');
  at.finish();
  return capabilities;
}

function readRlimits(parent: ObjectReader): List<Rlimit> | null {
  const array = parent.array('rlimits');
  if (array == NONE) return null;
  const document = parent.document;
  const list = new List<Rlimit>();
  list.node = array;
  for (let item = document.firstChild(array); item != NONE; item = document.nextSibling(item)) {
    const at = new ObjectReader(document, item, parent.report);
    const rlimit = new Rlimit();
    rlimit.node = item;
    rlimit.type = at.requiredString('type');
    rlimit.soft = at.requiredUnsigned('soft', u64.MAX_VALUE);
    rlimit.hard = at.requiredUnsigned('hard', u64.MAX_VALUE);
    at.finish();
    list.items.push(rlimit);
  }
  return list;
}

function readIoPriority(parent: ObjectReader): IoPriority | null {
  const node = parent.object('ioPriority');
  if (node == NONE) return null;
  const at = new ObjectReader(parent.document, node, parent.report);
  const priority = new IoPriority();
  priority.node = node;
  priority.class_ = at.requiredChoice('class', ['IOPRIO_CLASS_RT', 'IOPRIO_CLASS_BE', 'IOPRIO_CLASS_IDLE']);
  priority.priority = at.signed('priority', i32.MIN_VALUE, i32.MAX_VALUE);
  at.finish();
  return priority;
}

/** include/uapi/linux/sched.h; the index is the policy's number. The kernel has never had SCHED_ISO. */
export const POLICIES: string[] = [
  'SCHED_OTHER',
  'SCHED_FIFO',
  'SCHED_RR',
  'SCHED_BATCH',
  'SCHED_ISO',
  'SCHED_IDLE',
  'SCHED_DEADLINE',
];

/** The index is the bit. */
export const SCHEDULER_FLAGS: string[] = [
  'SCHED_FLAG_RESET_ON_FORK',
  'SCHED_FLAG_RECLAIM',
  'SCHED_FLAG_DL_OVERRUN',
  'SCHED_FLAG_KEEP_POLICY',
  'SCHED_FLAG_KEEP_PARAMS',
  'SCHED_FLAG_UTIL_CLAMP_MIN',
  'SCHED_FLAG_UTIL_CLAMP_MAX',
];

function readScheduler(parent: ObjectReader): Scheduler | null {
  const node = parent.object('scheduler');
  if (node == NONE) return null;
  const at = new ObjectReader(parent.document, node, parent.report);
  const scheduler = new Scheduler();
  scheduler.node = node;
  scheduler.policy = at.requiredChoice('policy', POLICIES);
  scheduler.nice = at.signed('nice', i32.MIN_VALUE, i32.MAX_VALUE);
  scheduler.priority = at.signed('priority', i32.MIN_VALUE, i32.MAX_VALUE);
  scheduler.flags = at.choices('flags', SCHEDULER_FLAGS);
  scheduler.runtime = at.unsigned('runtime');
  scheduler.deadline = at.unsigned('deadline');
  scheduler.period = at.unsigned('period');
  at.finish();
  return scheduler;
}

function readAffinity(parent: ObjectReader): ExecCpuAffinity | null {
  const node = parent.object('execCPUAffinity');
  if (node == NONE) return null;
  const at = new ObjectReader(parent.document, node, parent.report);
  const affinity = new ExecCpuAffinity();
  affinity.node = node;
  affinity.initial = at.string('initial');
  affinity.final = at.string('final');
  at.finish();
  return affinity;
}
