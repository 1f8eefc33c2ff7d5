import { renameSync, writeFileSync } from 'node:fs';

/** Whole or not at all: an engine may read it as soon as it is there. */
export function writePidFile(file: string, pid: number): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, String(pid));
  renameSync(temporary, file);
}
