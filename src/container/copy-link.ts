import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { OrlopError } from '../error.ts';
import { close } from '../linux/file.ts';
import { fileError } from '../linux/file-error.ts';
import type { BindStep, Place } from '../spec/types.ts';
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
  const place = document.place(step.step);
  try {
    const found = targetOf(`/proc/self/fd/${directory}/${basename(step.destination)}`, place);
    const wanted = targetOf(step.source, place);
    if (found === wanted) return;
    const what = found === undefined ? 'something else is there' : `it leads to ${found} there`;
    throw new OrlopError(
      'launch/failed',
      `copy-symlink: ${step.source} is a link to ${wanted}, and ${step.destination} exists: ${what}`,
      {
        ...place,
        hint: `remove ${step.destination} from the rootfs, or copy-symlink from options`,
      },
    );
  } finally {
    close(directory);
  }
}

/** Undefined for what is no link. Somebody may have removed it meanwhile: an error at `place`. */
function targetOf(path: string, place: Place): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return undefined;
    const cause = fileError(error) as OrlopError;
    throw new OrlopError(cause.code, `copy-symlink: ${cause.message}`, { ...place, hint: cause.hint, cause: error });
  }
}
