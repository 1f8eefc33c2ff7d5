// Parts of a config that tests change, and the output of a container that has them.

import { expect } from 'vitest';
import { type Mount, type Patch, shell, type Workplace } from './bundle.ts';
import type { CallOptions, Orlop } from './orlop.ts';

export const mount =
  (...mounts: Mount[]): Patch =>
  (config) => {
    config.mounts.push(...mounts);
  };

export const linux =
  (fields: Record<string, unknown>): Patch =>
  (config) => {
    Object.assign(config.linux, fields);
  };

export const process_ =
  (fields: Record<string, unknown>): Patch =>
  (config) => {
    Object.assign(config.process, fields);
  };

export const without =
  (...types: string[]): Patch =>
  (config) => {
    config.linux.namespaces = config.linux.namespaces.filter(({ type }) => !types.includes(type));
  };

/** Every capability, for containers that look at what else keeps them. */
export const privileged: Patch = (config) => {
  const all = ['CAP_SYS_ADMIN', 'CAP_MKNOD', 'CAP_SYS_CHROOT', 'CAP_DAC_OVERRIDE', 'CAP_SETUID', 'CAP_SETGID'];
  config.process.capabilities = { bounding: all, effective: all, permitted: all };
};

/** Runs lines of shell in containers of their own, and answers what they write. */
export class Inside {
  private readonly place: Workplace;
  private readonly orlop: Orlop;

  constructor(place: Workplace, orlop: Orlop) {
    this.place = place;
    this.orlop = orlop;
  }

  lines(line: string, ...patches: Patch[]): string[] {
    return this.linesWith({}, [], line, ...patches);
  }

  /** `words` are options of run. */
  linesWith(options: CallOptions, words: string[], line: string, ...patches: Patch[]): string[] {
    const bundle = this.place.bundle(shell(line), ...patches);
    const result = this.orlop.call(['run', '-b', bundle.directory, ...words, this.place.id()], options).ok();
    expect(result.stderr).toBe('');
    return result.lines;
  }
}
