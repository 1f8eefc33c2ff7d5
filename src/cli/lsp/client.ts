import { type ClientCapabilities, InsertTextMode, type MarkupContent, MarkupKind } from 'vscode-languageserver/node';

/** What the editor at the other end can take. */
export class Client {
  readonly takesSnippets: boolean;
  readonly adjustsIndentation: boolean;
  readonly takesRelated: boolean;
  /** Whether symbols may have children. */
  readonly takesTrees: boolean;
  /** Whether an edit may say for which version of a document it is, and make a file. */
  readonly takesVersions: boolean;
  readonly makesFiles: boolean;
  /** Whether it tells of files that change. */
  readonly watchesFiles: boolean;
  private readonly takesMarkdown: boolean;

  constructor({ textDocument, workspace }: ClientCapabilities) {
    const item = textDocument?.completion?.completionItem;
    const formats = [...(textDocument?.hover?.contentFormat ?? []), ...(item?.documentationFormat ?? [])];
    this.takesSnippets = item?.snippetSupport === true;
    this.adjustsIndentation = item?.insertTextModeSupport?.valueSet.includes(InsertTextMode.adjustIndentation) === true;
    this.takesRelated = textDocument?.publishDiagnostics?.relatedInformation === true;
    this.takesTrees = textDocument?.documentSymbol?.hierarchicalDocumentSymbolSupport === true;
    this.takesVersions = workspace?.workspaceEdit?.documentChanges === true;
    this.makesFiles = workspace?.workspaceEdit?.resourceOperations?.includes('create') === true;
    this.watchesFiles = workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    this.takesMarkdown = formats.includes(MarkupKind.Markdown);
  }

  markup(markdown: string): MarkupContent {
    if (this.takesMarkdown) return { kind: MarkupKind.Markdown, value: markdown };
    const plain = markdown.replaceAll(/\*\*|`/g, '').replaceAll(/\[([^\]]*)\]\(([^)]*)\)/g, '$1: $2');
    return { kind: MarkupKind.PlainText, value: plain };
  }
}
