import { Writer } from '../json/writer';
import { HookStep } from '../plan/hooks';
import { writeAnnotations } from '../plan/plan';
import { Actor, Verb } from '../plan/step';
import { Call } from './calls';
import {
  CLONE_CHILD,
  CLONE_PIDFD,
  CLONE_VFORK,
  CLONE_VM,
  CLOSE_RANGE_CLOEXEC,
  MFD_CLOEXEC,
  SEEK_END,
  SEEK_SET,
  SIGCHLD,
  SIGKILL,
} from './constants';
import { Context, RecordKind } from './context';
import { EINVAL, ESRCH } from './errno';
import {
  HOOK_ENDED,
  HOOK_ERRNO,
  HOOK_HEADER_SIZE,
  HOOK_LENGTH,
  HOOK_OUTPUT_SIZE,
  HOOK_STATUS,
  HOOK_STEP,
  HookMemory,
} from './hook-memory';
import { Label } from './label';
import { ANY_ERROR } from './layout';
import { Cell } from './operand';

const PID_SIZE: u32 = 16;

/** The container's hooks are rows; the host's are one question for all of create's, and nothing later. */
export function lowerHook(context: Context, step: HookStep): void {
  if (step.actor == Actor.INIT) return lowerInside(context, step);
  if (step.kind != 'prestart' && step.kind != 'createRuntime') return;
  if (context.hasAskedHost) return;
  context.hasAskedHost = true;
  context.send(RecordKind.HOOKS, 'hooks');
  context.readAnswer();
}

/** While the host's /proc is still open: startContainer hooks come later. */
export function prepareStartContainer(context: Context): void {
  const program = context.program;
  const steps = context.planner.steps;
  for (let index = program.step + 1; index < steps.length; index++) {
    if (steps[index].verb != Verb.HOOK || (steps[index] as HookStep).kind != 'startContainer') continue;
    const step = program.step;
    const node = program.node;
    program.step = index;
    program.node = steps[index].node;
    prepareState(context, memoryOf(context), 'startContainer');
    program.step = step;
    program.node = node;
    return;
  }
}

function memoryOf(context: Context): HookMemory {
  let memory = context.hooks;
  if (!memory) context.hooks = memory = new HookMemory(context.program);
  return memory;
}

/**
 * The hook is a child that shares our memory until it executes, so that the errno of execve is just a field of the
 * record. Its input and output are files in memory: whoever reads or writes there keeps nobody waiting.
 */
function lowerInside(context: Context, step: HookStep): void {
  const program = context.program;
  const memory = memoryOf(context);
  if (memory.kind != step.kind) prepareState(context, memory, step.kind);
  const record = program.area('record', HOOK_HEADER_SIZE);
  program.put64(record, 0, RecordKind.HOOK);
  program.put64(record, HOOK_STEP, program.step);

  const zero = program.number(0);
  createMemfd(context, 'orlop-state', memory.input);
  program.call(Call.WRITEV, program.load(memory.input), program.at(memory.state!), program.number(3));
  program.call(Call.LSEEK, program.load(memory.input), zero, program.named(SEEK_SET, 'SEEK_SET'));
  createMemfd(context, 'orlop-output', memory.output);

  const child = new Label('child');
  // Not clone3: a seccomp filter cannot see its flags, and Docker's, for one, does without it.
  const flags = program.flags(CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, CLONE_CHILD);
  program.call(Call.CLONE, flags, program.null(), program.at(memory.pidfd), program.null(), zero).into(memory.child);
  program.branch(memory.child, u64.MAX_VALUE, 0, child);
  awaitChild(context, memory, step, record);
  const done = report(context, memory, step, record);
  program.place(child);
  execute(context, memory, step, record);
  program.place(done);
  context.close(memory.output);
}

/** The pid is read once for each kind: it is the one that the host's /proc knows, as the host's hooks are told. */
function prepareState(context: Context, memory: HookMemory, kind: string): void {
  const program = context.program;
  const spec = context.planner.spec;
  const ociVersion = spec.ociVersion;
  const head = new Writer();
  head.beginObject();
  head.field('ociVersion', ociVersion ? ociVersion.value : '');
  head.field('id', context.planner.request.id);
  head.field('status', kind == 'createContainer' ? 'creating' : 'created');
  head.key('pid');
  const tail = new Writer();
  tail.beginObject();
  tail.field('bundle', context.planner.request.bundle);
  writeAnnotations(tail, spec);
  tail.endObject();

  const pid = program.area('pid', PID_SIZE);
  const state = program.area('[state, pid, state]', 3 * 16);
  putVector(context, state, 0, program.text(head.text).value, head.length);
  putVector(context, state, 1, pid.address, 0);
  // Behind the bracket that opens it comes what goes on after the pid.
  putVector(context, state, 2, program.text(`,${tail.text.substring(1)}`).value, tail.length);
  program
    .call(Call.READLINKAT, program.load(context.proc), program.text('self'), program.at(pid), program.number(PID_SIZE))
    .into(program.field(state, 24, 'digits'));
  memory.kind = kind;
  memory.state = state;
}

