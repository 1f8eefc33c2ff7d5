import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser';
import { naming } from '../../linux/file-error.ts';
import type { Linter } from '../../spec/linter.ts';
import type { Diagnostic, LintOptions } from '../../spec/types.ts';
import type { LintedFile, Severity } from './report.ts';
import { featuresIn, isRuntimeName } from './targets.ts';

export const OWN = '.orlop.json';
const SHARED = 'package.json';
/** The member of package.json. */
const MEMBER = 'orlop';

const UNUSED = { rule: 'OCI017', name: 'unused-ignore' };

/** A config file of the linter: .orlop.json, or the member "orlop" of package.json. */
export class ConfigFile {
  /** undefined if the file is wrong: then nothing is to be linted by guess. */
  readonly options: LintOptions | undefined;
  private readonly linted: LintedFile;
  private readonly text: string;
  private readonly root: Node | undefined;
  /** Steps to the options in the file. */
  private readonly steps: readonly string[];
  /** Ignores that no config has needed so far; undefined before the first one. */
  private unused: Set<number> | undefined;

  private constructor(path: string, text: string, root: Node | undefined, steps: readonly string[], linter: Linter) {
    this.root = root;
    this.steps = steps;
    this.text = text;
    this.linted = { file: shown(path), content: Buffer.from(text), diagnostics: [] };
    this.options = this.read(dirname(path), linter);
  }

  /** The one in a directory, if there is one. */
  static in(directory: string, linter: Linter): ConfigFile | undefined {
    const own = readIfThere(join(directory, OWN));
    if (own !== undefined) return ConfigFile.of(join(directory, OWN), own, linter);
    const shared = readIfThere(join(directory, SHARED));
    if (!shared?.includes(`"${MEMBER}"`)) return undefined;
    const root = parseTree(shared);
    if (!root || !findNodeAtLocation(root, [MEMBER])) return undefined;
    return new ConfigFile(join(directory, SHARED), shared, root, [MEMBER], linter);
  }

  /** A file .orlop.json with this text, which may be different on disk. */
  static of(path: string, text: string, linter: Linter): ConfigFile {
    return new ConfigFile(path, text, parseTree(text), [], linter);
  }

  /** What one config that was linted with it has not needed. */
  note(unusedIgnores: readonly number[]): void {
    this.unused = new Set(unusedIgnores.filter((index) => this.unused?.has(index) ?? true));
  }

  /** Itself as a file with findings, once all is linted. */
  report(levels: LintOptions['rules'] = {}): LintedFile {
    const isMeant = ([rule]: [string, unknown]): boolean => rule === UNUSED.rule || rule === UNUSED.name;
    const [, level] = Object.entries(levels).findLast(isMeant) ?? [UNUSED.rule, 'warn'];
    if (level !== 'off') {
      const severity = level === 'warn' ? 'warning' : level;
      for (const index of this.unused ?? []) this.linted.diagnostics.push(this.unusedIgnore(index, severity));
    }
    return this.linted;
  }

  private unusedIgnore(index: number, severity: Severity): Diagnostic {
    const { rule = '', path } = this.options?.ignores?.[index] ?? {};
    const message = `nothing needs this ignore of ${rule}${path ? ` at ${path}` : ''}`;
    return this.finding({ ...UNUSED, severity, message, help: 'take it out' }, ['ignores', index]);
  }

  private read(directory: string, linter: Linter): LintOptions | undefined {
    const text = this.optionsText();
    const found = linter.check(new TextEncoder().encode(text || ' '));
    let options: LintOptions & { $schema?: string } = {};
    try {
      options = JSON.parse(text);
    } catch {
      // Then `found` says so.
    }
    const { $schema: _, ...known } = Object(options) as typeof options;
    const targets = Array.isArray(known.targets) ? known.targets.map((one, at) => this.target(one, at, directory)) : [];
    // A file is no name of a runtime for the module, which reads no files.
    const isFile = ({ path }: Diagnostic): boolean => /^\/targets\/\d+$/.test(path) && !isName(known, path);
    const prefix = this.steps.map((step) => `/${step}`).join('');
    for (const { fix: _fix, ...finding } of found.filter((one) => !isFile(one))) {
      this.linted.diagnostics.push({ ...finding, severity: 'error', path: prefix + finding.path });
    }
    if ('unsafe' in known) this.linted.diagnostics.push(this.unsafe());
    this.linted.diagnostics.sort((left, right) => left.line - right.line || left.column - right.column);
    if (this.linted.diagnostics.length > 0) return undefined;
    return known.targets ? { ...known, targets } : known;
  }

