// What a launch image and the host say to each other; assembly/image/context.ts draws the order and writes the records,
// assembly/image/layout.ts their form: kind, value and errno, 8 bytes each, little-endian, and behind a failure up to
// 232 bytes of what the kernel logged about a filesystem. assembly/image/hook-memory.ts draws HOOK.

import { OrlopError } from '../error.ts';

const RECORD_SIZE = 24;
const FAILED_SIZE = 256;
const HOOK_HEADER_SIZE = 48;
export const RECORD_MAX = 4096;

/** Row n stands here in the memory of an image, 64 bytes each (assembly/image/layout.ts). */
const ROWS_ADDRESS = 0x01000000;
const ROW_SIZE = 64;

/** Numbers of RecordKind in assembly/image/context.ts. */
const PID = 1;
const READY = 2;
const FAILED = 3;
const CONSOLE = 4;
const COPY_FROM = 5;
const COPY_TO = 6;
const HOOKS = 7;
const HOOK = 8;
const LIMITS = 9;
const NETWORK = 10;
const LISTENER = 11;
const MOUNT_IDS = 12;
const DIRECTORY = 13;
const FILE = 14;
const ROOT = 15;
const LINK = 16;

export interface Failed {
  kind: 'failed';
  row: number;
  errno: number;
  log: Uint8Array;
}

/** What a hook in the container has come to. */
export interface HookEnd {
  kind: 'hook';
  /** Its step of the plan. */
  step: number;
  /** Of execve, 0 if it went well. */
  errno: number;
  /** As from waitpid(2). */
  status: number;
  isTimedOut: boolean;
  /** The end of what it has written. */
  output: Buffer;
}

export type Message =
  | { kind: 'pid'; pid: number }
  | { kind: 'ready' | 'console' | 'copy-from' | 'hooks' | 'limits' | 'network' }
  | { kind: 'copy-to'; step: number }
  /** A descriptor of the process itself. */
  | { kind: 'listener'; fd: number }
  | { kind: 'mount-ids'; pid: number; step: number }
  /** The directory of the destination of a copy-symlink, where something is already. */
  | { kind: 'link'; step: number }
  /** A place in the container that is to be made; `index` is the number of the question. */
  | { kind: 'directory' | 'file'; step: number; index: number; path: string }
  /** The container's root, for such a place; `errno` is what making it has come to. */
  | { kind: 'root'; errno: number }
  | Failed
  | HookEnd;

/** Reads a record. It comes from code that orlop made and nobody else has touched, so anything unexpected is a bug. */
export function decode(record: Buffer): Message {
  if (record.length < RECORD_SIZE) throw crash(record);
  const value = Number(record.readBigUInt64LE(8));
  switch (Number(record.readBigUInt64LE(0))) {
    case PID:
      return { kind: 'pid', pid: value };
    case READY:
      return { kind: 'ready' };
    case CONSOLE:
      return { kind: 'console' };
    case COPY_FROM:
      return { kind: 'copy-from' };
    case COPY_TO:
      return { kind: 'copy-to', step: value };
    case LINK:
      return { kind: 'link', step: value };
    case LISTENER:
      return { kind: 'listener', fd: value };
    case MOUNT_IDS:
      return { kind: 'mount-ids', pid: value, step: Number(record.readBigUInt64LE(16)) };
    case DIRECTORY:
    case FILE:
      return {
        kind: Number(record.readBigUInt64LE(0)) === FILE ? 'file' : 'directory',
        step: value,
        index: Number(record.readBigUInt64LE(16)),
        path: record.subarray(RECORD_SIZE).toString(),
      };
    case ROOT:
      return { kind: 'root', errno: -record.readInt32LE(16) };
    case HOOKS:
      return { kind: 'hooks' };
    case NETWORK:
      return { kind: 'network' };
    case LIMITS:
      return { kind: 'limits' };
    case HOOK: {
      if (record.length !== RECORD_MAX) throw crash(record);
      return {
        kind: 'hook',
        step: value,
        errno: -record.readInt32LE(16),
        status: record.readInt32LE(24),
        isTimedOut: record.readInt32LE(32) === 0,
        output: record.subarray(HOOK_HEADER_SIZE, HOOK_HEADER_SIZE + record.readInt32LE(40)),
      };
    }
    case FAILED: {
      const end = record.indexOf(0, RECORD_SIZE);
      const log = record.subarray(RECORD_SIZE, end < 0 ? record.length : end);
      return { kind: 'failed', row: (value - ROWS_ADDRESS) / ROW_SIZE, errno: record.readInt32LE(16), log };
    }
    default:
      throw crash(record);
  }
}

/** The records of a FIFO, which keeps no boundaries between them; `read` answers nothing at its end. */
export function* decodeStream(read: () => Buffer): Generator<Message> {
  let rest = Buffer.alloc(0);
  for (let more = read(); more.length > 0; more = read()) {
    rest = Buffer.concat([rest, more]);
    for (let size = sizeOf(rest); rest.length >= size; size = sizeOf(rest)) {
      yield decode(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
  }
  if (rest.length > 0) throw crash(rest);
}

function sizeOf(stream: Buffer): number {
  if (stream.length === 0) return Number.POSITIVE_INFINITY;
  return stream[0] === HOOK ? RECORD_MAX : FAILED_SIZE;
}

function crash(record: Buffer): OrlopError {
  return new OrlopError('core/crash', `the launch image sent a record that is none: ${record.toString('hex')}`);
}
