import { type DocumentSymbol, type SymbolInformation, SymbolKind } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Section } from '../../editor/outline.ts';
import { rangeOf } from './range.ts';

const KINDS = {
  object: SymbolKind.Object,
  array: SymbolKind.Array,
  string: SymbolKind.String,
  number: SymbolKind.Number,
  boolean: SymbolKind.Boolean,
  null: SymbolKind.Null,
} as const;

export function symbolsOf(sections: Section[], document: TextDocument): DocumentSymbol[] {
  return sections.map((section) => ({
    // Empty names are against the protocol.
    name: section.name || '""',
    detail: section.detail,
    kind: KINDS[section.kind],
    range: rangeOf(document, section),
    selectionRange: rangeOf(document, section.selection),
    children: symbolsOf(section.children, document),
  }));
}

/** For clients that take a list only. */
export function listed(symbols: DocumentSymbol[], uri: string, container?: string): SymbolInformation[] {
  return symbols.flatMap(({ name, kind, range, children }) => [
    { name, kind, location: { uri, range }, ...(container !== undefined && { containerName: container }) },
    ...listed(children ?? [], uri, name),
  ]);
}
