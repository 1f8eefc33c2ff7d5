import { OrlopError } from '../error.ts';
import { Launch } from '../launch/image.ts';
import { errnoName } from '../linux/errno.ts';
import { type Facts, gatherFacts } from '../linux/facts.ts';
import { close } from '../linux/file.ts';
import { POLLIN, poll } from '../linux/poll.ts';
import { exitNumber, pidfdOpen, setChildSubreaper } from '../linux/process.ts';
import type { SignalQueue } from '../linux/signal-queue.ts';
import { launchModule } from '../spec/embedded.ts';
import { SpecDocument } from '../spec/module.ts';
import type { Diagnostic, ExecRequest, HostPlan, Request } from '../spec/types.ts';
import { homeOf, warningsOf } from './compiler.ts';
import { checkConsole, checkPreserved, endChild, launchError } from './create.ts';
import {
  ATTEMPTS,
  CgroupClosed,
  type CgroupPlaces,
  isClosed,
  openCgroup,
  placesOf,
  untilEntered,
} from './exec-cgroup.ts';
import { raiseLimits } from './id-maps.ts';
import { joinRdtGroup } from './intel-rdt.ts';
import { writePidFile } from './pid-file.ts';
import { checkPrivileges } from './privileges.ts';
import { handOver, type Listener } from './seccomp.ts';
import { isEnding, isKilled, openProcess, type Status, statusOf, wrongState } from './status.ts';
import { giveStdio } from './stdio.ts';
import { type State, Store } from './store.ts';
import { supervise } from './supervise.ts';
import { Terminal } from './terminal.ts';
import { Unborn, waitingFor } from './unborn.ts';

export interface ExecOptions {
  root: string;
  id: string;
  /** Gathered where left out. */
  facts?: Facts | undefined;
  /** A process in the form of config.md, instead of that of the container's config. */
  process?: Buffer | undefined;
  /** What is different from it. */
  changes: Omit<ExecRequest, 'cgroups'>;
  /** Below the container's cgroup: `PATH`, or on v1 `CONTROLLER[,CONTROLLER…]:PATH`. */
  cgroups?: readonly string[] | undefined;
  detach?: boolean | undefined;
  isPausedIgnored?: boolean | undefined;
  pidFile?: string | undefined;
  preserveFds?: number | undefined;
  ignoreUnsupported?: boolean | undefined;
  /** Takes the master of the terminal, which it must then have; without it the caller's own terminal does. */
  console?: ((master: number) => void) | undefined;
  /** Takes a pidfd of the process. */
  pidfd?: ((pidfd: number) => void) | undefined;
  warn?: ((diagnostic: Diagnostic) => void) | undefined;
  /** What goes to a process in the foreground. A program that has signals of its own passes none on. */
  signals?: SignalQueue | undefined;
  /** Whether orphans of the process become children of this one, and are waited for while it runs. */
  isSubreaper?: boolean | undefined;
}

/** What is compiled for one call. */
interface Compiled {
  document: SpecDocument;
  plan: HostPlan;
  image: Uint8Array;
}

/**
 * Runs one more process in a container: answers its exit status, or 0 at once if it is detached. What the container can
 * see of it while it joins is nobody's: no directory of the host, and memory that cannot be read.
 */
export async function exec(options: ExecOptions): Promise<number> {
  checkPreserved(options.preserveFds ?? 0);
  const { state, status, config, pidfd } = openContainer(options);
  let terminal: Terminal | undefined;
  try {
    const facts = options.facts ?? gatherFacts();
    const attach = (master: number): void => {
      terminal = new Terminal(master);
    };
    const takers = { console: options.console, ...(options.detach ? {} : { attach }) };
    if (options.isSubreaper) setChildSubreaper(true);
    const { awaitWord, signals } = waitingFor({
      state,
      isPausedIgnored: options.isPausedIgnored === true,
      signals: options.signals,
    });
    const wanted = options.cgroups ?? [];
    const pid = untilEntered(wanted.length > 0 ? 1 : ATTEMPTS, (isFirst) => {
      const places = hasCgroup(state) ? placesOf(wanted, state, facts.cgroup) : { hierarchies: [] };
      const compiled = compile(options, state, config, facts, places);
      checkPrivileges(compiled.plan);
      checkConsole(compiled, takers);
      if (isFirst) for (const warning of warningsOf(compiled.plan)) options.warn?.(warning);
      return launch(compiled, {
        preserveFds: options.preserveFds ?? 0,
        unified: places.unified,
        pidfd,
        awaitWord,
        rdt: state.rdt,
        takesTerminal: takers.console ?? attach,
        takesListener: (listener) => handOver(compiled, listener, state, status),
      });
    });
    return await follow(pid, { ...options, signals }, terminal);
  } catch (cause) {
    if (cause instanceof Unborn && cause.signal !== undefined) return exitNumber({ signal: cause.signal });
    if (cause instanceof Unborn) throw paused(options.id);
    throw isStopping(state, pidfd, cause) ? wrongState(options.id, 'stopped', 'running') : cause;
  } finally {
    terminal?.restore();
    close(pidfd);
  }
}

/**
 * Both files stay as they are for as long as the container is there, so no lock is needed, and a hook of start may do
 * this too. The pidfd then holds on to the very process, whatever others do.
 */
