import { readFileSync } from 'node:fs';
import type { Diagnostic } from '../../src/spec/types.ts';

/** The module as any host sees it: the bare exports, without src/spec in between. */
export const bytes = readFileSync(new URL('../../src/spec/spec.wasm', import.meta.url));
export const compiled = new WebAssembly.Module(bytes);

/** Exports that take a document and a second one, and whose result is JSON. */
export type Entry = 'lint' | 'plan' | 'update';

type TakesTwo = (config: number, length: number, other: number, otherLength: number) => number;

export type Exports = Record<Entry | 'fix', TakesTwo> & {
  memory: WebAssembly.Memory;
  allocate(length: number): number;
  reset(): void;
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

/** Options of lint for what the parser and the reader find alone. */
export const SHAPE = JSON.stringify({
  preset: 'none',
  rules: Object.fromEntries(
    ['OCI001', 'OCI002', 'OCI003', 'OCI004', 'OCI013', 'OCI015', 'OCI016'].map((rule) => [
      rule,
      rule === 'OCI003' || rule === 'OCI013' || rule === 'OCI016' ? 'warn' : 'error',
    ]),
  ),
});

export function instantiate(): Exports {
  return new WebAssembly.Instance(compiled).exports as unknown as Exports;
}

function put(exports: Exports, document: Uint8Array): [number, number] {
  const area = exports.allocate(document.length);
  if (area !== 0) new Uint8Array(exports.memory.buffer).set(document, area);
  return [area, document.length];
}

/** One document, in an instance of its own as hosts do it. A trap is thrown as WebAssembly.RuntimeError. */
export function load(
  config: string | Uint8Array,
  exports = instantiate(),
): (entry: Entry, options?: string) => Outcome {
  const document = put(exports, typeof config === 'string' ? encoder.encode(config) : config);
  return (entry, options = entry === 'lint' ? SHAPE : '') => {
    const errors = exports[entry](...document, ...put(exports, encoder.encode(options)));
    const text = decoder.decode(new Uint8Array(exports.memory.buffer, exports.result(), exports.resultLength()));
    const { diagnostics } = JSON.parse(text) as { diagnostics: Diagnostic[] };
    return { errors, text, diagnostics, memory: exports.memory.buffer.byteLength };
  };
}

/** The bytes that fix() makes, and how many fixes that were. */
export function fix(config: Uint8Array, options: string, exports = instantiate()): { text: Uint8Array; fixes: number } {
  const fixes = exports.fix(...put(exports, config), ...put(exports, encoder.encode(options)));
  return { text: new Uint8Array(exports.memory.buffer, exports.result(), exports.resultLength()).slice(), fixes };
}

/** What the parser and the reader find. */
export function lint(config: string | Uint8Array): Diagnostic[] {
  return load(config)('lint').diagnostics;
}

export function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/configs/${name}.json`, import.meta.url), 'utf8');
}
