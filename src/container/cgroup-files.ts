// Reading what the kernel keeps in a container's cgroups. Files come and go with controllers, options and versions of the
// kernel: what is not there is nothing, what cannot be read is an error. A container that may write to its cgroups makes
// directories there, with any name that the kernel has no file of.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What `max` stands for, in the form of version 1 and of Go's uint64. */
export const NO_LIMIT = (1n << 64n) - 1n;

/** A directory of version 2, also of the hierarchy that a hybrid host has beside version 1. */
export function isUnified(directory: string): boolean {
  return hasFile(directory, 'cgroup.controllers');
}

export function hasFile(directory: string, name: string): boolean {
  return statSync(join(directory, name), { throwIfNoEntry: false })?.isFile() === true;
}

/** Absent, no file, or gone since it was opened; pressure is EOPNOTSUPP (ENOTSUP for Node) where the kernel was told not to keep it. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENODEV', 'EISDIR', 'EOPNOTSUPP', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** The files of several directories, of which each name is in one: the hierarchies of version 1, or the one of version 2. */
export class CgroupFiles {
  private readonly directories: readonly string[];

  constructor(directories: readonly string[]) {
    this.directories = directories;
  }

  text(file: string): string | undefined {
    for (const directory of this.directories) {
      try {
        return readFileSync(join(directory, file), 'utf8').trim();
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
    }
    return undefined;
  }

  lines(file: string): string[] {
    return this.text(file)?.split('\n').filter(Boolean) ?? [];
  }

  /** 0 for a file that is not there. */
  number(file: string): bigint {
    return asNumber(this.text(file));
  }

  /** Of lines `key value`. */
  table(file: string): ReadonlyMap<string, bigint> {
    return new Map(
      this.lines(file).map((line) => {
        const [key = '', value] = line.split(' ');
        return [key, asNumber(value)] as const;
      }),
    );
  }

  /** What the pattern's first group says in the names of files, each once. */
  names(pattern: RegExp): string[] {
    const found = this.directories.flatMap((directory) => {
      try {
        const files = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile());
        return files.flatMap(({ name }) => pattern.exec(name)?.[1] ?? []);
      } catch (error) {
        if (isAbsent(error)) return [];
        throw error;
      }
    });
    return [...new Set(found)].sort();
  }
}

function asNumber(text: string | undefined): bigint {
  if (text === 'max') return NO_LIMIT;
  return text !== undefined && /^-?\d+$/.test(text) ? BigInt(text) : 0n;
}