function openContainer({ root, id, isPausedIgnored }: ExecOptions): {
  state: State;
  status: Status;
  config: Buffer;
  pidfd: number;
} {
  const entry = new Store(root).open(id, false);
  const state = entry.read();
  const status = statusOf(entry, state);
  if (status === 'paused' && !isPausedIgnored) {
    throw paused(id);
  }
  if (!state || status === 'creating' || status === 'stopped') throw wrongState(id, status, 'running');
  const config = entry.readConfig();
  const pidfd = openProcess(state);
  if (pidfd === undefined) throw wrongState(id, 'stopped', 'running');
  return { state, status, pidfd, config };
}

function paused(id: string): OrlopError {
  return new OrlopError('container/wrong-state', `container "${id}" is paused: the process would not run`, {
    hint: `"orlop resume ${id}" lets it go on; --ignore-paused starts the process for later`,
  });
}

/** Who was created by somebody who may make none has none. */
function hasCgroup({ cgroup }: State): boolean {
  return cgroup.directories.length > 0;
}

/**
 * The container's cgroups and namespaces go with it, at any point: which of them an error has missed first says nothing.
 * That its first process is about to end is seen at once, however long that takes. Only whoever kills one by one may have
 * met the new process first: for that there is some patience, where an error has no other reason in the config.
 */
function isStopping(state: State, pidfd: number, error: unknown): boolean {
  const isSeen = (): boolean => isEnding(state) || isKilled(state);
  if (isSeen()) return true;
  if (error instanceof OrlopError && error.path !== undefined) return false;
  return poll([{ fd: pidfd, events: POLLIN }], 100)[0] !== 0 || isSeen();
}

function compile(
  options: ExecOptions,
  state: State,
  config: Buffer,
  facts: Facts,
  { hierarchies }: CgroupPlaces,
): Compiled {
  // The sockets of create's caller are not those of this one.
  const { environment, notify, ...launched } = state.request;
  const request: Request = {
    ...launched,
    ...(hasCgroup(state) ? {} : { cgroupManager: 'disabled' }),
    preserveFds: options.preserveFds ?? 0,
    ignoreUnsupported: options.ignoreUnsupported === true || launched.ignoreUnsupported === true,
    facts,
    exec: { ...options.changes, cgroups: hierarchies },
  };
  const document = new SpecDocument(launchModule(), config);
  const plan = document.exec(options.process, request);
  // If the pid is another process's by now, setns by the pidfd will say so: nothing then comes of what is read here.
  const home = plan.home === undefined ? '' : homeOf(`/proc/${state.pid}/root`, plan.home);
  return { document, plan, image: document.image(home) };
}

/** What a process is launched with. */
interface Surroundings {
  preserveFds: number;
  unified: string | undefined;
  /** Of the container. */
  pidfd: number;
  rdt: State['rdt'];
  awaitWord: (socket: number) => void;
  takesTerminal: (master: number) => void;
  takesListener: (listener: Listener) => void;
}

/** Answers the pid of the process, which has been executed. After an error there is none. */
function launch(
  compiled: Compiled,
  { preserveFds, unified, pidfd, rdt, awaitWord, takesTerminal, takesListener }: Surroundings,
): number {
  giveStdio(compiled.plan);
  const cgroup = unified === undefined ? undefined : openCgroup(unified);
  let running: Launch;
  try {
    running = new Launch({ image: compiled.image, preserveFds, cgroup, pidfd, awaitWord });
  } finally {
    if (cgroup !== undefined) close(cgroup);
  }
  let pid: number | undefined;
  let listener: number | undefined;
  try {
    const failed = running.untilReady((message, fd) => {
      if (message.kind === 'pid') {
        pid = message.pid;
        if (rdt) joinRdtGroup(rdt, pid);
      } else if (message.kind === 'console' && fd !== undefined) takesTerminal(fd);
      else if (message.kind === 'listener') listener = message.fd;
      if (pid !== undefined && listener !== undefined) {
        takesListener({ pid, fd: listener });
        listener = undefined;
        running.answer();
      }
      return message.kind === 'failed' ? message : undefined;
    });
    if (!failed && pid !== undefined) raiseLimits(pid, compiled);
    running.answer();
    // The socket closes when execve has succeeded.
    const last = failed ?? running.receive().message;
    if (last?.kind === 'failed') {
      const error = launchError(compiled, last);
      // Before there is a pid only what is about cgroups answers so.
      throw pid === undefined && isClosed(errnoName(last.errno)) ? new CgroupClosed(error) : error;
    }
    return pid as unknown as number;
  } catch (error) {
    const isFrozen = error instanceof Unborn;
    if (pid !== undefined) endChild(pid, isFrozen);
    running.abort(isFrozen);
    throw error;
  } finally {
    running.close();
  }
}

/** The process runs: it is told about, and waited for. An error of ours ends it. */
async function follow(pid: number, options: ExecOptions, terminal: Terminal | undefined): Promise<number> {
  const own = pidfdOpen(pid);
  try {
    options.pidfd?.(own);
    if (options.pidFile !== undefined) writePidFile(options.pidFile, pid);
    if (options.detach) return 0;
    const { signals, isSubreaper: reapsAll } = options;
    return exitNumber(await supervise(pid, { signals, terminal, reapsAll }));
  } catch (error) {
    endChild(pid);
    throw error;
  } finally {
    close(own);
  }
}
