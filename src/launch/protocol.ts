// What a launch image and the host say to each other; assembly/image/context.ts draws the order and writes the records,
// assembly/image/layout.ts their form: kind, value and errno, 8 bytes each, little-endian, and behind a failure up to
// 232 bytes of what the kernel logged about a filesystem.

import { OrlopError } from '../error.ts';

const RECORD_SIZE = 24;
export const RECORD_MAX = 256;

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

export interface Failed {
  kind: 'failed';
  row: number;
  errno: number;
  log: Uint8Array;
}

export type Message =
  | { kind: 'pid'; pid: number }
  | { kind: 'ready' }
  | { kind: 'console' }
  | { kind: 'copy-from' }
  | { kind: 'copy-to'; step: number }
  | Failed;

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
    case FAILED: {
      const end = record.indexOf(0, RECORD_SIZE);
      const log = record.subarray(RECORD_SIZE, end < 0 ? record.length : end);
      return { kind: 'failed', row: (value - ROWS_ADDRESS) / ROW_SIZE, errno: record.readInt32LE(16), log };
    }
    default:
      throw crash(record);
  }
}

function crash(record: Buffer): OrlopError {
  return new OrlopError('core/crash', `the launch image sent a record that is none: ${record.toString('hex')}`);
}
