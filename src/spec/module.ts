import { OrlopError } from '../error.ts';
import { ABI_VERSION } from '../version.ts';
import type { Diagnostic, Failure, HostPlan, Names, Place, Plan, Request, Row, UpdatePlan } from './types.ts';

/** The exports of spec.wasm; assembly/index.ts describes them. */
interface Abi {
  memory: WebAssembly.Memory;
  abiVersion(): number;
  allocate(length: number): number;
  result(): number;
  resultLength(): number;
  lint(config: number, configLength: number, options: number, optionsLength: number): number;
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

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * One document in one instance of the module: the instance is the arena, and goes with the object. Nothing here needs
 * Node; a trap of the module is a bug and becomes `core/crash`.
 */
export class SpecDocument {
  private readonly abi: Abi;
  private readonly config: Uint8Array;

  constructor(module: WebAssembly.Module, config: Uint8Array) {
    this.abi = new WebAssembly.Instance(module).exports as unknown as Abi;
    this.config = config;
    const version = this.abi.abiVersion();
    if (version !== ABI_VERSION) {
      throw new OrlopError('core/crash', `spec.wasm has version ${version} of the interface, not ${ABI_VERSION}`, {
        hint: 'use the spec.wasm of this package',
      });
    }
  }

  /** What the module carries out, whatever the document. */
  static names(module: WebAssembly.Module): Names {
    const empty = new SpecDocument(module, new Uint8Array());
    return empty.run((abi) => {
      abi.features();
      return empty.json<Names>();
    });
  }

  /** All shape findings, sorted by position. */
  lint(): Diagnostic[] {
    return this.run((abi) => {
      abi.lint(this.put(this.config), this.config.length, 0, 0);
      return this.json<{ diagnostics: Diagnostic[] }>().diagnostics;
    });
  }

  /** What a launch will do. Throws `spec/invalid` with all diagnostics if the config cannot be launched. */
  plan(request?: Request): Plan {
    return this.compile<Plan>('plan', request);
  }

  /** The host's part of the plan, for who goes on to launch it; image() comes next. Throws as plan(). */
  prepare(request: Request): HostPlan {
    return this.compile<HostPlan>('prepare', request);
  }

  /**
   * The same for one more process in the container of this config: `process` is another one in the form of config.md, or
   * undefined for that of the config; `request.exec` says what is different. Places are those of the document that has it.
   */
  exec(process: Uint8Array | undefined, request: Request): HostPlan {
    return this.run((abi) => {
      const other = process ?? new Uint8Array();
      const bytes = encoder.encode(JSON.stringify(request));
      const config = this.put(this.config);
      const errors = abi.exec(config, this.config.length, this.put(other), other.length, this.put(bytes), bytes.length);
      return this.answer<HostPlan>(errors);
    });
  }

  /**
   * Of a document that is linux.resources alone: new limits for a container that is there. The request's cgroup facts
   * name the container's own directories in place of the mounts. Throws as plan().
   */
  update(request: Request): UpdatePlan {
    return this.compile<UpdatePlan>('update', request);
  }

  /** The launch image of what plan(), prepare() or exec() has read. `home` is for where their answer has one. */
  image(home = ''): Uint8Array {
    return this.run((abi) => {
      const bytes = encoder.encode(home);
      this.expect(abi.image(this.put(bytes), bytes.length), 'plan() or prepare()');
      return this.bytes().slice();
    });
  }

  /** The listing of the last image, row by row. */
  rows(): Row[] {
    return this.run((abi) => {
      this.expect(abi.rows(), 'image()');
      return this.json<Row[]>();
    });
  }

  /** What it means that a row of the last image failed; `log` is what the kernel said about a filesystem. */
  failure(row: number, errno: number, log: Uint8Array): Failure {
    return this.run((abi) => {
      this.expect(abi.failure(row, errno, this.put(log), log.length), 'image()');
      return this.json<Failure>();
    });
  }

  /** Where config.json asked for a step; empty for what every launch does. */
  place(step: number): Place {
    return this.run((abi) => {
      this.expect(abi.place(step), 'plan() or prepare()');
      return this.json<Place>();
    });
  }

  /** The program of a device-filter step, as bpf(2) takes it. */
  filter(step: number): Uint8Array {
    return this.run((abi) => {
      this.expect(abi.filter(step), 'plan(), prepare() or update()');
      return this.bytes().slice();
    });
  }

  private expect(result: number, before: string): void {
    if (result !== 0) throw new OrlopError('usage/invalid', `there is nothing to answer from: call ${before} first`);
  }

  private compile<T>(what: 'plan' | 'prepare' | 'update', request: Request | undefined): T {
    return this.run((abi) => {
      const config = this.put(this.config);
      const bytes = request ? encoder.encode(JSON.stringify(request)) : new Uint8Array();
      const errors = abi[what](config, this.config.length, this.put(bytes), bytes.length);
      return this.answer<T>(errors);
    });
  }

  private answer<T>(errors: number): T {
    if (errors === 0) return this.json<T>();
    throw invalid(this.json<{ diagnostics: Diagnostic[] }>().diagnostics);
  }

  private run<T>(use: (abi: Abi) => T): T {
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

  private put(bytes: Uint8Array): number {
    const pointer = this.abi.allocate(bytes.length);
    // 0: longer than any document may be. The module refuses it by its length, and must not be written over.
    if (pointer !== 0) new Uint8Array(this.abi.memory.buffer).set(bytes, pointer);
    return pointer;
  }

  private bytes(): Uint8Array {
    return new Uint8Array(this.abi.memory.buffer, this.abi.result(), this.abi.resultLength());
  }

  private json<T>(): T {
    return JSON.parse(decoder.decode(this.bytes())) as T;
  }
}

/** The first error in the message, all of them in `diagnostics`. */
function invalid(diagnostics: Diagnostic[]): OrlopError {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  const first = errors[0];
  const isUnsupported = errors.every((diagnostic) => diagnostic.name === 'unsupported');
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new OrlopError(
    isUnsupported ? 'spec/unsupported' : 'spec/invalid',
    `${first?.path ? `${first.path}: ` : ''}${first?.message}${more}`,
    { path: first?.path, line: first?.line, column: first?.column, hint: first?.help, diagnostics },
  );
}
