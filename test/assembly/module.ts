import { readFileSync } from 'node:fs';
import type { Diagnostic } from '../../src/spec/types.ts';

/** The module as any host sees it: the bare exports, without src/spec in between. */
export const bytes = readFileSync(new URL('../../src/spec/spec.wasm', import.meta.url));
export const compiled = new WebAssembly.Module(bytes);

/** Exports that take a document and a second one, and whose result is JSON. */
export type Entry = 'lint' | 'plan' | 'update';

export type Exports = Partial<
  Record<Entry, (config: number, length: number, other: number, otherLength: number) => number>
> & {
  memory: WebAssembly.Memory;
  allocate(length: number): number;
  result(): number;
  resultLength(): number;
};

export interface Outcome {
  errors: number;
  /** The result as it is, and as JSON. */
  text: string;
  diagnostics: Diagnostic[];
  memory: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The entries that this build of the module has. */
export function entries(): Entry[] {
  const names = WebAssembly.Module.exports(compiled).map(({ name }) => name);
  return (['lint', 'plan', 'update'] as const).filter((entry) => names.includes(entry));
}

export function instantiate(): Exports {
  return new WebAssembly.Instance(compiled).exports as unknown as Exports;
}

/** One document, in an instance of its own as hosts do it. A trap is thrown as WebAssembly.RuntimeError. */
export function load(config: string | Uint8Array, exports = instantiate()): (entry: Entry) => Outcome {
  const document = typeof config === 'string' ? encoder.encode(config) : config;
  const area = exports.allocate(document.length);
  if (area !== 0) new Uint8Array(exports.memory.buffer).set(document, area);
  return (entry) => {
    const errors = exports[entry]?.(area, document.length, 0, 0) ?? -1;
    const text = decoder.decode(new Uint8Array(exports.memory.buffer, exports.result(), exports.resultLength()));
    const { diagnostics } = JSON.parse(text) as { diagnostics: Diagnostic[] };
    return { errors, text, diagnostics, memory: exports.memory.buffer.byteLength };
  };
}

export function lint(config: string | Uint8Array): Diagnostic[] {
  return load(config)('lint').diagnostics;
}

export function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/configs/${name}.json`, import.meta.url), 'utf8');
}
