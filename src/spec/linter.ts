import { OrlopError } from '../error.ts';
import { Instance } from './instance.ts';
import type { Diagnostic, FixResult, LintOptions, LintResult, Rule } from './types.ts';

/** An instance whose memory has grown beyond this by a large document is not kept for the next one. */
const MOST_MEMORY = 64 * 2 ** 20;

const encoder = new TextEncoder();

/**
 * Checks configs, one after another, in one instance of spec.wasm: making one takes longer than most checks.
 *
 *     const linter = new Linter(await WebAssembly.compile(bytes)); // the file orlop/spec.wasm
 *     linter.lint(config, { preset: 'hardened' }).diagnostics;     // config.json as UTF-8
 *     linter.fix(config).text;
 *
 * Options that are wrong throw `usage/invalid` with what is wrong as `diagnostics`.
 */
export class Linter {
  private readonly module: WebAssembly.Module;
  private instance: Instance | undefined;

  constructor(module: WebAssembly.Module) {
    this.module = module;
  }

  lint(config: Uint8Array, options: LintOptions = {}): LintResult {
    return this.use((instance) => {
      this.call(instance, 'lint', config, options);
      const { diagnostics, unusedIgnores } = instance.json<LintResult>();
      return { diagnostics, unusedIgnores };
    });
  }

  /** Applies safe fixes, with `unsafe` all, until none is left. What is no JSON stays as it is. */
  fix(config: Uint8Array, options: LintOptions = {}): FixResult {
    return this.use((instance) => {
      const fixes = this.call(instance, 'fix', config, options);
      return { text: instance.bytes().slice(), fixes };
    });
  }

  /** What is wrong with options that somebody has written, with the places in their text. */
  check(options: Uint8Array): Diagnostic[] {
    return this.use((instance) => {
      const nothing = instance.put(new Uint8Array());
      const result = instance.run((abi) => abi.lint(nothing, 0, instance.put(options), options.length));
      return result < 0 ? instance.json<{ diagnostics: Diagnostic[] }>().diagnostics : [];
    });
  }

  /** Every rule, by id. */
  rules(): Rule[] {
    return this.use((instance) => {
      instance.run((abi) => abi.rules());
      return instance.json<{ rules: Rule[] }>().rules;
    });
  }

  /** The names that a seccomp profile may have, of all architectures. */
  systemCalls(): string[] {
    return this.use((instance) => {
      instance.run((abi) => abi.systemCalls());
      return instance.json<{ systemCalls: string[] }>().systemCalls;
    });
  }

  private call(instance: Instance, entry: 'lint' | 'fix', config: Uint8Array, options: LintOptions): number {
    const bytes = encoder.encode(JSON.stringify(options));
    const result = instance.run((abi) =>
      abi[entry](instance.put(config), config.length, instance.put(bytes), bytes.length),
    );
    if (result < 0) throw invalidOptions(instance.json<{ diagnostics: Diagnostic[] }>().diagnostics);
    return result;
  }

  private use<T>(act: (instance: Instance) => T): T {
    const instance = this.instance ?? new Instance(this.module);
    // Not the one of a crash, whose memory is in no known state.
    this.instance = undefined;
    const answer = act(instance);
    if (instance.memoryBytes <= MOST_MEMORY) {
      instance.run((abi) => abi.reset());
      this.instance = instance;
    }
    return answer;
  }
}

function invalidOptions(diagnostics: Diagnostic[]): OrlopError {
  const first = diagnostics[0];
  const place = first?.path ? `${first.path}: ` : '';
  return new OrlopError('usage/invalid', `options of lint: ${place}${first?.message}`, {
    hint: first?.help,
    diagnostics,
  });
}
