import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { modify } from 'jsonc-parser';
import {
  type CodeAction,
  CodeActionKind,
  type Range,
  type TextDocumentEdit,
  type TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { member, parseTree, type Span } from '../../editor/tree.ts';
import type { Client } from './client.ts';
import { diagnosticOf } from './diagnostics.ts';
import type { Found } from './found.ts';
import { rangeOf } from './range.ts';
import { type Checked, pathOf, type Workspace } from './workspace.ts';

/** What an editor may do about the findings in a range. */
export class Actions {
  private readonly workspace: Workspace;
  private readonly client: Client;
  /** The text of a document that is open, and may be different on disk. */
  private readonly open: (uri: string) => TextDocument | undefined;

  constructor(workspace: Workspace, client: Client, open: (uri: string) => TextDocument | undefined) {
    this.workspace = workspace;
    this.client = client;
    this.open = open;
  }

  /** `only` are the kinds that are asked for, all if undefined. */
  of(checked: Checked, range: Range, only: readonly string[] | undefined): CodeAction[] {
    const isAsked = (kind: string): boolean => only?.some((one) => `${kind}.`.startsWith(`${one}.`)) ?? true;
    const actions: CodeAction[] = [];
    const { document } = checked;
    const span = { start: document.offsetAt(range.start), end: document.offsetAt(range.end) };
    const here = checked.found.filter((one) => overlaps(one, span));
    if (isAsked(CodeActionKind.QuickFix)) {
      // The safe ones first: an editor may take the first without a question.
      const fixes = here.flatMap((one) => this.fixOf(one, document));
      actions.push(...fixes.sort((left, right) => Number(right.isPreferred) - Number(left.isPreferred)));
      actions.push(...here.flatMap((one) => this.ignoreOf(one, checked)));
    }
    if (isAsked(FIX_ALL)) actions.push(...this.fixAll(checked));
    return actions;
  }

  private fixOf(found: Found, document: TextDocument): CodeAction[] {
    const { fix } = found;
    if (!fix) return [];
    const edits = fix.edits.map((edit) => ({ range: rangeOf(document, edit), newText: edit.text }));
    return [
      {
        title: `${fix.title}${fix.isSafe ? '' : ' (unsafe: it changes what the container gets)'}`,
        kind: CodeActionKind.QuickFix,
        isPreferred: fix.isSafe,
        diagnostics: [this.diagnosticOf(found, document)],
        edit: this.editOf(document, edits),
      },
    ];
  }

  /** One edit, of what is between the first and the last change. */
  private fixAll({ document, options }: Checked): CodeAction[] {
    if (!options) return [];
    const before = document.getText();
    const { text, fixes } = this.workspace.linter.fix(new TextEncoder().encode(before), options);
    if (fixes === 0) return [];
    const after = new TextDecoder('utf-8', { ignoreBOM: true }).decode(text);
    let start = 0;
    while (start < before.length && before[start] === after[start]) start++;
    let same = 0;
    const most = Math.min(before.length, after.length) - start;
    while (same < most && before.at(-1 - same) === after.at(-1 - same)) same++;
    const newText = after.slice(start, after.length - same);
    const range = rangeOf(document, { start, end: before.length - same });
    const title = fixes === 1 ? 'apply the one safe fix' : `apply all ${fixes} safe fixes`;
    return [{ title, kind: FIX_ALL, edit: this.editOf(document, [{ range, newText }]) }];
  }

  private ignoreOf(found: Found, { document, options }: Checked): CodeAction[] {
    const path = pathOf(document.uri);
    const { rule, path: pointer } = found.finding;
    if (!options || path === undefined || rule === 'OCI001' || !this.client.takesVersions) return [];
    const file = this.workspace.configFileOf(path);
    const uri = pathToFileURL(file).href;
    const isThere = existsSync(file);
    if (!isThere && !this.client.makesFiles) return [];
    const target = this.open(uri) ?? TextDocument.create(uri, 'json', 0, isThere ? readFileSync(file, 'utf8') : '{}\n');
    const ignore = { rule, ...(pointer !== '' && { path: pointer }), reason: 'say why' };
    const formattingOptions = { insertSpaces: true, tabSize: 2, insertFinalNewline: true };
    // An array that is not there yet comes with it.
    const ignores = member(parseTree(target.getText()).root, 'ignores');
    const where = ignores ? ['ignores', ignores.children.length] : ['ignores'];
    const value = ignores ? ignore : [ignore];
    const changes = modify(target.getText(), where, value, { formattingOptions, isArrayInsertion: true });
    const edits = changes.map(({ offset, length, content }) => ({
      range: rangeOf(target, { start: offset, end: offset + length }),
      newText: content,
    }));
    const version = this.open(uri)?.version ?? null;
    const edit: TextDocumentEdit = { textDocument: { uri, version }, edits };
    const create = { kind: 'create' as const, uri, options: { ignoreIfExists: true } };
    const start = { line: 0, character: 0 };
    const text = TextDocument.applyEdits(target, edits);
    const written = { textDocument: { uri, version }, edits: [{ range: { start, end: start }, newText: text }] };
    return [
      {
        title: `ignore ${rule} here (.orlop.json)`,
        kind: CodeActionKind.QuickFix,
        diagnostics: [this.diagnosticOf(found, document)],
        edit: { documentChanges: isThere ? [edit] : [create, written] },
      },
    ];
  }

  private diagnosticOf(found: Found, document: TextDocument) {
    return diagnosticOf(found, document, this.workspace.rules.get(found.finding.rule), this.client.takesRelated);
  }

  private editOf({ uri, version }: TextDocument, edits: TextEdit[]): WorkspaceEdit {
    if (!this.client.takesVersions) return { changes: { [uri]: edits } };
    return { documentChanges: [{ textDocument: { uri, version }, edits }] };
  }
}

const FIX_ALL = `${CodeActionKind.SourceFixAll}.orlop`;

function overlaps(one: Span, other: Span): boolean {
  return one.start <= other.end && other.start <= one.end;
}
