import { OrlopError } from '../error.ts';
import { Instance, type Module } from './instance.ts';
import type { Diagnostic, Failure, HostPlan, Names, Place, Plan, Request, Row, UpdatePlan } from './types.ts';

const encoder = new TextEncoder();

/**
 * One document in one instance of the module: the instance is the arena, and goes with the object. Nothing here needs
 * Node. What is wrong with a document without launching it says Linter.
 */
export class SpecDocument extends Instance {
  private readonly config: Uint8Array;

  constructor(module: Module, config: Uint8Array) {
    super(module);
    this.config = config;
  }

  /** What the module carries out, whatever the document. */
  static names(module: Module): Names {
    const empty = new SpecDocument(module, new Uint8Array());
    return empty.run((abi) => {
      abi.features();
      return empty.json<Names>();
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
