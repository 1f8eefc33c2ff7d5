// The modules of this package, for hosts that have files: spec.wasm has everything, launch.wasm only what launches, so
// that no start waits for the rest to be compiled. A browser loads spec.wasm by URL and gives it to SpecDocument itself.

import { readFileSync } from 'node:fs';
import type { Compiled, Module } from './instance.ts';

class Embedded {
  private file: string | URL;
  private module: WebAssembly.Module | undefined;

  constructor(name: string) {
    this.file = new URL(name, import.meta.url);
  }

  setFile(path: string): void {
    this.file = path;
  }

  get(): WebAssembly.Module {
    this.module ??= new WebAssembly.Module(readFileSync(this.file));
    return this.module;
  }

  async load(): Promise<void> {
    this.module ??= await WebAssembly.compile(readFileSync(this.file));
  }
}

const spec = new Embedded('./spec.wasm');
const launch = new Embedded('./launch.wasm');

/** The executable carries the modules inside. */
export function setModuleFiles(files: { spec: string; launch: string }): void {
  spec.setFile(files.spec);
  launch.setFile(files.launch);
}

let compiled: Compiled | undefined;

/** Machine code in the place of launch.wasm. */
export function setCompiledLaunch(code: Compiled): void {
  compiled = code;
}

/** Compiled now, on this thread. */
export function specModule(): WebAssembly.Module {
  return spec.get();
}

/** The same without lint(), fix(), rules() and systemCalls(). */
export function launchModule(): Module {
  return compiled ?? launch.get();
}

/** Compiled on another thread, so that this one can do something else meanwhile; launchModule() then has it. */
export async function loadLaunchModule(): Promise<void> {
  if (!compiled) await launch.load();
}
