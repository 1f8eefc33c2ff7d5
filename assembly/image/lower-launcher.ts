import { AffinityStep, hasAffinity, MOST_CPUS } from '../plan/affinity';
import { EnterCgroupStep } from '../plan/cgroup';
import { EnterStep } from '../plan/exec';
import { ClockStep, CloneStep, JoinStep } from '../plan/namespaces';
import { RLIMIT_NOFILE } from '../plan/process';
import { Actor, NumberStep } from '../plan/step';
import { Call } from './calls';
import {
  AT_FDCWD,
  CLONE,
  CLONE_ARGS,
  CLONE_INTO_CGROUP,
  CLONE_NEWTIME,
  CLONE_PARENT,
  O_CLOEXEC,
  O_WRONLY,
  OPEN_FLAGS,
  PR_SET_DUMPABLE,
  PR_SET_NAME,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_XDEV,
  SIG_SETMASK,
  SIGPIPE,
  SIGXFSZ,
} from './constants';
import { Context, RecordKind } from './context';
import { Label } from './label';
import { ANY_ERROR, RECORD_SIZE } from './layout';
import { setRlimit } from './lower-process';
import { awaitOpener, makeOpener, takeTrees } from './lower-source';
import { Operand } from './operand';
import { Program } from './program';

export function atCwd(program: Program): Operand {
  return program.named(AT_FDCWD, 'AT_FDCWD');
}

/**
 * Row 0 never fails (layout.ts). Then what a JavaScript engine leaves in its children: ignored SIGPIPE and SIGXFSZ,
 * blocked signals. struct sigaction of zeros is SIG_DFL, and the kernel's sigset_t has 8 bytes.
 */
export function lowerReset(context: Context): void {
  const program = context.program;
  program.call(Call.UMASK, program.mode(0)).target = context.failure;
  const none = program.area('none', 32);
  program.call(
    Call.RT_SIGPROCMASK,
    program.named(SIG_SETMASK, 'SIG_SETMASK'),
    program.at(none),
    program.null(),
    program.number(8),
  );
  program.call(
    Call.RT_SIGACTION,
    program.named(SIGPIPE, 'SIGPIPE'),
    program.at(none),
    program.null(),
    program.number(8),
  );
  program.call(
    Call.RT_SIGACTION,
    program.named(SIGXFSZ, 'SIGXFSZ'),
    program.at(none),
    program.null(),
    program.number(8),
  );
  const facts = context.planner.facts;
  if (facts.nofileHard) setRlimit(context, RLIMIT_NOFILE, 'RLIMIT_NOFILE', facts.nofileSoft, facts.nofileHard);
  if (!hasAffinity(context.planner)) resetAffinity(context);
  program.call(Call.PRCTL, program.named(PR_SET_NAME, 'PR_SET_NAME'), program.text('orlop-init'));
  if (context.planner.hidesEarly) hide(context);
  context.openPlain(atCwd(program), '/proc').into(context.proc);
}

/**
 * The caller's CPUs are not the container's: those of its cpuset are, and the kernel cuts "all" to them, also when it is
 * entered later. Since 6.2 what was set here outlasts that (man 7 cpuset). No right to change it is no error.
 */
function resetAffinity(context: Context): void {
  const program = context.program;
  const mask = program.area('[all]', MOST_CPUS / 8);
  for (let offset = 0; offset < MOST_CPUS / 8; offset += 8) program.put64(mask, offset, u64.MAX_VALUE);
  program
    .call(Call.SCHED_SETAFFINITY, program.number(0), program.number(MOST_CPUS / 8), program.at(mask))
    .tolerate(ANY_ERROR);
}

/** In a joined pid namespace others may look at it: its fds and memory are nobody's until execve, which undoes this. */
export function hide(context: Context): void {
  const program = context.program;
  program.call(Call.PRCTL, program.named(PR_SET_DUMPABLE, 'PR_SET_DUMPABLE'), program.number(0));
}

/** Writes a file of the host's /proc and closes it. */
export function writeProc(context: Context, file: string, text: string): void {
  const program = context.program;
  program
    .call(
      Call.OPENAT2,
      program.load(context.proc),
      program.text(file),
      program.how(
        program.flags(O_WRONLY | O_CLOEXEC, OPEN_FLAGS),
        0,
        RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
      ),
      program.number(24),
    )
    .into(context.target);
  const length = String.UTF8.byteLength(text);
  program.call(Call.WRITE, program.load(context.target), program.text(text), program.number(length));
  context.close(context.target);
}