  /** The options with their places in the file: all else is made blank. */
  private optionsText(): string {
    const { text } = this;
    const node = this.root && this.steps.length > 0 ? findNodeAtLocation(this.root, [...this.steps]) : undefined;
    if (!node) return text;
    const blank = (part: string): string => part.replaceAll(/[^\r\n]/g, ' ');
    const end = node.offset + node.length;
    return blank(text.slice(0, node.offset)) + text.slice(node.offset, end) + blank(text.slice(end));
  }

  private target(target: string | object, index: number, directory: string): string | object {
    if (typeof target !== 'string' || isRuntimeName(target)) return target;
    try {
      return featuresIn(resolve(directory, target));
    } catch (error) {
      const { message, hint } = error as { message: string; hint?: string };
      const what = { rule: 'OCI004', name: 'wrong-type', severity: 'error' as const, message };
      this.linted.diagnostics.push(this.finding({ ...what, ...(hint && { help: hint }) }, ['targets', index]));
      return target;
    }
  }

  private unsafe(): Diagnostic {
    const message = 'a config file cannot ask for unsafe fixes';
    const what = { rule: 'OCI003', name: 'unknown-key', severity: 'error' as const, message };
    return this.finding({ ...what, help: 'use --fix=unsafe where you look at what it does' }, ['unsafe']);
  }

  private finding(
    what: Pick<Diagnostic, 'rule' | 'name' | 'severity' | 'message' | 'help'>,
    steps: (string | number)[],
  ): Diagnostic {
    const all = [...this.steps, ...steps];
    const { offset, length } = (this.root && findNodeAtLocation(this.root, all)) ?? { offset: 0, length: 0 };
    const [line, column] = this.placeOf(offset);
    const [endLine, endColumn] = this.placeOf(offset + length);
    return { ...what, path: all.map((step) => `/${step}`).join(''), line, column, endLine, endColumn };
  }

  private placeOf(offset: number): [line: number, column: number] {
    const before = this.text.slice(0, offset).split('\n');
    return [before.length, (before.at(-1)?.length ?? 0) + 1];
  }
}

/** The config files of many configs, each read once. */
export class ConfigFiles {
  private readonly linter: Linter;
  private readonly byDirectory = new Map<string, ConfigFile | undefined>();

  constructor(linter: Linter) {
    this.linter = linter;
  }

  /** The nearest one, from the config's directory upward. */
  of(config: string): ConfigFile | undefined {
    return this.find(config === '-' ? process.cwd() : dirname(resolve(config)));
  }

  get all(): ConfigFile[] {
    return [...new Set(this.byDirectory.values())].filter((file) => file !== undefined);
  }

  private find(directory: string): ConfigFile | undefined {
    if (this.byDirectory.has(directory)) return this.byDirectory.get(directory);
    const parent = dirname(directory);
    const found = ConfigFile.in(directory, this.linter) ?? (parent === directory ? undefined : this.find(parent));
    this.byDirectory.set(directory, found);
    return found;
  }
}

/** Whether the target that a finding is about is meant as the name of a runtime. */
function isName(options: LintOptions, path: string): boolean {
  const target = options.targets?.[Number(path.slice('/targets/'.length))];
  return typeof target !== 'string' || isRuntimeName(target);
}

function readIfThere(path: string): string | undefined {
  if (!naming(path, undefined, () => statSync(path, { throwIfNoEntry: false }))?.isFile()) return undefined;
  return naming(path, undefined, () => readFileSync(path, 'utf8'));
}

/** As the command line would name it. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') || isAbsolute(short) ? path : short;
}
