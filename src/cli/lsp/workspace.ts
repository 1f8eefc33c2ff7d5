import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { Assistant } from '../../editor/assistant.ts';
import { OPTIONS, SPEC } from '../../editor/fields/index.ts';
import { member, parseTree, type Tree } from '../../editor/tree.ts';
import { RULES, SYSCALLS } from '../../editor/words/words.ts';
import { Linter } from '../../spec/linter.ts';
import type { Diagnostic, LintOptions, Rule } from '../../spec/types.ts';
import { ConfigFile, ConfigFiles, OWN } from '../lint/config-file.ts';
import { type Found, find, locate } from './found.ts';

/** A document as it is in one version. */
export interface Checked {
  document: TextDocument;
  tree: Tree;
  assistant: Assistant;
  found: Found[];
  /** What it was linted for; undefined: it was not. */
  options?: LintOptions | undefined;
}

/** All that is known of the documents that are open. */
export class Workspace {
  readonly linter: Linter;
  readonly rules: ReadonlyMap<string, Rule>;
  private readonly checked = new Map<string, Checked & { version: number }>();
  private readonly spec: Assistant;
  private readonly options: Assistant;

  constructor(module: WebAssembly.Module) {
    this.linter = new Linter(module);
    const rules = this.linter.rules();
    this.rules = new Map(rules.map((rule) => [rule.id, rule]));
    const calls = Object.fromEntries(this.linter.systemCalls().map((name) => [name, linked(name)]));
    this.spec = new Assistant(SPEC, new Map([[SYSCALLS, calls]]));
    const known = Object.fromEntries(rules.map(({ id, name, summary }) => [id, `${name}: ${summary}.`]));
    this.options = new Assistant(OPTIONS, new Map([[RULES, known]]));
  }

  /** undefined: a document that is none of ours. */
  check(document: TextDocument): Checked | undefined {
    const { uri, version } = document;
    const before = this.checked.get(uri);
    if (before?.version === version) return before;
    const text = document.getText();
    const tree = parseTree(text);
    const path = pathOf(uri);
    const name = basename(path ?? decodeURIComponent(uri));
    let checked: Checked;
    if (name === OWN) {
      const { diagnostics } = ConfigFile.of(path ?? OWN, text, this.linter).report(undefined);
      checked = { document, tree, assistant: this.options, found: locate(diagnostics, text) };
    } else if (isConfig(name, tree)) {
      checked = { document, tree, assistant: this.spec, ...this.lint(document, tree, path) };
    } else return undefined;
    this.checked.set(uri, { ...checked, version });
    return checked;
  }

  /** The file that a config's options are in, or would be. */
  configFileOf(path: string): string {
    return join(dirname(path), OWN);
  }

  forget(uri?: string): void {
    if (uri === undefined) this.checked.clear();
    else this.checked.delete(uri);
  }

  private lint(document: TextDocument, tree: Tree, path: string | undefined): Pick<Checked, 'found' | 'options'> {
    const configFile = path === undefined ? undefined : new ConfigFiles(this.linter).of(path);
    if (configFile && !configFile.options) {
      const { file, diagnostics } = configFile.report(undefined);
      return { found: [unchecked(file, diagnostics[0])] };
    }
    const options = configFile?.options ?? {};
    return { found: find(this.linter, document, () => tree, options), options };
  }
}

function linked(name: string): string {
  return `[man 2 ${name}](https://man7.org/linux/man-pages/man2/${name}.2.html)`;
}

/** What the linter's own config file has wrong, told where somebody looks. */
function unchecked(file: string, first: Diagnostic | undefined): Found {
  const message = `not checked: ${file} is wrong${first ? `: ${first.message} (line ${first.line})` : ''}`;
  const { rule, name } = first ?? { rule: 'OCI001', name: 'invalid-json' };
  const place = { path: '', line: 1, column: 1, endLine: 1, endColumn: 1 };
  return { finding: { rule, name, severity: 'error', message, ...place }, start: 0, end: 0, related: [] };
}

/** undefined for what is in no file. */
export function pathOf(uri: string): string | undefined {
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined;
  }
}

const PARTS = ['process', 'root', 'mounts', 'linux', 'hooks'];

/** Editors give us every JSON file: ours says its version, or has the usual name and nothing that speaks against it. */
function isConfig(name: string, { root }: Tree): boolean {
  if (member(root, 'ociVersion')) return true;
  if (name !== 'config.json') return false;
  return !root || root.children.length === 0 || PARTS.some((part) => member(root, part) !== undefined);
}
