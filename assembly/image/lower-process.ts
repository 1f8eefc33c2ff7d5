import { LAST_CAPABILITY } from '../plan/capability';
import { ExecuteStep } from '../plan/execute';
import { BoundingStep, CapabilitiesStep, UserStep } from '../plan/privileges';
import { RlimitStep } from '../plan/process';
import { NumberStep, TextStep } from '../plan/step';
import { Groups } from '../plan/user-namespace';
import { Call } from './calls';
import {
  AT_EACCESS,
  AT_FLAGS,
  CLOSE_RANGE_CLOEXEC,
  LINUX_CAPABILITY_VERSION_3,
  O_CLOEXEC,
  O_PATH,
  O_WRONLY,
  OPEN_FLAGS,
  PR_CAP_AMBIENT,
  PR_CAP_AMBIENT_CLEAR_ALL,
  PR_CAP_AMBIENT_RAISE,
  PR_CAPBSET_DROP,
  PR_SET_KEEPCAPS,
  PR_SET_NO_NEW_PRIVS,
  RESOLVE_NO_MAGICLINKS,
  X_OK,
} from './constants';
import { Context, RecordKind, Slot } from './context';
import { EACCES, EINVAL, ENOENT, ENOTDIR, EPERM } from './errno';
import { Label } from './label';
import { ANY_ERROR } from './layout';
import { prepareStartContainer } from './lower-hook';
import { atCwd } from './lower-launcher';
import { Row } from './program';
import { O_DIRECTORY } from './x86_64';

export function lowerRlimit(context: Context, step: RlimitStep): void {
  setRlimit(context, step.resource, step.name, step.soft, step.hard);
}

export function setRlimit(context: Context, resource: i32, name: string, soft: u64, hard: u64): void {
  const program = context.program;
  program.call(
    Call.PRLIMIT64,
    program.number(0),
    program.named(resource, name),
    program.struct(['soft', 'hard'], [program.number(soft), program.number(hard)]),
    program.null(),
  );
}

/** What is not in the set goes, also what this file has no name for: EINVAL is the end of the kernel's list. */
export function lowerBounding(context: Context, step: BoundingStep): void {
  const program = context.program;
  const done = new Label('done');
  const drop = program.named(PR_CAPBSET_DROP, 'PR_CAPBSET_DROP');
  const zero = program.number(0);
  for (let capability = 0; capability < 64; capability++) {
    if (step.bounding & ((<u64>1) << capability)) continue;
    const row = program.call(Call.PRCTL, drop, program.number(capability), zero, zero, zero);
    if (capability > LAST_CAPABILITY) row.tolerate(EINVAL, done);
  }
  program.place(done);
}

/** Groups before the user, who may not change them; permitted capabilities survive the change to be cut down next. */
export function lowerUser(context: Context, step: UserStep): void {
  const program = context.program;
  if (step.uid) program.call(Call.PRCTL, program.named(PR_SET_KEEPCAPS, 'PR_SET_KEEPCAPS'), program.number(1));
  const groups = program.area(`[${step.additionalGids.length} groups]`, 4 * step.additionalGids.length);
  for (let index = 0; index < step.additionalGids.length; index++) {
    program.put32(groups, 4 * index, <u32>step.additionalGids[index]);
  }
  if (step.groups != Groups.DENIED) {
    const row = program.call(Call.SETGROUPS, program.number(step.additionalGids.length), program.at(groups));
    if (step.groups == Groups.UNKNOWN && step.additionalGids.length == 0) row.tolerate(EPERM);
  }
  const gid = program.number(step.gid);
  program.call(Call.SETRESGID, gid, gid, gid);
  const uid = program.number(step.uid);
  program.call(Call.SETRESUID, uid, uid, uid);
  retryCwd(context);
}

