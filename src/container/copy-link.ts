import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { OrlopError } from '../error.ts';
import { close } from '../linux/file.ts';
import type { BindStep } from '../spec/types.ts';
import type { Compiled } from './compiler.ts';

/**
 * copy-symlink, where something is at the destination already: it stays if it is the same link, as after an earlier start
 * of the same bundle, and is nothing to replace otherwise. `directory` was opened inside the container's root.
 */
export function compareLink(compiled: Compiled, index: number, directory: number | undefined): void {
  const { plan, document } = compiled;
  const step = plan.steps.find((candidate) => candidate.step === index) as BindStep | undefined;
  if (step === undefined || directory === undefined) {
    throw new OrlopError('core/crash', `the launch image asked about a link without saying which: step ${index}`);
  }
  try {
    const found = targetOf(`/proc/self/fd/${directory}/${basename(step.destination)}`);
    const wanted = targetOf(step.source);
    if (found === wanted) return;
    const what = found === undefined ? 'something else is there' : `it leads to ${found} there`;
    throw new OrlopError(
      'launch/failed',
      `copy-symlink: ${step.source} is a link to ${wanted}, and ${step.destination} exists: ${what}`,
      {
        ...document.place(step.step),
        hint: `remove ${step.destination} from the rootfs, or copy-symlink from options`,
      },
    );
  } finally {
    close(directory);
  }
}

/** Undefined for what is no link. */
function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return undefined;
    throw error;
  }
}
