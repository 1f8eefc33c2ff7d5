import { constants, existsSync, mkdirSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { attachCause, finish, OrlopError } from '../error.ts';
import { Launch } from '../launch/image.ts';
import type { Failed } from '../launch/protocol.ts';
import { openBoth } from '../linux/fifo.ts';
import { close } from '../linux/file.ts';
import { isErrno } from '../linux/libc.ts';
import { kill, pidfdOpen, waitpid } from '../linux/process.ts';
import type { CreateCgroupStep, Diagnostic, RdtStep } from '../spec/types.ts';
import { type Compiled, compile, type LaunchRequest, warningsOf } from './compiler.ts';
import { confine, enterUnit, limit, makeCgroup, stepOf } from './confine.ts';
import { compareLink } from './copy-link.ts';
import { CopyUp } from './copy-up.ts';
import { removeAll } from './delete.ts';
import { hooksOf, type Journal, runHooks, settleInside } from './hooks.ts';
import { giveIds, mapIds, raiseLimits } from './id-maps.ts';
import { joinRdtGroup, makeRdtGroup, type RdtState } from './intel-rdt.ts';
import { NetDevices } from './net-devices.ts';
import { writePidFile } from './pid-file.ts';
import { Places } from './places.ts';
import { checkPrivileges } from './privileges.ts';
import { handOver } from './seccomp.ts';
import { readStat } from './status.ts';
import { giveStdio } from './stdio.ts';
import { checkId, type Entry, type State, Store } from './store.ts';
import { Systemd } from './systemd.ts';

export interface CreateOptions extends LaunchRequest {
  root: string;
  pidFile?: string | undefined;
  /** Takes the master of the container's terminal, which it must then have. */
  console?: ((master: number) => void) | undefined;
  /** Takes it otherwise, if there is one: the caller's own terminal. */
  attach?: ((master: number) => void) | undefined;
  warn?: ((diagnostic: Diagnostic) => void) | undefined;
  /** Gets what hooks write. */
  journal?: Journal | undefined;
  /** Takes a pidfd of the container's first process. */
  pidfd?: ((pidfd: number) => void) | undefined;
}

/** A created container: its process waits for start. The entry is locked, and the caller's to close. */
export interface Created {
  entry: Entry;
  state: State & { pid: number };
  compiled: Compiled;
}

/** runtime-spec runtime.md#create; `before` is the bundle compiled already. After an error everything is as before. */
export function create(options: CreateOptions, before?: Compiled): Created {
  checkId(options.id);
  const systemd = options.cgroupManager === 'systemd' ? new Systemd() : undefined;
  try {
    return createWith(systemd, before ?? compile(options, systemd?.facts()), options);
  } finally {
    systemd?.close();
  }
}

function createWith(systemd: Systemd | undefined, compiled: Compiled, options: CreateOptions): Created {
  checkPrivileges(compiled.plan);
  checkConsole(compiled, options);
  checkPreserved(options.preserveFds ?? 0);
  for (const warning of warningsOf(compiled.plan)) options.warn?.(warning);

  const state = newState(compiled);
  const entry = new Store(options.root).create(options.id);
  const devices = new NetDevices();
  try {
    launch(entry, state, compiled, options, devices, systemd);
    if (options.pidfd) tellPidfd(state.pid as number, options.pidfd);
    if (options.pidFile !== undefined) writePidFile(options.pidFile, state.pid as number);
    return { entry, state: state as State & { pid: number }, compiled };
  } catch (error) {
    // Before its namespace ends with the last process: a virtual device would end too.
    attachCause(error, devices.giveBack());
    undo(entry, state, error, options.journal);
    throw error;
  } finally {
    devices.close();
  }
}

function newState(compiled: Compiled): State {
  const { plan, request, rootfs, home } = compiled;
  const hooks = hooksOf(plan.steps, 'startContainer', 'poststart', 'poststop');
  return {
    version: 1,
    id: plan.id,
    ociVersion: plan.ociVersion,
    bundle: plan.bundle,
    rootfs,
    created: new Date().toISOString(),
    owner: ownerOf(process.getuid?.() ?? 0),
    annotations: plan.annotations,
    cgroup: { directories: [], made: [] },
    request,
    home,
    ...(hooks.length > 0 ? { hooks } : {}),
  };
}

/** As runc: by /etc/passwd, which need not know everybody. node:os would ask the C library, and is dear to load. */
function ownerOf(uid: number): string {
  if (uid === 0) return 'root';
  const passwd = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8') : '';
  return new RegExp(`^([^:]+):[^:]*:${uid}:`, 'm').exec(passwd)?.[1] ?? `#${uid}`;
}

/**
 * The image runs while the host does its own part; where they meet is drawn in assembly/image/context.ts. What is on
 * record before anything is made can be removed, whoever dies when.
 */
function launch(
  entry: Entry,
  state: State,
  compiled: Compiled,
  options: CreateOptions,
  devices: NetDevices,
  systemd?: Systemd,
): void {
  const { plan } = compiled;
  const cgroup = stepOf<CreateCgroupStep>(plan, 'create-cgroup');
  entry.writeConfig(compiled.config);
  entry.makeFifos();
  if (compiled.request.notify !== undefined) mkdirSync(compiled.request.notify, { mode: 0o755 });
  if (cgroup && !systemd) makeCgroup(entry, state, cgroup, compiled);
  const rdt = stepOf<RdtStep>(plan, 'rdt');
  if (rdt) {
    const record = (planned: RdtState): void => {
      state.rdt = planned;
      entry.write(state);
    };
    makeRdtGroup(rdt, record, () => compiled.document.place(rdt.step));
  }
  entry.write(state);

  giveStdio(plan);
  const fds: number[] = [];
  const held = (fd: number): number => {
    fds.push(fd);
    return fd;
  };
  let running: Launch;
  try {
    const startFifo = held(openBoth(entry.file('start')));
    const execFifo = held(openBoth(entry.file('exec')));
    const birthplace = cgroup?.birthplace;
    const cgroupFd =
      birthplace === undefined ? undefined : held(openSync(birthplace, constants.O_RDONLY | constants.O_DIRECTORY));
    const preserveFds = compiled.request.preserveFds ?? 0;
    running = new Launch({ image: compiled.image, preserveFds, startFifo, execFifo, cgroup: cgroupFd });
  } finally {
    for (const fd of fds) close(fd);
  }
  try {
    if (cgroup && systemd) enterUnit(systemd, running, entry, state, cgroup, compiled);
    converse(running, entry, state, compiled, options, devices, systemd);
  } catch (error) {
    running.abort();
    throw error;
  } finally {
    running.close();
  }
}

function converse(
  running: Launch,
  entry: Entry,
  state: State,
  compiled: Compiled,
  options: CreateOptions,
  devices: NetDevices,
  systemd: Systemd | undefined,
): void {
  const { journal } = options;
  const copyUp = new CopyUp(compiled);
  const places = new Places(compiled);
  let asked: 'hooks' | 'limits' | undefined;
  let isConfined = false;
  let listener: number | undefined;
  try {
    const failure = running.untilReady((message, fd) => {
      if (message.kind === 'pid') {
        state.pid = message.pid;
        state.startTime = readStat(message.pid)?.startTime ?? '';
        entry.write(state);
        if (state.rdt) joinRdtGroup(state.rdt, message.pid);
        if (!systemd) limit(compiled);
        mapIds(running, message.pid, compiled);
      } else if (message.kind === 'mount-ids') giveIds(running, message.pid, message.step, compiled);
      else if (message.kind === 'console') {
        if (fd !== undefined) (options.console ?? options.attach)?.(fd);
      } else if (message.kind === 'network') {
        devices.move(compiled, fd);
        running.answer();
      } else if (message.kind === 'directory' || message.kind === 'file') places.ask(message);
      else if (message.kind === 'root') for (const record of places.find(message.errno, fd)) running.tell(record);
      else if (message.kind === 'copy-from') copyUp.from(fd);
      else if (message.kind === 'copy-to') {
        copyUp.to(fd, message.step);
        running.answer();
      } else if (message.kind === 'link') {
        compareLink(compiled, message.step, fd);
        running.answer();
      } else if (message.kind === 'hooks' || message.kind === 'limits') asked = message.kind;
      else if (message.kind === 'listener') listener = message.fd;
      else if (message.kind === 'hook') return settleInside(compiled.plan.steps, message, journal);
      else if (message.kind === 'failed') return launchError(compiled, message);
      if (asked && state.pid !== undefined) {
        const { steps } = compiled.plan;
        // Before the hooks, for there are some that give the container a device more.
        if (!isConfined) confine(compiled, systemd);
        isConfined = true;
        if (asked === 'hooks') runHooks(hooksOf(steps, 'prestart', 'createRuntime'), state, 'creating', journal);
        asked = undefined;
        running.answer();
      }
      if (listener !== undefined && state.pid !== undefined) {
        handOver(compiled, { pid: state.pid, fd: listener }, state, 'creating');
        listener = undefined;
        running.answer();
      }
      return undefined;
    });
    if (failure) throw failure;
  } finally {
    copyUp.close();
  }
  if (!isConfined) confine(compiled, systemd);
  raiseLimits(state.pid as number, compiled);
  state.isCreated = true;
  entry.write(state);
  running.answer();
}

/** A failed row in words, with its place in config.json. */
export function launchError(compiled: Pick<Compiled, 'document'>, failed: Failed): OrlopError {
  const failure = compiled.document.failure(failed.row, failed.errno, failed.log);
  const message = failure.call === undefined ? failure.message : `${failure.message}: ${failure.call}`;
  return new OrlopError('launch/failed', message, {
    path: failure.path,
    line: failure.line,
    column: failure.column,
    hint: failure.hint,
  });
}

/** Whether the terminal that a process wants has a taker, and a socket for a terminal gets one. */
export function checkConsole(
  compiled: Pick<Compiled, 'plan' | 'document'>,
  { console, attach }: Pick<CreateOptions, 'console' | 'attach'>,
): void {
  const terminal = stepOf(compiled.plan, 'terminal');
  if (terminal && !console && !attach) {
    throw new OrlopError('usage/invalid', 'process.terminal is true, and nobody takes the terminal', {
      ...compiled.document.place(terminal.step),
      hint: 'name a socket with --console-socket, or set process.terminal to false',
    });
  }
  if (!terminal && console) {
    throw new OrlopError('usage/invalid', '--console-socket: the process has no terminal', {
      hint: 'set process.terminal to true (exec: --tty), or leave the socket out',
    });
  }
}

/**
 * Where the caller has left a hole in its fds the engine has put one of its own, which is never meant: those have no file.
 */
export function checkPreserved(count: number): void {
  for (let fd = 3; fd < 3 + count; fd++) {
    let target = '';
    try {
      target = readlinkSync(`/proc/self/fd/${fd}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    if (target !== '' && !/^anon_inode:\[(event|timer|signal|io_uring)/.test(target)) continue;
    throw new OrlopError('usage/invalid', `fd ${fd} is not open: 3 to ${2 + count} are to be handed on`, {
      hint: 'open them for the container, or hand on fewer: LISTEN_FDS and --preserve-fds together',
    });
  }
}

function tellPidfd(pid: number, take: (pidfd: number) => void): void {
  const pidfd = pidfdOpen(pid);
  try {
    take(pidfd);
  } finally {
    close(pidfd);
  }
}

/** Everything as before. What fails here is attached to the first error, and never replaces it. */
function undo(entry: Entry, state: State, error: unknown, journal?: Journal): void {
  const { pid } = state;
  finish(
    error,
    () => pid !== undefined && endChild(pid),
    () => removeAll(entry, state, journal),
    () => entry.close(),
  );
}

/**
 * A process that was just made is this process's child: without waitpid it would stay as a zombie until we end. On cgroup v1
 * one that is frozen ends when it goes on, and is not waited for.
 */
export function endChild(pid: number, isFrozen = false): void {
  try {
    kill(pid, 9);
    if (!isFrozen) waitpid(pid);
  } catch (error) {
    if (!isErrno(error, 'ESRCH', 'ECHILD')) throw error;
  }
}
