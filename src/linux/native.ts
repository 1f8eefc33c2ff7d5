// Loads koffi: its native part alone, by dlopen. require('koffi') costs 6 to 8 ms of JavaScript for the same exports.
//
// On Node and under `bun run` the file lies in node_modules. The executable carries it inside, where dlopen cannot reach
// it: native-cache.ts keeps it unpacked.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { OrlopError } from '../error.ts';
import { unpacked } from './native-cache.ts';

export type Koffi = typeof import('koffi');

/** The file that an executable carries; set by src/build-executable.ts, absent elsewhere. */
declare const ORLOP_NATIVE: EmbeddedFile | undefined;

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
  const path = typeof ORLOP_NATIVE === 'undefined' ? installedFile() : unpacked(ORLOP_NATIVE);
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

/** From koffi's own place in node_modules: package managers may hide its parts from anybody else. */
function installedFile(): string {
  const { arch } = process;
  const file = `@koromix/koffi-linux-${arch}/${isMusl(arch) ? 'musl' : 'linux'}_${arch}/koffi.node`;
  try {
    return createRequire(createRequire(import.meta.url).resolve('koffi')).resolve(file);
  } catch (cause) {
    throw new OrlopError('linux/dlopen', `resolve("${file}") failed: no native part of koffi for this machine`, {
      hint: 'install the package anew, with its optional dependencies; Linux on x64 and arm64 are supported',
      cause,
    });
  }
}

function isMusl(arch: string): boolean {
  // The loader alone proves nothing: glibc systems may have musl installed beside it.
  const loader = `/lib/ld-musl-${arch === 'x64' ? 'x86_64' : 'aarch64'}.so.1`;
  return existsSync(loader) && readFileSync('/proc/self/maps', 'latin1').includes('ld-musl-');
}
