// What becomes of a config with fixes in it.

import { isAbsolute } from 'node:path';
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { print } from '../output.ts';
import { replaceFile } from './replace-file.ts';
import { nameOf } from './report.ts';

/** Into the file; of standard input to standard output, changed or not. */
export function writeChanges(file: string, before: Buffer, after: Uint8Array): void {
  if (file === '-') print(after);
  else if (!before.equals(after)) replaceFile(file, after);
}

/** As `patch -p1` and `git apply` take it. */
export function showChanges(file: string, before: Buffer, after: Uint8Array): void {
  if (before.equals(after)) return;
  const [left, right] = isAbsolute(file) ? [file, file] : [`a/${nameOf(file)}`, `b/${nameOf(file)}`];
  const texts = [before.toString('utf8'), Buffer.from(after).toString('utf8')] as const;
  print(createTwoFilesPatch(left, right, ...texts, undefined, undefined, { headerOptions: FILE_HEADERS_ONLY }));
}