export function lowerCapabilities(context: Context, step: CapabilitiesStep): void {
  setCapabilities(context, step, step.kept);
  ambient(context, PR_CAP_AMBIENT_CLEAR_ALL, 'PR_CAP_AMBIENT_CLEAR_ALL', 0);
  for (let capability = 0; capability < 64; capability++) {
    if (step.ambient & ((<u64>1) << capability))
      ambient(context, PR_CAP_AMBIENT_RAISE, 'PR_CAP_AMBIENT_RAISE', capability);
  }
}

/** man 2 capset: two halves of 32 bits, each effective, permitted, inheritable. */
export function setCapabilities(context: Context, step: CapabilitiesStep, kept: u64): void {
  const program = context.program;
  const effective = step.effective | kept;
  const permitted = step.permitted | kept;
  const header = program.area('{_LINUX_CAPABILITY_VERSION_3, 0}', 8);
  program.put32(header, 0, LINUX_CAPABILITY_VERSION_3);
  const text = `{effective=${effective.toString(16)}, permitted=${permitted.toString(16)}, inheritable=${step.inheritable.toString(16)}}`;
  const data = program.area(text, 24);
  for (let half = 0; half < 2; half++) {
    program.put32(data, 12 * half, <u32>(effective >> (32 * half)));
    program.put32(data, 12 * half + 4, <u32>(permitted >> (32 * half)));
    program.put32(data, 12 * half + 8, <u32>(step.inheritable >> (32 * half)));
  }
  program.call(Call.CAPSET, program.at(header), program.at(data));
}

function ambient(context: Context, action: u64, name: string, capability: i32): Row {
  const program = context.program;
  return program.call(
    Call.PRCTL,
    program.named(PR_CAP_AMBIENT, 'PR_CAP_AMBIENT'),
    program.named(action, name),
    program.number(capability),
    program.number(0),
    program.number(0),
  );
}

/**
 * As the launch's root, and where that may not, as the user: each may have the only key (root-squash, FUSE, a home that is
 * the user's alone in a user namespace). The rows of USER try again, as runc does.
 */
export function lowerCwd(context: Context, step: TextStep): void {
  const program = context.program;
  const later = new Label('later');
  context.cwd = program.cell('cwd', 1);
  context.cwdStep = program.step;
  openCwd(context, step).tolerate(EACCES, later).tolerate(EPERM);
  program.call(Call.FCHDIR, program.load(context.target)).into(context.cwd!).tolerate(EACCES, later).tolerate(EPERM);
  context.close(context.target);
  program.place(later);
}

/** A failure is one of the step CWD. */
function retryCwd(context: Context): void {
  const cwd = context.cwd;
  if (!cwd) return;
  const program = context.program;
  const done = new Label('done');
  const step = program.step;
  const node = program.node;
  program.branch(cwd, u64.MAX_VALUE, 0, done);
  program.step = context.cwdStep;
  program.node = context.planner.steps[program.step].node;
  openCwd(context, context.planner.steps[program.step] as TextStep);
  program.call(Call.FCHDIR, program.load(context.target));
  context.close(context.target);
  program.step = step;
  program.node = node;
  program.place(done);
}

/** By fd and without magic links: a cwd of /proc/self/fd/N must not lead out (CVE-2024-21626). */
function openCwd(context: Context, step: TextStep): Row {
  const program = context.program;
  return program
    .call(
      Call.OPENAT2,
      atCwd(program),
      program.text(step.text),
      program.how(program.flags(O_PATH | O_DIRECTORY | O_CLOEXEC, OPEN_FLAGS), 0, RESOLVE_NO_MAGICLINKS),
      program.number(24),
    )
    .into(context.target);
}

export function lowerUmask(context: Context, step: NumberStep): void {
  const program = context.program;
  program.call(Call.UMASK, program.mode(step.number));
}

export function lowerNoNewPrivileges(context: Context): void {
  const program = context.program;
  const zero = program.number(0);
  program.call(
    Call.PRCTL,
    program.named(PR_SET_NO_NEW_PRIVS, 'PR_SET_NO_NEW_PRIVS'),
    program.number(1),
    zero,
    zero,
    zero,
  );
}

