import type { Range } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Span } from '../../editor/tree.ts';

/** UTF-16 on both sides, as every client has to take it: documents of the library count in nothing else. */
export function rangeOf(document: TextDocument, { start, end }: Span): Range {
  return { start: document.positionAt(start), end: document.positionAt(Math.max(end, start)) };
}
