import { type Dirent, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import picomatch from 'picomatch';
import { OrlopError } from '../../error.ts';
import { naming } from '../../linux/file-error.ts';

export const CONFIG = 'config.json';

/** Nothing that anybody has written for a runtime is in them. */
const SKIPPED = ['.git', 'node_modules'];
/** Beside a config.json it is a container's own filesystem, with files of that name that mean something else. */
const ROOTFS = 'rootfs';

export interface Named {
  files: string[];
  /** Of words that name nothing, and directories that cannot be read. */
  errors: unknown[];
}

/** What the words of the command line name: files, `-`, every config.json below a directory, or what matches a pattern. */
export function filesNamed(words: readonly string[]): Named {
  const files = new Set<string>();
  const errors: unknown[] = [];
  for (const word of words) {
    try {
      for (const file of word === '-' ? [word] : filesOf(word, errors)) files.add(file);
    } catch (error) {
      errors.push(error);
    }
  }
  return { files: [...files], errors };
}

function filesOf(word: string, errors: unknown[]): string[] {
  const status = naming(word, undefined, () => statSync(word, { throwIfNoEntry: false }));
  if (status?.isDirectory())
    return someOf(below(word, '', Infinity, errors, isConfig), `lint ${word}: no ${CONFIG} in it`);
  if (status || !picomatch.scan(word).isGlob) return [word];
  const { base, glob } = picomatch.scan(word);
  const matches = picomatch(glob);
  const found = below(base, '', depthOf(glob), errors, (path) => matches(path));
  return someOf(found, `lint ${word}: no file matches`);
}

const isConfig = (path: string): boolean => path === CONFIG || path.endsWith(`/${CONFIG}`);

/** A check of nothing must not look like one that found nothing. */
function someOf(files: string[], message: string): string[] {
  if (files.length > 0) return files;
  throw new OrlopError('usage/invalid', message, { hint: 'name files, directories or patterns that there are' });
}

/** How many directories deep a pattern can match. */
function depthOf(glob: string): number {
  return /\*\*|[{(]/.test(glob) ? Infinity : glob.split('/').length;
}

/** In the order of names; links to directories are not followed, which could go round in a circle. */
function below(
  base: string,
  path: string,
  depth: number,
  errors: unknown[],
  isWanted: (path: string) => boolean,
): string[] {
  const directory = join(base, path) || '.';
  let entries: Dirent[];
  try {
    entries = naming(directory, undefined, () => readdirSync(directory, { withFileTypes: true }));
  } catch (error) {
    errors.push(error);
    return [];
  }
  entries.sort((left, right) => (left.name < right.name ? -1 : 1));
  const isBundle = entries.some(({ name }) => name === CONFIG);
  const files: string[] = [];
  for (const entry of entries) {
    const { name } = entry;
    const inner = path === '' ? name : `${path}/${name}`;
    if (entry.isDirectory()) {
      const isSkipped = SKIPPED.includes(name) || (isBundle && name === ROOTFS);
      if (depth > 1 && !isSkipped) files.push(...below(base, inner, depth - 1, errors, isWanted));
    } else if (isWanted(inner) && isFile(entry, join(directory, name))) files.push(join(base, inner));
  }
  return files;
}

function isFile(entry: Dirent, path: string): boolean {
  if (entry.isFile()) return true;
  return entry.isSymbolicLink() && (statSync(path, { throwIfNoEntry: false }) ?? lstatSync(path)).isFile();
}