/** struct iovec */
function putVector(context: Context, vectors: Cell, index: i32, address: u64, length: u64): void {
  context.program.put64(vectors, 16 * index, address);
  context.program.put64(vectors, 16 * index + 8, length);
}

function createMemfd(context: Context, name: string, fd: Cell): void {
  const program = context.program;
  program.call(Call.MEMFD_CREATE, program.text(name), program.named(MFD_CLOEXEC, 'MFD_CLOEXEC')).into(fd);
}

function awaitChild(context: Context, memory: HookMemory, step: HookStep, record: Cell): void {
  const program = context.program;
  const ended = program.field(record, HOOK_ENDED, 'ended');
  const over = new Label('over');
  context.close(memory.input);
  const limit = program.struct(['seconds', 'nanoseconds'], [program.number(step.timeout), program.number(0)]);
  program
    .call(
      Call.PPOLL,
      program.at(memory.pidfd),
      program.number(1),
      step.timeout ? limit : program.null(),
      program.null(),
      program.number(8),
    )
    .into(ended);
  program.branch(ended, u64.MAX_VALUE, 1, over);
  program
    .call(
      Call.PIDFD_SEND_SIGNAL,
      program.load(memory.pidfd),
      program.named(SIGKILL, 'SIGKILL'),
      program.null(),
      program.number(0),
    )
    .tolerate(ESRCH);
  program.place(over);
  context.close(memory.pidfd);
  const status = program.field(record, HOOK_STATUS, 'status');
  program.call(Call.WAIT4, program.load(memory.child), program.at(status), program.number(0), program.null());
}

/** Tells what the hook has written, if anything, and what it has come to. Answers where it goes on after a success. */
function report(context: Context, memory: HookMemory, step: HookStep, record: Cell): Label {
  const program = context.program;
  const done = new Label('done');
  const succeeded = new Label('succeeded');
  const output = program.load(memory.output);
  const length = program.field(record, HOOK_LENGTH, 'length');
  const end = program.named(SEEK_END, 'SEEK_END');
  program.call(Call.LSEEK, output, program.number(0), program.named(SEEK_SET, 'SEEK_SET'));
  // EINVAL: it has written less.
  program.call(Call.LSEEK, output, program.number(-(<u64>HOOK_OUTPUT_SIZE)), end).tolerate(EINVAL);
  program.call(Call.READ, output, program.at(memory.text), program.number(HOOK_OUTPUT_SIZE)).into(length);

  const vectors = program.area('[record, text]', 2 * 16);
  putVector(context, vectors, 0, record.address, HOOK_HEADER_SIZE);
  putVector(context, vectors, 1, memory.text.address, HOOK_OUTPUT_SIZE);
  const host = step.kind == 'createContainer' ? context.socket : context.execFifo;
  program.branch(program.field(record, HOOK_STATUS, 'status'), u64.MAX_VALUE, 0, succeeded);
  program.call(Call.WRITEV, host, program.at(vectors), program.number(2)).tolerate(ANY_ERROR);
  program.call(Call.EXIT_GROUP, program.number(1));
  program.place(succeeded);
  program.branch(length, u64.MAX_VALUE, 0, done);
  program.call(Call.WRITEV, host, program.at(vectors), program.number(2));
  program.jump(done);
  return done;
}

/** man 2 vfork: what changes here is the child's own but for the memory. */
function execute(context: Context, memory: HookMemory, step: HookStep, record: Cell): void {
  const program = context.program;
  const zero = program.number(0);
  program.call(Call.DUP3, program.load(memory.input), program.number(0), zero);
  program.call(Call.DUP3, program.load(memory.output), program.number(1), zero);
  program.call(Call.DUP3, program.load(memory.output), program.number(2), zero);
  program.call(
    Call.CLOSE_RANGE,
    program.number(3),
    program.named(u32.MAX_VALUE, '~0'),
    program.named(CLOSE_RANGE_CLOEXEC, 'CLOSE_RANGE_CLOEXEC'),
  );
  // The launch has none, for the modes of what it makes.
  if (step.kind == 'createContainer') program.call(Call.UMASK, program.mode(0o022));
  const env = step.inherits == '' ? step.env : context.environment;
  program
    .call(Call.EXECVE, program.text(step.file), program.vector(step.args), program.vector(env, true))
    .into(program.field(record, HOOK_ERRNO, 'errno'))
    .tolerate(ANY_ERROR);
  program.call(Call.EXIT_GROUP, program.number(127));
}