/**
 * A program that is missing is an error of `create`, as under runc: each candidate is asked for before the wait. A
 * directory may be executed by all that faccessat2 knows: the cell of the one that is found says ENOTDIR.
 *
 * What is looked up from here on are the container's words, and /proc/self/fd/N/… would be one of them. So no directory
 * is open any more, close-on-exec or not, from which the host could be reached (CVE-2024-21626): only a socket and FIFOs.
 */
export function lowerFind(context: Context, execute: ExecuteStep): void {
  const program = context.program;
  prepareStartContainer(context);
  program.call(
    Call.CLOSE_RANGE,
    program.number(context.firstFd + (context.planner.isExec ? Slot.START : Slot.CGROUP)),
    program.named(u32.MAX_VALUE, '~0'),
    program.number(0),
  );
  const candidates = execute.candidates;
  const done = new Label('done');
  for (let index = 0; index < candidates.length; index++) {
    const next = new Label('next');
    const found = program.cell(`found_${index}`);
    context.found.push(found);
    const row = access(context, candidates[index]);
    if (candidates.length > 1) row.tolerate(ANY_ERROR, next);
    open(context, candidates[index], O_PATH | O_DIRECTORY)
      .into(found)
      .tolerate(ENOTDIR, done);
    program.place(next);
  }
  // None: the first that is there but may not be executed is the error, else the last one that is not there.
  for (let index = 0; index < candidates.length; index++) {
    const next = new Label('next');
    const row = access(context, candidates[index]);
    if (index < candidates.length - 1) row.tolerate(ENOENT, next).tolerate(ENOTDIR);
    open(context, candidates[index], O_WRONLY | O_DIRECTORY); // of a directory always EISDIR
    program.place(next);
  }
  program.place(done);
  // Nothing but 0–2 and the preserved fds goes on into the container. Here, for a filter may come next that knows no such call.
  program.call(
    Call.CLOSE_RANGE,
    program.number(context.firstFd),
    program.named(u32.MAX_VALUE, '~0'),
    program.named(CLOSE_RANGE_CLOEXEC, 'CLOSE_RANGE_CLOEXEC'),
  );
}

function open(context: Context, path: string, flags: u64): Row {
  const program = context.program;
  const how = program.how(program.flags(flags | O_CLOEXEC, OPEN_FLAGS), 0, 0);
  return program.call(Call.OPENAT2, atCwd(program), program.text(path), how, program.number(24));
}

function access(context: Context, path: string): Row {
  const program = context.program;
  return program.call(
    Call.FACCESSAT2,
    atCwd(program),
    program.text(path),
    program.named(X_OK, 'X_OK'),
    program.flags(AT_EACCESS, AT_FLAGS),
  );
}

/** The container is created, and waits for start. */
export function lowerReady(context: Context): void {
  const program = context.program;
  context.send(RecordKind.READY, 'ready');
  context.readAnswer();
  if (!context.planner.isExec)
    program.call(Call.READ, context.startFifo, program.at(context.byte), program.number(1)).into(context.started);
}

export function lowerExecute(context: Context, step: ExecuteStep): void {
  const program = context.program;
  const argv = program.vector(step.args);
  const envp = program.vector(context.environment, true);
  for (let index = 0; index < step.candidates.length; index++) {
    const here = new Label('here');
    const next = new Label('next');
    program.branch(context.found[index], u64.MAX_VALUE, <u64>-(<i64>ENOTDIR), here);
    program.jump(next);
    program.place(here);
    program.call(Call.EXECVE, program.text(step.candidates[index]), argv, envp);
    program.place(next);
  }
  // Unreachable: FIND has found one. A program that ran past its end would read what is not a row.
  program.call(Call.EXIT_GROUP, program.number(1));
}
