import {
  type CompletionItem,
  CompletionItemKind,
  CompletionItemTag,
  InsertTextFormat,
  InsertTextMode,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Completion } from '../../editor/completion.ts';
import { linkedReference } from '../../editor/hover.ts';
import type { Client } from './client.ts';
import { rangeOf } from './range.ts';

export function itemOf(completion: Completion, index: number, document: TextDocument, client: Client): CompletionItem {
  const { label, kind, detail, about, reference, insertion, isDeprecated, isRequired, comma } = completion;
  const replaced = document.getText().slice(completion.start, completion.end);
  const words = [about, reference && linkedReference(reference)].filter((one) => one).join('\n\n');
  return {
    label,
    kind: kind === 'key' ? CompletionItemKind.Field : CompletionItemKind.Value,
    ...(detail !== undefined && { detail: isRequired ? `${detail}, required` : detail }),
    ...(words !== '' && { documentation: client.markup(words) }),
    ...(isDeprecated && { tags: [CompletionItemTag.Deprecated] }),
    // In the order of the spec, what is required first.
    sortText: `${isRequired ? 0 : 1}${String(index).padStart(4, '0')}`,
    // What is written so far is compared with this, quotes and all.
    filterText: replaced.startsWith('"') ? JSON.stringify(label) : label,
    insertTextFormat: client.takesSnippets ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
    ...(client.adjustsIndentation && { insertTextMode: InsertTextMode.adjustIndentation }),
    textEdit: {
      range: rangeOf(document, completion),
      newText: client.takesSnippets ? insertion.snippet : insertion.text,
    },
    ...(comma !== undefined && {
      additionalTextEdits: [{ range: rangeOf(document, { start: comma, end: comma }), newText: ',' }],
    }),
  };
}
