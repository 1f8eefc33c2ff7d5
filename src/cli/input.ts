import { readFileSync } from 'node:fs';
import { naming } from '../linux/file-error.ts';

/** A file that the command line names, `-` for standard input. */
export function readInput(file: string): Buffer {
  const isStandard = file === '-';
  return naming(isStandard ? '(standard input)' : file, undefined, () => readFileSync(isStandard ? 0 : file));
}
