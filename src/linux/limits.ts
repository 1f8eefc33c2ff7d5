// Resource limits of any process: prlimit(2).

import { declare, invoke, type Pointer } from './libc.ts';
import { getppid } from './process.ts';

// musl and glibc both call it prlimit; struct rlimit is two 64-bit numbers on 64-bit machines.
const prlimit_ = declare<(pid: number, resource: number, set: Pointer, get: Pointer) => number>(
  'int prlimit(int, int, void *, void *)',
);

// <asm-generic/resource.h>
export const RLIMIT_NOFILE = 7;
export const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

export interface Limit {
  soft: bigint;
  hard: bigint;
}

const show = ({ soft, hard }: Limit): { text: string } => ({ text: `{soft=${soft}, hard=${hard}}` });

/** 0 is this process. */
export function getLimit(pid: number, resource: number): Limit {
  const bytes = Buffer.alloc(16);
  invoke('prlimit64', [pid, resource, null, { text: '&limit' }], () => prlimit_(pid, resource, null, bytes));
  return { soft: bytes.readBigUInt64LE(0), hard: bytes.readBigUInt64LE(8) };
}

export function setLimit(pid: number, resource: number, limit: Limit): void {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(limit.soft, 0);
  bytes.writeBigUInt64LE(limit.hard, 8);
  invoke('prlimit64', [pid, resource, show(limit), null], () => prlimit_(pid, resource, bytes, null));
}

/**
 * The limit of open files as it was before the JavaScript engine raised its soft part to the hard one on starting.
 * The engine keeps no record, but the soft limit came from the parent, which still has its own.
 */
export function originalNofile(): Limit {
  const own = getLimit(0, RLIMIT_NOFILE);
  try {
    const { soft } = getLimit(getppid(), RLIMIT_NOFILE);
    if (soft < own.hard) return { soft, hard: own.hard };
  } catch {
    // The parent is gone, outside of this pid namespace, or somebody else's: the raised limit is all there is to know.
  }
  return { soft: own.hard, hard: own.hard };
}
