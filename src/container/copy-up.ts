import { OrlopError } from '../error.ts';
import { CopyError, copyAttributes, copyTree } from '../linux/copy.ts';
import { close } from '../linux/file.ts';
import type { MountStep } from '../spec/types.ts';
import type { Compiled } from './compiler.ts';

/**
 * tmpcopyup: a tmpfs starts with what stands where it goes. The image sends both directories, opened inside the
 * container's root, and waits; it has not attached the tmpfs yet.
 */
export class CopyUp {
  private readonly compiled: Compiled;
  private source: number | undefined;

  constructor(compiled: Compiled) {
    this.compiled = compiled;
  }

  from(fd: number | undefined): void {
    this.source = fd;
  }

  to(target: number | undefined, index: number): void {
    const { plan, document } = this.compiled;
    const step = plan.steps.find((candidate) => candidate.step === index) as MountStep | undefined;
    const { source } = this;
    if (step === undefined || source === undefined || target === undefined) {
      throw new OrlopError('core/crash', `the launch image asked for a copy without saying of what: step ${index}`);
    }
    const has = (option: string): boolean => step.data?.some((one) => one.startsWith(`${option}=`)) === true;
    try {
      copyTree(source, target);
      copyAttributes(source, target, { mode: has('mode'), uid: has('uid'), gid: has('gid') });
    } catch (cause) {
      const what = cause instanceof CopyError ? cause.message : (cause as Error).message;
      throw new OrlopError('launch/failed', `copy of ${step.destination} into its tmpfs failed: ${what}`, {
        ...document.place(step.step),
        hint: what.includes('ENOSPC') ? 'raise size= or nr_inodes= in options, or leave them out' : undefined,
        cause,
      });
    } finally {
      close(target);
      this.close();
    }
  }

  /** An image that ends in between leaves its first half here. */
  close(): void {
    if (this.source !== undefined) close(this.source);
    this.source = undefined;
  }
}
