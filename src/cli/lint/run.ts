import { OrlopError } from '../../error.ts';
import type { Linter } from '../../spec/linter.ts';
import type { LintOptions } from '../../spec/types.ts';
import { readInput } from '../input.ts';
import { ConfigFiles } from './config-file.ts';
import { merged } from './overrides.ts';
import type { LintedFile, Report } from './report.ts';

export interface Fixing {
  isUnsafe: boolean;
  /** Nothing is written. */
  isDry: boolean;
  /** What becomes of a config with fixes in it. */
  deliver(file: string, before: Buffer, after: Uint8Array): void;
  /** That is standard output. */
  isOutput: boolean;
}

/** Lints config after config, each with what its config file and the command line ask for. */
export class Run {
  private readonly linter: Linter;
  private readonly overrides: LintOptions;
  private readonly fixing: Fixing | undefined;
  private readonly configFiles: ConfigFiles;
  private readonly files: LintedFile[] = [];
  private fixes = 0;
  private unchecked = 0;

  constructor(linter: Linter, overrides: LintOptions, fixing: Fixing | undefined) {
    this.linter = linter;
    this.overrides = overrides;
    this.fixing = fixing;
    this.configFiles = new ConfigFiles(linter);
  }

  lint(file: string): void {
    let content = readInput(file);
    const configFile = this.configFiles.of(file);
    if (configFile && !configFile.options) {
      this.unchecked++;
      return;
    }
    const options = merged(configFile?.options ?? {}, this.overrides);
    if (this.fixing) content = this.fix(file, content, options, this.fixing);
    const { diagnostics, unusedIgnores } = this.linter.lint(content, options);
    configFile?.note(unusedIgnores);
    this.files.push({ file, content, diagnostics });
  }

  /** Everything, config files with something wrong in them last. */
  finish(): Pick<Report, 'files' | 'fixes' | 'isDry'> {
    const ofLinter = this.configFiles.all.map((one) => one.report(merged(one.options ?? {}, this.overrides).rules));
    return {
      files: [...this.files, ...ofLinter.filter(({ diagnostics }) => diagnostics.length > 0)],
      fixes: this.fixes,
      isDry: this.fixing?.isDry === true,
    };
  }

  get errors(): OrlopError[] {
    if (this.unchecked === 0) return [];
    const what = this.unchecked === 1 ? 'a config is' : `${this.unchecked} configs are`;
    return [
      new OrlopError('usage/invalid', `${what} not checked: what they are to be checked for is wrong`, {
        hint: 'correct the config file of the linter',
      }),
    ];
  }

  get isOutput(): boolean {
    return this.fixing?.isOutput === true;
  }

  private fix(file: string, before: Buffer, options: LintOptions, { isUnsafe, deliver }: Fixing): Buffer {
    const { text, fixes } = this.linter.fix(before, { ...options, unsafe: isUnsafe });
    this.fixes += fixes;
    deliver(file, before, text);
    return Buffer.from(text);
  }
}
