// Loads koffi: its native part alone, by dlopen. require('koffi') costs 6 to 8 ms of JavaScript for the same exports.
//
// On Node and under `bun run` the file lies in node_modules. The executable carries it inside, where dlopen cannot reach
// it: native-cache.ts keeps it unpacked.

import { OrlopError } from '../error.ts';
import { unpacked } from './native-cache.ts';
import { installedFile } from './native-installed.ts';

export type Koffi = typeof import('koffi');

/** The file that an executable carries; set by src/build-executable.ts, absent elsewhere. */
declare const ORLOP_NATIVE_NAME: string | undefined;
declare const ORLOP_NATIVE_SIZE: number;

export interface EmbeddedFile {
  /** With version and hash of the content, so that a file of that name never has to change. */
  name: string;
  size: number;
}

let loaded: Koffi | undefined;

export function isLoaded(): boolean {
  return loaded !== undefined;
}

export function koffi(): Koffi {
  loaded ??= load();
  return loaded;
}

function load(): Koffi {
  if (process.platform !== 'linux') {
    throw new OrlopError('linux/platform', `containers are made on Linux, and this is ${process.platform}`, {
      hint: '"orlop lint" and "orlop lsp" work here too',
    });
  }
  const path =
    typeof ORLOP_NATIVE_NAME === 'undefined'
      ? installedFile()
      : unpacked({ name: ORLOP_NATIVE_NAME, size: ORLOP_NATIVE_SIZE });
  const holder = { exports: {} as Koffi };
  try {
    process.dlopen(holder, path);
  } catch (cause) {
    throw new OrlopError('linux/dlopen', `dlopen("${path}") failed: ${(cause as Error).message}`, {
      hint: 'its file system may be mounted noexec, or this C library older than glibc 2.25',
      cause,
    });
  }
  return holder.exports;
}
