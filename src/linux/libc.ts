// The one place where functions of the C library are bound, and where their failures become errors.
//
// A function is declared on its first call: declaring is dearer than calling, and a command needs few of them.
// Calls run on koffi's own stack. A Buffer passed as an argument is valid only during the call; memory that another
// structure points to comes from allocate().

import { OrlopError } from '../error.ts';
import { EINTR, ENOSYS, errnoName, errnoText } from './errno.ts';
import { koffi } from './native.ts';

/** What koffi passes for a pointer argument: bytes in place, an address, or NULL. */
export type Pointer = ArrayBufferView | bigint | null;

type Library = ReturnType<ReturnType<typeof koffi>['load']>;
let library: Library | undefined;

/** The C library this process already runs on, glibc or musl alike: dlopen(NULL). */
function libc(): Library {
  library ??= koffi().load(null);
  return library;
}

/** Declares on the first call. `definition` is a C prototype with fixed arity; see syscalls.ts for syscall(2). */
export function declare<F extends (...args: never[]) => unknown>(definition: string): F {
  let bound: ((...args: never[]) => unknown) | undefined;
  return ((...args: never[]) => {
    bound ??= libc().func(definition);
    return bound(...args);
  }) as F;
}

/** The same on another thread, while the event loop goes on. Its errno cannot be known. */
export function declareAsync<A extends unknown[]>(definition: string): (...args: A) => Promise<number> {
  let bound: ReturnType<Library['func']> | undefined;
  return (...args) => {
    bound ??= libc().func(definition);
    return new Promise((resolve, reject) => {
      bound?.async(...args, (error: Error | null, result: number) => (error ? reject(error) : resolve(result)));
    });
  };
}

/** Whether the C library has a function, for those that came late or that musl lacks. */
export function has(name: string): boolean {
  try {
    libc().symbol(name);
    return true;
  } catch {
    return false;
  }
}

/** Memory that stays where it is until the process ends, with its address. */
export function allocate(length: number): { address: bigint; bytes: Buffer } {
  const address = koffi().alloc('uint8_t', length) as bigint;
  const bytes = Buffer.from(koffi().view(address, length));
  bytes.fill(0);
  return { address, bytes };
}

/** An argument as an error shows it: strings quoted, numbers plain, `text` as it is, null as NULL. */
export type Argument = string | number | bigint | null | { readonly text: string };

/** Shows `O_PATH|O_CLOEXEC` for a set of flags; bits without a name as one hexadecimal number. */
export function flagNames(value: number, names: Readonly<Record<string, number>>): Argument {
  let rest = value;
  const set: string[] = [];
  // The widest first, so that O_DIRECTORY|… does not hide a constant made of several bits, such as O_TMPFILE.
  for (const [name, bits] of Object.entries(names).sort(([, a], [, b]) => b - a)) {
    if (bits === 0 || (rest & bits) !== bits) continue;
    set.push(name);
    rest &= ~bits;
  }
  if (rest !== 0 || set.length === 0) set.push(rest === 0 ? '0' : `0x${(rest >>> 0).toString(16)}`);
  return { text: set.join('|') };
}

function show(argument: Argument): string {
  if (argument === null) return 'NULL';
  if (typeof argument === 'string') return JSON.stringify(argument);
  return typeof argument === 'object' ? argument.text : String(argument);
}

/** An OrlopError that also tells which errno, for callers that expect one: `error.errno === 'ENOENT'`. */
export class SyscallError extends OrlopError {
  readonly errno: string;

  constructor(call: string, args: readonly Argument[], errno: number, hint?: string) {
    const shown = `${call}(${args.map(show).join(', ')}) failed: ${errnoName(errno)} (${errnoText(errno)})`;
    super(`linux/${call}`, shown, { hint: hint ?? defaultHint(call, errno) });
    this.errno = errnoName(errno);
  }
}

function defaultHint(call: string, errno: number): string | undefined {
  return errno === ENOSYS ? `this kernel, or a seccomp filter around this process, does not offer ${call}` : undefined;
}

export function syscallError(call: string, args: readonly Argument[], errno: number, hint?: string): SyscallError {
  return new SyscallError(call, args, errno, hint);
}

export function isErrno(error: unknown, ...names: string[]): error is SyscallError {
  return error instanceof SyscallError && names.includes(error.errno);
}

/** errno of the call just made. Read it before anything else happens. */
export function lastErrno(): number {
  return koffi().errno();
}

/** Makes a call that answers -1 on failure; again when a signal interrupts it. */
export function invoke(call: string, args: readonly Argument[], make: () => number, hint?: string): number {
  for (;;) {
    const result = make();
    if (result !== -1) return result;
    const errno = lastErrno();
    if (errno !== EINTR) throw syscallError(call, args, errno, hint);
  }
}

/** C ends a string at its first NUL byte: a path checked here and shortened there must not happen. */
export function withoutNul(text: string, what: string): string {
  if (text.includes('\0'))
    throw new OrlopError('usage/invalid', `${what} contains a NUL byte: ${JSON.stringify(text)}`);
  return text;
}
