// runtime-spec config.md#posix-platform-hooks. The host's run here: prestart and createRuntime when the image asks,
// poststart when start has got its answer, poststop when the container is gone. Those of the container are rows of the
// image (assembly/image/lower-hook.ts), which tells what they came to.

import { fstatSync, readSync, writeSync } from 'node:fs';
import { OrlopError } from '../error.ts';
import type { HookEnd } from '../launch/protocol.ts';
import { errnoName, errnoText } from '../linux/errno.ts';
import { close, memoryFile } from '../linux/file.ts';
import { POLLIN, poll } from '../linux/poll.ts';
import { type Exit, exitOf, pidfdOpen, pidfdSendSignal, signalName, waitpid } from '../linux/process.ts';
import { spawn } from '../linux/spawn.ts';
import type { HookStep, HostStep } from '../spec/types.ts';
import { ociStateOf } from './state.ts';
import type { Status } from './status.ts';
import type { State } from './store.ts';

/** Where hooks' output goes, and what is only worth a warning. */
export interface Journal {
  write(level: 'warning' | 'debug', message: string): void;
}

/** How a hook ended. */
interface Outcome {
  failure?: Failure | undefined;
  output: Buffer;
}

/** Why it did not succeed, and the way out. */
interface Failure {
  text: string;
  hint: string;
}

export function hooksOf(steps: readonly HostStep[], ...kinds: HookStep['kind'][]): HookStep[] {
  const hooks = steps.filter((step) => step.verb === 'hook') as HookStep[];
  return hooks.filter(({ kind }) => kinds.includes(kind));
}

/** Runs the host's hooks of some kinds in their order. The first that fails is the error. */
export function runHooks(hooks: readonly HookStep[], state: State, status: Status, journal?: Journal): void {
  for (const hook of hooks) {
    const error = settle(hook, execute(hook, stateText(state, status)), journal);
    if (error) throw error;
  }
}

/** When everything is gone. A failure changes nothing any more: it is a warning, and the others run. */
export function runPoststop(state: State, journal?: Journal): void {
  for (const hook of hooksOf(state.hooks ?? [], 'poststop')) {
    const error = settle(hook, execute(hook, stateText(state, 'stopped')), journal);
    if (error) journal?.write('warning', `${error.message} (config.json:${error.line}:${error.column} ${error.path})`);
  }
}

/** What the image has told of a hook: its output goes to the journal, and a failure is answered. */
export function settleInside(steps: readonly HostStep[], end: HookEnd, journal?: Journal): OrlopError | undefined {
  const hook = steps.find(({ step }) => step === end.step) as HookStep | undefined;
  if (!hook) throw new OrlopError('core/crash', `the launch image ran a hook that is none: step ${end.step}`);
  return settle(hook, { failure: failureInside(hook, end), output: end.output }, journal);
}

function failureInside(hook: HookStep, { errno, status, isTimedOut }: HookEnd): Failure | undefined {
  if (errno === 0) return failureOf(hook, exitOf(status), isTimedOut);
  const call = `execve(${JSON.stringify(hook.file)}, ${JSON.stringify(hook.args)})`;
  return notExecuted(hook, `${call} failed: ${errnoName(errno)} (${errnoText(errno)})`);
}

function notExecuted({ kind }: HookStep, text: string): Failure {
  return { text, hint: `path names an executable file of the ${kind === 'startContainer' ? 'container' : 'host'}` };
}

function failureOf({ timeout }: HookStep, exit: Exit, isTimedOut: boolean): Failure | undefined {
  if (exit.code === 0) return undefined;
  if (isTimedOut) return { text: `killed after its timeout of ${timeout} s`, hint: 'raise the timeout, or remove it' };
  const text = exit.code === undefined ? `killed by ${signalName(exit.signal)}` : `exit status ${exit.code}`;
  return { text, hint: 'the hook is not part of orlop: ask its documentation; --debug logs what it writes' };
}

function settle(hook: HookStep, { failure, output }: Outcome, journal?: Journal): OrlopError | undefined {
  const text = output.toString('utf8').trimEnd();
  const name = `${hook.kind} hook "${hook.file}"`;
  if (text !== '') journal?.write('debug', `${name} wrote: ${text}`);
  if (failure === undefined) return undefined;
  const { path, line, column } = hook;
  const lines = text === '' ? [] : ['its last output:', ...text.split('\n').slice(-LINES_SHOWN)];
  const message = [`${name} ${JSON.stringify(hook.args)} failed: ${failure.text}`, ...lines].join('\n  ');
  return new OrlopError('container/hook', message, { path, line, column, hint: failure.hint });
}

const LINES_SHOWN = 10;
const OUTPUT_MAX = 65536;

function stateText(state: State, status: Status): string {
  return JSON.stringify(ociStateOf(state, status));
}

/** Input and output are files in memory: no hook, and no process that one leaves behind, keeps us waiting at a pipe. */
function execute(hook: HookStep, input: string): Outcome {
  const stdin = memoryFile('orlop-state');
  const output = memoryFile('orlop-output');
  try {
    writeSync(stdin, input, 0);
    const fds = [[stdin, 0] as const, [output, 1] as const, [output, 2] as const];
    const pid = spawn({ file: hook.file, argv: hook.args, env: environmentOf(hook), fds });
    const { exit, isTimedOut } = awaitChild(pid, hook.timeout);
    return { failure: failureOf(hook, exit, isTimedOut), output: tail(output) };
  } catch (error) {
    if (error instanceof OrlopError && error.code === 'linux/posix_spawn')
      return { failure: notExecuted(hook, error.message), output: Buffer.alloc(0) };
    throw error;
  } finally {
    close(stdin);
    close(output);
  }
}

function environmentOf({ env, inherits }: HookStep): string[] {
  if (inherits === undefined) return env ?? [];
  return Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
}

function awaitChild(pid: number, timeout: number | undefined): { exit: Exit; isTimedOut: boolean } {
  const pidfd = pidfdOpen(pid);
  try {
    const isTimedOut = !hasEnded(pidfd, timeout);
    if (isTimedOut) pidfdSendSignal(pidfd, SIGKILL);
    return { exit: waitpid(pid).exit, isTimedOut };
  } finally {
    close(pidfd);
  }
}

const SIGKILL = 9;
/** poll(2) counts milliseconds in an int. */
const POLL_MAX = 2 ** 31 - 1;

function hasEnded(pidfd: number, timeout: number | undefined): boolean {
  const wait = (milliseconds: number): boolean => poll([{ fd: pidfd, events: POLLIN }], milliseconds)[0] !== 0;
  if (timeout === undefined) return wait(-1);
  for (let rest = timeout * 1000; rest > 0; rest -= POLL_MAX) if (wait(Math.min(rest, POLL_MAX))) return true;
  return false;
}

function tail(fd: number): Buffer {
  const { size } = fstatSync(fd);
  const bytes = Buffer.alloc(Math.min(size, OUTPUT_MAX));
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, size - bytes.length));
}
