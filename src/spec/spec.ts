import { OrlopError } from '../error.ts';
import { Linter } from './linter.ts';
import { SpecDocument } from './module.ts';
import type { FixResult, LaunchImage, LintOptions, LintResult, Names, Plan, Request, Rule } from './types.ts';

const encoder = new TextEncoder();
// A byte order mark is a finding: it stays.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of a config.json: a string, or bytes of UTF-8 as they are in the file. */
export type Config = string | Uint8Array;

/** What spec.wasm may come as: its bytes, the answer of `fetch`, or compiled already, by another thread for instance. */
export type SpecSource = BufferSource | Response | WebAssembly.Module;

/**
 * Compiles spec.wasm, the file `orlop/spec.wasm` of this package.
 *
 *     const spec = await load(fetch('spec.wasm'));                                             // a browser, a worker
 *     const spec = await load(readFile(new URL(import.meta.resolve('orlop/spec.wasm'))));      // Node, Bun
 *
 * @throws OrlopError `usage/invalid` if it is something else, or could not be fetched.
 */
export async function load(source: SpecSource | Promise<SpecSource>): Promise<Spec> {
  const given = await source;
  if (given instanceof WebAssembly.Module) return new Spec(given);
  const bytes = 'arrayBuffer' in given ? await bytesOf(given) : given;
  try {
    return new Spec(await WebAssembly.compile(bytes));
  } catch (cause) {
    if (!(cause instanceof WebAssembly.CompileError)) throw cause;
    throw new OrlopError('usage/invalid', `this is no WebAssembly: ${cause.message}`, {
      hint: 'give load() the file orlop/spec.wasm',
      cause,
    });
  }
}

async function bytesOf(response: Response): Promise<ArrayBuffer> {
  if (response.ok) return response.arrayBuffer();
  throw new OrlopError('usage/invalid', `fetch("${response.url}") failed: ${response.status} ${response.statusText}`, {
    hint: 'serve the file orlop/spec.wasm of the package there',
  });
}

/**
 * Everything that can be said about a config.json without launching it. Calls are independent of each other, take no
 * locks, read nothing and write nothing. A Spec cannot be sent to a worker; its `module` can, for load() there.
 */
export class Spec {
  /** The compiled spec.wasm. */
  readonly module: WebAssembly.Module;
  private readonly linter: Linter;

  /** For whoever has compiled spec.wasm already; else see load(). */
  constructor(module: WebAssembly.Module) {
    this.module = module;
    this.linter = new Linter(module);
  }

  /**
   * What is wrong with a config, whatever it is: text that is no JSON is a finding too.
   *
   * @throws OrlopError `usage/invalid` if the options are wrong, with what is wrong with them as `diagnostics`.
   */
  lint(config: Config, options?: LintOptions): LintResult {
    return this.linter.lint(bytes(config), options);
  }

  /**
   * The config after all safe fixes, with `unsafe` after all that there are, in the form in which it was given. Whatever
   * no fix touches is as it was, byte for byte; text that is no JSON stays as it is.
   *
   * @throws OrlopError `usage/invalid` as lint() does.
   */
  fix(config: string, options?: LintOptions): FixResult<string>;
  fix(config: Uint8Array, options?: LintOptions): FixResult;
  fix(config: Config, options?: LintOptions): FixResult<Config> {
    const { text, fixes } = this.linter.fix(bytes(config), options);
    return { text: typeof config === 'string' ? decoder.decode(text) : text, fixes };
  }

  /** Every rule with its explanation, by id. */
  rules(): Rule[] {
    return this.linter.rules();
  }

  /**
   * What a launch will do, in its order. Without a request it is that of a container `ID` in the bundle `/bundle`, on a
   * reference host: cgroup v2, all capabilities.
   *
   * @throws OrlopError `spec/invalid` if nobody could launch this config, `spec/unsupported` if orlop cannot, with all
   * errors as `diagnostics` and the first of them in `message`, `path`, `line` and `column`.
   */
  plan(config: Config, request?: Request): Plan {
    return new SpecDocument(this.module, bytes(config)).plan(request);
  }

  /**
   * The launch image: an x86_64 ELF file with the system calls of the plan. `home` is for a plan that has `home`: the
   * home directory of that user in the container. To start one, with the host's part of it, is what `orlop` itself does.
   *
   * @throws OrlopError as plan() does.
   */
  image(config: Config, request?: Request, home?: string): LaunchImage {
    const document = new SpecDocument(this.module, bytes(config));
    const plan = document.plan(request);
    return { plan, bytes: document.image(home), rows: document.rows() };
  }

  /** The words of config.json that a launch carries out: mount options, capabilities, namespaces and so on. */
  names(): Names {
    return SpecDocument.names(this.module);
  }
}

function bytes(config: Config): Uint8Array {
  return typeof config === 'string' ? encoder.encode(config) : config;
}
