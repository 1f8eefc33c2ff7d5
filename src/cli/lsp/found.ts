// What the linter finds in a document that is open, with its places as an editor counts them.

import type { TextDocument } from 'vscode-languageserver-textdocument';
import { repair } from '../../editor/repair.ts';
import type { Tree } from '../../editor/tree.ts';
import type { Linter } from '../../spec/linter.ts';
import type { Diagnostic, LintOptions, Related } from '../../spec/types.ts';

/** A finding from one offset to another, in UTF-16 code units; so are the edits of its fix. */
export interface Found {
  finding: Diagnostic;
  start: number;
  end: number;
  related: { message: string; start: number; end: number }[];
  fix?: { title: string; isSafe: boolean; edits: { start: number; end: number; text: string }[] };
}

const encoder = new TextEncoder();

/** Of what is not JSON, the fault and what is found in the rest; without fixes, which would be for another text. */
export function find(linter: Linter, document: TextDocument, tree: () => Tree, options: LintOptions): Found[] {
  const text = document.getText();
  const { diagnostics } = linter.lint(encoder.encode(text), options);
  const found = locate(diagnostics, text);
  if (!diagnostics.some(({ rule }) => rule === 'OCI001')) return found;
  const repaired = repair(tree());
  if (!repaired) return found;
  const rest = linter.lint(encoder.encode(repaired.text), options).diagnostics;
  const known = rest.filter(({ rule, path }) => rule !== 'OCI001' && !repaired.unfinished.has(path));
  const moved = known.map(({ fix: _fix, ...finding }): Found => {
    // It has one line.
    const place = ({ column, endColumn }: Related | Diagnostic): { start: number; end: number } => ({
      start: repaired.original(column - 1),
      // The last of it, and one more: what is next may be far away.
      end: endColumn > column ? repaired.original(endColumn - 2) + 1 : repaired.original(column - 1),
    });
    const related = (finding.related ?? []).map((one) => ({ message: one.message, ...place(one) }));
    return { finding, ...place(finding), related };
  });
  return [...found, ...moved];
}

type Place = Pick<Diagnostic, 'line' | 'column' | 'endLine' | 'endColumn'>;

/** Lines are the linter's own: they end with a newline, and a byte order mark has no column. */
export function locate(diagnostics: readonly Diagnostic[], text: string): Found[] {
  if (diagnostics.length === 0) return [];
  const starts = [text.startsWith('\uFEFF') ? 1 : 0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const offset = (line: number, column: number): number => (starts[line - 1] ?? text.length) + column - 1;
  const span = ({ line, column, endLine, endColumn }: Place): { start: number; end: number } => ({
    start: offset(line, column),
    end: offset(endLine, endColumn),
  });
  return diagnostics.map((finding): Found => {
    const { related = [], fix } = finding;
    const located: Found = {
      finding,
      ...span(finding),
      related: related.map((one) => ({ message: one.message, ...span(one) })),
    };
    if (!fix) return located;
    const edits = fix.edits.map((edit) => {
      // A byte order mark is three bytes in no column.
      const isMark = edit.start === 0 && starts[0] === 1;
      if (isMark) located.start = 0;
      return { ...span(edit), ...(isMark && { start: 0 }), text: edit.text };
    });
    return { ...located, fix: { title: fix.title, isSafe: fix.safe, edits } };
  });
}
