import { ExecuteStep } from '../plan/execute';
import { Planner } from '../plan/planner';
import { Call } from './calls';
import {
  CLONE,
  CLONE_NEWTIME,
  O_CLOEXEC,
  O_PATH,
  OPEN_FLAGS,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
} from './constants';
import { HookMemory } from './hook-memory';
import { Label } from './label';
import { LOG_SIZE, RECORD_SIZE } from './layout';
import { Place } from './lower-place';
import { Opener } from './opener';
import { Cell, Operand } from './operand';
import { Program, Row } from './program';
import { O_DIRECTORY, STAT_SIZE } from './x86_64';

/**
 * The socket to the host and the two FIFOs stand behind the preserved fds, in this order; then what is closed before the
 * container's words are looked up: the cgroup, where there is a v2 hierarchy in which the process is born, and for
 * `exec` a pidfd of the container. The host puts them there (src/launch/image.ts).
 */
export enum Slot {
  SOCKET,
  START,
  EXEC,
  CGROUP,
  PIDFD,
}

/**
 * Records that cross to the host: kind, value, errno, 8 bytes each; layout.ts draws them, src/launch/protocol.ts reads
 * them. Numbers never change their meaning.
 *
 *   launcher ◀───────────── a byte ── host      it is in the container's unit; only where systemd makes the cgroup
 *   launcher ── MOUNT_IDS pid, step ▶ host      for id-mapped mounts: a child in a new user namespace
 *   launcher ◀──────── byte + fd ──── host      its maps are written, it has ended: the namespace
 *   launcher ── PID n ──────────────▶ host      then it ends, or opens sources for init first (lower-source.ts)
 *   init     ◀───────────── a byte ── host      with a new user namespace: its maps are written
 *   init     ── NETWORK + fd ───────▶ host      with network devices: a socket of the container's network namespace
 *   init     ◀───────────── a byte ── host      they are there
 *   init     ── DIRECTORY step, …, path ▶ host  or FILE: a place to mount on that is behind a dangling link
 *   init     ── ROOT errno + fd ────▶ host      the container's root, and what the last attempt has come to
 *   init     ◀──── kind, name, parent ── host   for each thing to make, then one for the end (layout.ts)
 *   init     ── LINK step + fd ─────▶ host      for each copy-symlink where something is already: its directory
 *   init     ◀───────────── a byte ── host      it is the same link
 *   init     ── COPY_FROM + fd ─────▶ host      for each tmpcopyup: what stands where the tmpfs goes,
 *   init     ── COPY_TO step + fd ──▶ host      and the tmpfs of that step
 *   init     ◀───────────── a byte ── host      it is copied
 *   init     ── CONSOLE + fd ───────▶ host      with a terminal
 *   init     ── LIMITS ─────────────▶ host      only where they decide what comes next, as the scheduler
 *   init     ◀───────────── a byte ── host      they are in place
 *   init     ── HOOKS ──────────────▶ host      mounts are made; only with prestart or createRuntime hooks
 *   init     ◀───────────── a byte ── host      they have run
 *   init     ── HOOK step, … ───────▶ host      a createContainer hook has failed, or has written something
 *   init     ── LISTENER fd ────────▶ host      with a seccomp filter that notifies; it takes the fd by pidfd_getfd
 *   init     ◀───────────── a byte ── host      the agent has it
 *   init     ── READY ──────────────▶ host      everything is made
 *   init     ◀───────────── a byte ── host      all limits are in place, the container is created
 *   init     ◀──── a byte on the start FIFO     then startContainer hooks, which tell HOOK on the exec FIFO,
 *                                               then execve; the exec FIFO closes, or tells FAILED
 *   either   ── FAILED row, errno ──▶ host      and ends
 *
 * `exec` has no start FIFO: after the byte it goes on to execve, and the socket closes, or tells FAILED.
 */
export enum RecordKind {
  PID = 1,
  READY = 2,
  FAILED = 3,
  CONSOLE = 4,
  COPY_FROM = 5,
  COPY_TO = 6,
  HOOKS = 7,
  HOOK = 8,
  LIMITS = 9,
  NETWORK = 10,
  LISTENER = 11,
  MOUNT_IDS = 12,
  DIRECTORY = 13,
  FILE = 14,
  ROOT = 15,
  LINK = 16,
}