export function lowerOomScore(context: Context, step: NumberStep): void {
  writeProc(context, 'self/oom_score_adj', step.number.toString());
}

/** `tasks` and not cgroup.procs, which would wait for every processor; v2 has nothing else for this. */
export function lowerEnterCgroup(context: Context, step: EnterCgroupStep): void {
  const program = context.program;
  const how = program.how(program.flags(O_WRONLY | O_CLOEXEC, OPEN_FLAGS), 0, 0);
  for (let index = 0; index < step.directories.length; index++) {
    enterCgroup(context, atCwd(program), `${step.directories[index]}/tasks`, how);
  }
  if (step.entersUnified) enterCgroup(context, context.cgroup, 'cgroup.procs', how);
}

/** "0" is the caller itself. */
function enterCgroup(context: Context, from: Operand, file: string, how: Operand): void {
  const program = context.program;
  program.call(Call.OPENAT2, from, program.text(file), how, program.number(24)).into(context.target);
  program.call(Call.WRITE, program.load(context.target), program.text('0'), program.number(1));
  context.close(context.target);
}

export function lowerJoin(context: Context, step: JoinStep): void {
  const program = context.program;
  program
    .call(
      Call.OPENAT2,
      atCwd(program),
      program.text(step.path),
      program.how(program.flags(O_CLOEXEC, OPEN_FLAGS), 0, 0),
      program.number(24),
    )
    .into(context.target);
  program.call(Call.SETNS, program.load(context.target), program.flags(step.flag, CLONE));
  context.close(context.target);
}

export function lowerEnter(context: Context, step: EnterStep): void {
  const program = context.program;
  // From here on the container's processes see it.
  if (step.actor == Actor.LAUNCHER && !context.planner.hidesEarly) hide(context);
  program.call(Call.SETNS, context.pidfd, program.flags(step.flags, CLONE));
}

export function lowerAffinity(context: Context, step: AffinityStep): void {
  const program = context.program;
  const mask = program.area(`[${step.list}]`, 8 * step.mask.length);
  for (let index = 0; index < step.mask.length; index++) program.put64(mask, 8 * index, step.mask[index]);
  program.call(Call.SCHED_SETAFFINITY, program.number(0), program.number(8 * step.mask.length), program.at(mask));
}

/** Offsets are those of the namespace that the next child enters, and only before it does. */
export function lowerClock(context: Context, step: ClockStep): void {
  context.unshareTime();
  writeProc(context, 'self/timens_offsets', `${step.clock} ${step.seconds} ${step.nanoseconds}\n`);
}

/**
 * The child goes on below; the launcher tells its pid and ends, or opens the sources before. With CLONE_PARENT the child is
 * the host's own.
 */
export function lowerClone(context: Context, step: CloneStep): void {
  const program = context.program;
  if (step.flags & CLONE_NEWTIME) context.unshareTime();
  let flags = (step.flags & ~CLONE_NEWTIME) | CLONE_PARENT;
  if (step.intoCgroup) flags |= CLONE_INTO_CGROUP;
  const opensSources = context.planner.opensSources && context.planner.user.isNew;
  const opener = opensSources ? makeOpener(context) : context.opener;
  const zero = program.number(0);
  // With CLONE_PARENT the exit signal is the launcher's own, and clone3 refuses another.
  const fields: Operand[] = [program.flags(flags, CLONE), zero, zero, zero, zero, zero, zero, zero];
  if (step.intoCgroup) {
    fields.push(zero);
    fields.push(zero);
    fields.push(context.cgroup);
  }
  const record = program.area('pid', RECORD_SIZE);
  program.put64(record, 0, RecordKind.PID);
  const pid = program.field(record, 8, 'pid');
  const child = opensSources ? opener!.other : new Label('child');
  program.call(Call.CLONE3, program.struct(CLONE_ARGS, fields), program.number(8 * fields.length)).into(pid);
  program.branch(pid, u64.MAX_VALUE, 0, child);
  program.call(Call.WRITE, context.socket, program.at(record), program.number(RECORD_SIZE));
  if (opensSources) return;
  if (opener) awaitOpener(context);
  program.call(Call.EXIT_GROUP, program.number(0));
  program.place(child);
  if (opener) takeTrees(context);
}
