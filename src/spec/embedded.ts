// spec.wasm of this package, for hosts that have files. A browser loads it by URL and gives it to SpecDocument itself.

import { readFileSync } from 'node:fs';

let file: string | URL = new URL('./spec.wasm', import.meta.url);
let module: WebAssembly.Module | undefined;

/** The executable carries the module inside. */
export function setSpecFile(path: string): void {
  file = path;
}

/** Compiled now, on this thread. */
export function specModule(): WebAssembly.Module {
  module ??= new WebAssembly.Module(readFileSync(file));
  return module;
}

/** Compiled on another thread, so that this one can do something else meanwhile; specModule() then has it. */
export async function loadSpecModule(): Promise<void> {
  module ??= await WebAssembly.compile(readFileSync(file));
}