/** What the lowering of one plan shares: the program, fds by name, and cells that more than one step uses. */
export class Context {
  firstFd: i32;
  /** Rows that tell of a failure. */
  failure: Label = new Label('failure');
  /** O_PATH fd of the host's /proc. */
  proc: Cell;
  /** O_PATH fd of the container's root. */
  root: Cell;
  /** fsopen() context in use, whose log a failure carries along; -1 otherwise. */
  filesystem: Cell;
  /** One for each kind of short-lived fd: rows read better, and the data stays small. */
  parent: Cell;
  target: Cell;
  mount: Cell;
  source: Cell;
  /** 1 once the host, or `start`, has answered. */
  answer: Cell;
  started: Cell;
  /** A byte to read into that nobody looks at. */
  byte: Cell;
  /** struct stat */
  stat: Cell;
  /** A directory that several steps in a row make things in, and its path; '' for none. */
  directory: Cell;
  directoryPath: string = '';
  /** An empty read-only filesystem, for directories to hide; made when the first is masked. */
  blank: Cell;
  hasBlank: bool = false;
  /** How paths of the container are opened: anything, or a directory. */
  inRoot: Operand;
  directoryInRoot: Operand;
  private plainDirectory: Operand;
  /** What the rows of the container's hooks share; made with the first. */
  hooks: HookMemory | null = null;
  /** The host has been asked for its hooks of create, all of them at once. */
  hasAskedHost: bool = false;
  /** For each file that exec tries: 0 if it is there and may be executed. */
  found: Cell[] = [];
  /** 0 once the working directory is process.cwd, and the step that says so. */
  cwd: Cell | null = null;
  cwdStep: i32 = 0;
  /** Trees that wait for their mounts, and the user namespaces of id-mapped mounts, each by the number of its step. */
  sources: Cell[] = [];
  /** Who opens those that a privileged caller has to. */
  opener: Opener | null = null;
  ids: Cell[] = [];
  /** Places of the container that the host may have to find. */
  places: Place[] = [];
  /** The host has been given a socket of the container's network namespace. */
  hasSentNetwork: bool = false;
  private hasUnsharedTime: bool = false;
  private hasLimits: bool = false;

  constructor(
    public planner: Planner,
    public program: Program,
    /** What HOME is where config.json does not say. */
    public home: string,
  ) {
    this.firstFd = 3 + planner.request.preserveFds;
    this.proc = program.cell('proc');
    this.root = program.cell('root');
    this.filesystem = program.cell('filesystem', <u64>-1);
    this.parent = program.cell('parent');
    this.target = program.cell('target');
    this.mount = program.cell('mount');
    this.source = program.cell('source');
    this.answer = program.cell('answer');
    this.started = program.cell('started');
    this.byte = program.cell('byte');
    this.directory = program.cell('directory');
    this.blank = program.cell('blank');
    const resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    this.inRoot = program.how(program.flags(O_PATH | O_CLOEXEC, OPEN_FLAGS), 0, resolve);
    this.directoryInRoot = program.how(program.flags(O_PATH | O_DIRECTORY | O_CLOEXEC, OPEN_FLAGS), 0, resolve);
    this.plainDirectory = program.how(program.flags(O_PATH | O_DIRECTORY | O_CLOEXEC, OPEN_FLAGS), 0, 0);
    this.stat = program.area('stat', STAT_SIZE);
    program.put64(program.failure, 0, RecordKind.FAILED);
  }

  get socket(): Operand {
    return this.program.named(this.firstFd + Slot.SOCKET, 'socket');
  }

  get startFifo(): Operand {
    return this.program.named(this.firstFd + Slot.START, 'start');
  }

  get execFifo(): Operand {
    return this.program.named(this.firstFd + Slot.EXEC, 'exec');
  }

  get cgroup(): Operand {
    return this.program.named(this.firstFd + Slot.CGROUP, 'cgroup');
  }

  get pidfd(): Operand {
    return this.program.named(this.firstFd + Slot.PIDFD, 'pidfd');
  }

  /** That of the process. */
  get environment(): string[] {
    const execute = this.planner.steps[this.planner.execute] as ExecuteStep;
    const env = execute.env.slice(0);
    if (this.planner.needsHome && this.home != '') env.push(`HOME=${this.home}`);
    return env;
  }

  /** Opens a directory by a path in which nobody of the container has a say. */
  openPlain(from: Operand, path: string): Row {
    const program = this.program;
    return program.call(Call.OPENAT2, from, program.text(path), this.plainDirectory, program.number(24));
  }

  close(cell: Cell): void {
    this.program.call(Call.CLOSE, this.program.load(cell));
  }

  /** Lets go of the directory that was held for several steps. */
  releaseDirectory(): void {
    if (this.directoryPath == '') return;
    this.directoryPath = '';
    this.close(this.directory);
  }

  unshare(flag: u64): void {
    this.program.call(Call.UNSHARE, this.program.flags(flag, CLONE));
  }

  /** The time namespace of the children to come; once, for clocks and for the clone. */
  unshareTime(): void {
    if (this.hasUnsharedTime) return;
    this.hasUnsharedTime = true;
    this.unshare(CLONE_NEWTIME);
  }

  /** Which schedulers and memory nodes a process may have, its cgroup says: waits until the host has written there. */
  awaitLimits(): void {
    if (this.hasLimits || this.planner.isExec) return;
    this.hasLimits = true;
    this.send(RecordKind.LIMITS, 'limits');
    this.readAnswer();
  }

  /** Ends the image if the host is gone: the socket then has nothing more to read, which is no error to the kernel. */
  readAnswer(): void {
    const program = this.program;
    const answered = new Label('answered');
    program.call(Call.READ, this.socket, program.at(this.byte), program.number(1)).into(this.answer);
    program.branch(this.answer, u64.MAX_VALUE, 1, answered);
    program.call(Call.EXIT_GROUP, program.number(1));
    program.place(answered);
  }

  /** A record of its own, sent whole. */
  send(kind: RecordKind, name: string): Cell {
    const program = this.program;
    const record = program.area(name, RECORD_SIZE);
    program.put64(record, 0, kind);
    program.call(Call.WRITE, this.socket, program.at(record), program.number(RECORD_SIZE));
    return record;
  }

  get failureSize(): u32 {
    return RECORD_SIZE + LOG_SIZE;
  }
}
