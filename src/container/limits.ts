// The files of a plan's limits. Nothing here knows what a limit means.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OrlopError } from '../error.ts';
import type { LimitStep, Place } from '../spec/types.ts';
import { whyMissing, writeExisting } from './cgroup-v2.ts';

const code = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Writes one file. */
export function applyLimit(step: LimitStep, place: (step: LimitStep) => Place): void {
  try {
    writeLimit(step);
  } catch (cause) {
    if (step.optional && code(cause) === 'ENOENT') return;
    throw new OrlopError(
      'linux/write',
      `write("${join(step.directory, step.file)}", "${step.value}") failed: ${code(cause)}`,
      { ...place(step), hint: limitHint(step, code(cause)), cause },
    );
  }
}

/**
 * The kernel refuses a limit that contradicts another which is still to be written: memory above memory and swap, a
 * burst above the quota. Such a one has its turn again after the others, for as long as that helps.
 */
export function applyInTurn(
  steps: readonly LimitStep[],
  place: (step: LimitStep) => Place,
  isWritten?: (step: LimitStep) => void,
): void {
  let waiting = steps;
  while (waiting.length > 0) {
    const refused: { step: LimitStep; error: unknown }[] = [];
    for (const step of waiting) {
      try {
        applyLimit(step, place);
        isWritten?.(step);
      } catch (error) {
        if (!['EINVAL', 'EBUSY'].includes(code((error as OrlopError).cause) ?? '')) throw error;
        refused.push({ step, error });
      }
    }
    if (refused.length === waiting.length) throw refused[0]?.error;
    waiting = refused.map(({ step }) => step);
  }
}

function writeLimit(step: LimitStep): void {
  const file = join(step.directory, step.file);
  if (step.otherFile === undefined) writeExisting(file, step.value);
  else if (existsSync(file)) writeExisting(file, step.value);
  else writeExisting(join(step.directory, step.otherFile), step.otherValue ?? '');
}

function limitHint(step: LimitStep, errno: string | undefined): string {
  if (errno === 'ENOENT') {
    return whyMissing(step.directory, step.file) ?? `this kernel or this hierarchy has no ${step.file}`;
  }
  if (errno === 'ENODEV') return 'there is no such block device, or it is a partition';
  if (errno === 'EINVAL' || errno === 'ERANGE') return 'the kernel does not take this value here';
  if (errno === 'EBUSY') return 'the cgroup uses more than this already, or its children do';
  if (errno === 'EPERM' || errno === 'EACCES') return 'a parent cgroup, or the caller, does not allow it';
  return 'look at the limits of the parent cgroup';
}
