// spec.wasm of this package, for hosts that have files. A browser loads it by URL and gives it to SpecDocument itself.

import { readFileSync } from 'node:fs';

let file: string | URL = new URL('./spec.wasm', import.meta.url);
let module: WebAssembly.Module | undefined;

/** The executable carries the module inside. */
export function setSpecFile(path: string): void {
  file = path;
}

export function specModule(): WebAssembly.Module {
  module ??= new WebAssembly.Module(readFileSync(file));
  return module;
}
