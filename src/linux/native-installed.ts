// Where koffi's native part lies on Node. Apart from native.ts, because the executable does without: nothing there then
// loads node:module, which takes 0.2 ms of each start.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { OrlopError } from '../error.ts';

/** From koffi's own place in node_modules: package managers may hide its parts from anybody else. */
export function installedFile(): string {
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
