import { Call } from './calls';
import {
  CLONE_CHILD,
  P_PID,
  PR_SET_CHILD_SUBREAPER,
  SIG_SETMASK,
  SIGCHLD,
  TIOCSPGRP,
  WAIT,
  WEXITED,
  WNOHANG,
  WNOWAIT,
} from './constants';
import { Context } from './context';
import { ECHILD, EINTR, ENOTTY, EPERM, ESRCH } from './errno';
import { Label } from './label';
import { Cell } from './operand';

const LAST_SIGNAL: i32 = 64;

/**
 * man 7 pid_namespaces: orphans become children of the first process, and it gets no signal that it has no handler for.
 * For a program that expects neither, these rows stay behind as its parent: they reap, pass signals on, and exit as it does.
 */
export function lowerReaper(context: Context): void {
  const program = context.program;
  const zero = program.number(0);
  const all = program.area('all', 8);
  program.put64(all, 0, u64.MAX_VALUE);
  setMask(context, all);
  if (!context.planner.namespaces.creates('pid')) {
    program.call(Call.PRCTL, program.named(PR_SET_CHILD_SUBREAPER, 'PR_SET_CHILD_SUBREAPER'), program.number(1));
  }
  const child = program.cell('child');
  const isChild = new Label('child');
  const flags = program.flags(SIGCHLD, CLONE_CHILD);
  program.call(Call.CLONE, flags, program.null(), program.null(), program.null(), zero).into(child);
  program.branch(child, u64.MAX_VALUE, 0, isChild);
  program.call(Call.CLOSE_RANGE, program.number(3), program.named(u32.MAX_VALUE, '~0'), zero);
  const status = program.cell('status');
  waitForChild(context, child, status, all);
  exitAs(context, status);
  program.place(isChild);
  becomeProgram(context);
}

function setMask(context: Context, mask: Cell): void {
  const program = context.program;
  const how = program.named(SIG_SETMASK, 'SIG_SETMASK');
  program.call(Call.RT_SIGPROCMASK, how, program.at(mask), program.null(), program.number(8));
}

/** Goes on below when the child has ended. Rows cannot compare two pids: who has been reaped is no child any more. */
function waitForChild(context: Context, child: Cell, status: Cell, all: Cell): void {
  const program = context.program;
  const wait = new Label('wait');
  const reap = new Label('reap');
  const ended = new Label('ended');
  const signal = program.cell('signal');
  const reaped = program.cell('reaped');
  program.place(wait);
  program
    .call(Call.RT_SIGTIMEDWAIT, program.at(all), program.null(), program.null(), program.number(8))
    .into(signal)
    .tolerate(EINTR, wait);
  program.branch(signal, u64.MAX_VALUE, SIGCHLD, reap);
  program.call(Call.KILL, program.load(child), program.load(signal)).tolerate(ESRCH).tolerate(EPERM);
  program.jump(wait);
  program.place(reap);
  program
    .call(Call.WAIT4, program.named(<u64>-1, '-1'), program.at(status), program.flags(WNOHANG, WAIT), program.null())
    .into(reaped)
    .tolerate(ECHILD, wait);
  program.branch(reaped, u64.MAX_VALUE, 0, wait);
  program
    .call(
      Call.WAITID,
      program.named(P_PID, 'P_PID'),
      program.load(child),
      program.null(),
      program.flags(WEXITED | WNOHANG | WNOWAIT, WAIT),
      program.null(),
    )
    .tolerate(ECHILD, ended);
  program.jump(reap);
  program.place(ended);
}

/** man 2 wait: the second byte of the status is the exit code, or the first seven bits are the signal. */
function exitAs(context: Context, status: Cell): void {
  const program = context.program;
  const exited = new Label('exited');
  program.branch(status, 0x7f, 0, exited);
  const killed: Label[] = [];
  for (let signal = 1; signal <= LAST_SIGNAL; signal++) {
    const label = new Label('killed');
    killed.push(label);
    program.branch(status, 0x7f, signal, label);
  }
  for (let signal = 1; signal <= LAST_SIGNAL; signal++) {
    program.place(killed[signal - 1]);
    program.call(Call.EXIT_GROUP, program.number(128 + signal));
  }
  program.place(exited);
  program.call(Call.EXIT_GROUP, program.load(program.field(status, 1, 'code')));
}

/** A process group of its own, in front of the terminal: what is typed there would otherwise come twice. */
function becomeProgram(context: Context): void {
  const program = context.program;
  program.call(Call.SETPGID, program.number(0), program.number(0));
  const own = program.cell('own');
  program.call(Call.GETPID).into(own);
  program
    .call(Call.IOCTL, program.number(0), program.named(TIOCSPGRP, 'TIOCSPGRP'), program.at(own))
    .tolerate(ENOTTY)
    .tolerate(EPERM);
  setMask(context, program.area('none', 8));
}
