import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { naming } from '../linux/file-error.ts';

/** Whole or not at all: an engine may read it as soon as it is there. */
export function writePidFile(file: string, pid: number): void {
  const temporary = `${file}.${process.pid}`;
  try {
    naming(temporary, '--pid-file', () => writeFileSync(temporary, String(pid)));
    naming(file, '--pid-file', () => renameSync(temporary, file));
  } catch (error) {
    if (existsSync(temporary)) rmSync(temporary);
    throw error;
  }
}
