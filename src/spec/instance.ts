import { OrlopError } from '../error.ts';
import { ABI_VERSION } from '../version.ts';

/** The exports of spec.wasm; assembly/index.ts and launch.ts describe them. launch.wasm has none of index.ts's own. */
export interface Abi {
  memory: { readonly buffer: ArrayBuffer };
  abiVersion(): number;
  allocate(length: number): number;
  result(): number;
  resultLength(): number;
  reset(): void;
  lint(config: number, configLength: number, options: number, optionsLength: number): number;
  fix(config: number, configLength: number, options: number, optionsLength: number): number;
  rules(): number;
  systemCalls(): number;
  plan(config: number, configLength: number, request: number, requestLength: number): number;
  prepare(config: number, configLength: number, request: number, requestLength: number): number;
  exec(
    config: number,
    configLength: number,
    process: number,
    processLength: number,
    request: number,
    requestLength: number,
  ): number;
  update(resources: number, resourcesLength: number, request: number, requestLength: number): number;
  image(home: number, homeLength: number): number;
  rows(): number;
  failure(row: number, errno: number, log: number, logLength: number): number;
  place(step: number): number;
  filter(step: number): number;
  features(): number;
}

/** The module as machine code: instances of it are not made by an engine. */
export interface Compiled {
  instantiate(): Abi;
}

export type Module = WebAssembly.Module | Compiled;

const decoder = new TextDecoder();

/** An instance of the module, and how bytes cross. A trap of the module is a bug and becomes `core/crash`. */
export class Instance {
  protected readonly abi: Abi;

  constructor(module: Module) {
    this.abi =
      'instantiate' in module ? module.instantiate() : (new WebAssembly.Instance(module).exports as unknown as Abi);
    const version = this.abi.abiVersion();
    if (version === ABI_VERSION) return;
    throw new OrlopError('core/crash', `spec.wasm has version ${version} of the interface, not ${ABI_VERSION}`, {
      hint: 'use the spec.wasm of this package',
    });
  }

  run<T>(use: (abi: Abi) => T): T {
    try {
      return use(this.abi);
    } catch (cause) {
      if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
      throw new OrlopError('core/crash', `spec.wasm crashed: ${cause.message}`, {
        hint: 'this is a bug of orlop, whatever the config: please report it with the config',
        cause,
      });
    }
  }

  put(bytes: Uint8Array): number {
    const pointer = this.abi.allocate(bytes.length);
    // 0: longer than any document may be. The module refuses it by its length, and must not be written over.
    if (pointer !== 0) new Uint8Array(this.abi.memory.buffer).set(bytes, pointer);
    return pointer;
  }

  /** The size of its memory, which only grows. */
  get memoryBytes(): number {
    return this.abi.memory.buffer.byteLength;
  }

  /** The last result; a view of the memory, gone with the next call. */
  bytes(): Uint8Array {
    return new Uint8Array(this.abi.memory.buffer, this.abi.result(), this.abi.resultLength());
  }

  json<T>(): T {
    return JSON.parse(decoder.decode(this.bytes())) as T;
  }
}
