// Starting a program whose file descriptors, signals and environment are exactly what the caller lists.
//
// A JavaScript engine cannot fork: it is multi-threaded. posix_spawn(3) runs its file actions in a child that shares
// nothing with the engine's heap, in the order in which they were added:
//
//   dup2(source, target)   for each listed descriptor; dup2 clears close-on-exec on the copy
//   close(n)               for each number below the highest one in use that is nobody's target
//   closefrom(n)           everything above
//
// A source whose number is also a target would be overwritten before its turn, or stay close-on-exec when it is its own
// target. Such sources are first copied above all targets.

import { close, duplicate } from './file.ts';
import { declare, has, invoke, type Pointer, syscallError, withoutNul } from './libc.ts';
import { close_range } from './syscalls.ts';

export interface Program {
  /** A path, or a descriptor of an executable file such as a sealed memfd; the child does not keep the descriptor. */
  file: string | number;
  argv: readonly string[];
  /** `NAME=value` each. Nothing is inherited. */
  env: readonly string[];
  /** [source in this process, target in the child]. The child has no other descriptors, not even 0 to 2. */
  fds: readonly (readonly [source: number, target: number])[];
}

type Actions = Pointer;

const posix_spawn = declare<
  (
    pid: Pointer,
    path: string,
    actions: Actions,
    attributes: Pointer,
    argv: (string | null)[],
    envp: (string | null)[],
  ) => number
>('int posix_spawn(void *, const char *, void *, void *, const char **, const char **)');
const actions_init = declare<(actions: Actions) => number>('int posix_spawn_file_actions_init(void *)');
const actions_destroy = declare<(actions: Actions) => number>('int posix_spawn_file_actions_destroy(void *)');
const actions_adddup2 = declare<(actions: Actions, fd: number, target: number) => number>(
  'int posix_spawn_file_actions_adddup2(void *, int, int)',
);
const actions_addclose = declare<(actions: Actions, fd: number) => number>(
  'int posix_spawn_file_actions_addclose(void *, int)',
);
const actions_addclosefrom = declare<(actions: Actions, fd: number) => number>(
  'int posix_spawn_file_actions_addclosefrom_np(void *, int)',
);
const attr_init = declare<(attributes: Pointer) => number>('int posix_spawnattr_init(void *)');
const attr_setflags = declare<(attributes: Pointer, flags: number) => number>(
  'int posix_spawnattr_setflags(void *, short)',
);
const attr_setsigdefault = declare<(attributes: Pointer, set: Pointer) => number>(
  'int posix_spawnattr_setsigdefault(void *, void *)',
);
const attr_setsigmask = declare<(attributes: Pointer, set: Pointer) => number>(
  'int posix_spawnattr_setsigmask(void *, void *)',
);

/** These functions return the error instead of setting errno. */
function succeed(call: string, args: readonly (string | number)[], errno: number): void {
  if (errno !== 0) throw syscallError(call, args, errno);
}

/** Starts a program and answers its pid. Every signal has its default action and none is blocked in it. */
export function spawn(program: Program): number {
  const targets = program.fds.map(([, target]) => target);
  const above = Math.max(2, ...targets) + 1;
  const copies: number[] = [];
  const copy = (fd: number): number => {
    const copied = duplicate(fd, above);
    copies.push(copied);
    return copied;
  };
  try {
    const file = typeof program.file === 'number' ? copy(program.file) : undefined;
    const path = file === undefined ? (program.file as string) : `/proc/self/fd/${file}`;
    const moves = program.fds.map(([source, target]) => [targets.includes(source) ? copy(source) : source, target]);
    return withActions((actions) => {
      for (const [source, target] of moves as [number, number][]) {
        succeed('posix_spawn_file_actions_adddup2', [source, target], actions_adddup2(actions, source, target));
      }
      // The program's own descriptor is opened by execve after all actions, and goes then: it is close-on-exec.
      closeOthers(actions, new Set(file === undefined ? targets : [...targets, file]));
      return run(path, program, actions);
    });
  } finally {
    for (const fd of copies) close(fd);
  }
}

function run(path: string, { argv, env }: Program, actions: Actions): number {
  for (const text of [path, ...argv, ...env]) withoutNul(text, 'path, argument or environment');
  const pid = Buffer.alloc(4);
  const errno = posix_spawn(pid, path, actions, attributes(), [...argv, null], [...env, null]);
  if (errno !== 0) throw syscallError('posix_spawn', [path, { text: JSON.stringify(argv) }], errno);
  return pid.readInt32LE(0);
}

let hasClosefrom: boolean | undefined;

function closeOthers(actions: Actions, kept: ReadonlySet<number>): void {
  const highest = Math.max(-1, ...kept);
  // Closing a number that is not open is no error here, neither in glibc nor in musl.
  for (let fd = 0; fd < highest; fd++) {
    if (!kept.has(fd)) succeed('posix_spawn_file_actions_addclose', [fd], actions_addclose(actions, fd));
  }
  hasClosefrom ??= has('posix_spawn_file_actions_addclosefrom_np'); // glibc 2.34; not in musl
  if (hasClosefrom) {
    const from = highest + 1;
    succeed('posix_spawn_file_actions_addclosefrom_np', [from], actions_addclosefrom(actions, from));
  } else {
    const CLOSE_RANGE_CLOEXEC = 4; // <linux/close_range.h>
    const last = 0xffffffff;
    invoke('close_range', [3, last, { text: 'CLOSE_RANGE_CLOEXEC' }], () => close_range(3, last, CLOSE_RANGE_CLOEXEC));
  }
}

function withActions<T>(use: (actions: Actions) => T): T {
  const actions = Buffer.alloc(128); // posix_spawn_file_actions_t: 80 bytes in glibc and in musl, <spawn.h>
  succeed('posix_spawn_file_actions_init', [], actions_init(actions));
  try {
    return use(actions);
  } finally {
    actions_destroy(actions);
  }
}

let shared: Buffer | undefined;

/** Made once. Engines ignore SIGPIPE and SIGXFSZ, which execve would hand on, and may block signals. */
function attributes(): Buffer {
  if (shared !== undefined) return shared;
  const POSIX_SPAWN_SETSIGDEF = 0x04; // <spawn.h>
  const POSIX_SPAWN_SETSIGMASK = 0x08;
  const made = Buffer.alloc(512); // posix_spawnattr_t: 336 bytes in glibc and in musl, <spawn.h>
  succeed('posix_spawnattr_init', [], attr_init(made));
  const flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  succeed('posix_spawnattr_setflags', [flags], attr_setflags(made, flags));
  const every = Buffer.alloc(128, 0xff); // sigset_t; resetting SIGKILL and SIGSTOP is skipped by the C library
  succeed('posix_spawnattr_setsigdefault', [], attr_setsigdefault(made, every));
  const none = Buffer.alloc(128);
  succeed('posix_spawnattr_setsigmask', [], attr_setsigmask(made, none));
  shared = made;
  return shared;
}
