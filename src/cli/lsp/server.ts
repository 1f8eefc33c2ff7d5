// The language server: what the protocol asks, and who answers. https://microsoft.github.io/language-server-protocol

import {
  CodeActionKind,
  type Connection,
  createConnection,
  DidChangeWatchedFilesNotification,
  type Hover,
  type InitializeResult,
  type Position,
  PositionEncodingKind,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { complete } from '../../editor/completion.ts';
import { hover } from '../../editor/hover.ts';
import { outline } from '../../editor/outline.ts';
import { specModule } from '../../spec/embedded.ts';
import { VERSION } from '../../version.ts';
import { OWN } from '../lint/config-file.ts';
import { Actions } from './actions.ts';
import { Client } from './client.ts';
import { itemOf } from './completions.ts';
import { diagnosticOf } from './diagnostics.ts';
import { rangeOf } from './range.ts';
import { ruleAbout } from './rules.ts';
import { listed, symbolsOf } from './symbols.ts';
import { type Checked, Workspace } from './workspace.ts';

/** Serves one editor over standard input and output; the library ends the process when the editor says so, or is gone. */
export function serve(): Promise<never> {
  const server = new Server(createConnection(process.stdin, process.stdout));
  server.listen();
  return new Promise(() => {});
}

class Server {
  private readonly connection: Connection;
  private readonly documents = new TextDocuments(TextDocument);
  private readonly workspace = new Workspace(specModule());
  private client = new Client({});
  /** Documents that have changed since they were checked. */
  private readonly changed = new Set<string>();

  constructor(connection: Connection) {
    this.connection = connection;
  }

  listen(): void {
    const { connection, documents } = this;
    connection.onInitialize(({ capabilities }) => {
      this.client = new Client(capabilities);
      return SERVED;
    });
    connection.onInitialized(() => this.watch());
    connection.onDidChangeWatchedFiles(() => this.checkAll());

    documents.onDidChangeContent(({ document }) => this.checkSoon(document.uri));
    documents.onDidSave(({ document }) => {
      if (document.uri.endsWith(`/${OWN}`)) this.checkAll();
    });
    documents.onDidClose(({ document: { uri } }) => {
      this.changed.delete(uri);
      this.workspace.forget(uri);
      void connection.sendDiagnostics({ uri, diagnostics: [] });
    });

    connection.onHover(({ textDocument, position }) => this.hover(textDocument.uri, position));
    connection.onCompletion(({ textDocument, position }) => {
      const checked = this.checked(textDocument.uri);
      if (!checked) return [];
      const { document, tree, assistant } = checked;
      const found = complete(assistant, tree, document.offsetAt(position));
      return found.map((one, index) => itemOf(one, index, document, this.client));
    });
    connection.onCodeAction(({ textDocument, range, context }) => {
      const checked = this.checked(textDocument.uri);
      const actions = new Actions(this.workspace, this.client, (uri) => documents.get(uri));
      return checked ? actions.of(checked, range, context.only) : [];
    });
    connection.onDocumentSymbol(({ textDocument: { uri } }) => {
      const checked = this.checked(uri);
      const symbols = checked ? symbolsOf(outline(checked.tree), checked.document) : [];
      return this.client.takesTrees ? symbols : listed(symbols, uri);
    });

    documents.listen(connection);
    connection.listen();
  }

  private hover(uri: string, position: Position): Hover | null {
    const checked = this.checked(uri);
    if (!checked) return null;
    const { document, tree, assistant, found } = checked;
    const offset = document.offsetAt(position);
    const about = hover(assistant, tree, offset);
    const here = found.filter(({ start, end }) => start <= offset && offset <= end && end - start < MOST_HOVERED);
    const rules = new Set(here.flatMap(({ finding }) => this.workspace.rules.get(finding.rule) ?? []));
    const paragraphs = [about?.text, ...[...rules].map(ruleAbout)].filter((one) => one !== undefined);
    if (paragraphs.length === 0) return null;
    const span = about ?? (here[0] as { start: number; end: number });
    return { contents: this.client.markup(paragraphs.join('\n\n---\n\n')), range: rangeOf(document, span) };
  }

  private checked(uri: string): Checked | undefined {
    const document = this.documents.get(uri);
    return document && this.workspace.check(document);
  }

  /** Once for all changes that have arrived by then: a queue of keystrokes must not become a queue of checks. */
  private checkSoon(uri: string): void {
    this.changed.add(uri);
    if (this.changed.size > 1) return;
    setImmediate(() => {
      const uris = [...this.changed];
      this.changed.clear();
      for (const one of uris) this.publish(one);
    });
  }

  private checkAll(): void {
    this.workspace.forget();
    for (const uri of this.documents.keys()) this.checkSoon(uri);
  }

  private publish(uri: string): void {
    const document = this.documents.get(uri);
    if (!document) return;
    try {
      const found = this.workspace.check(document)?.found ?? [];
      const { rules } = this.workspace;
      const diagnostics = found.map((one) =>
        diagnosticOf(one, document, rules.get(one.finding.rule), this.client.takesRelated),
      );
      void this.connection.sendDiagnostics({ uri, version: document.version, diagnostics });
    } catch (error) {
      this.connection.console.error(`${uri} could not be checked: ${(error as Error).message}`);
    }
  }

  private watch(): void {
    if (!this.client.watchesFiles) return;
    const watchers = [{ globPattern: `**/${OWN}` }, { globPattern: '**/package.json' }];
    void this.connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
  }
}

/** A finding that is about half of the document is told in the list, not at every key. */
const MOST_HOVERED = 400;

const SERVED: InitializeResult = {
  serverInfo: { name: 'orlop', version: VERSION },
  capabilities: {
    positionEncoding: PositionEncodingKind.UTF16,
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
    hoverProvider: true,
    completionProvider: { triggerCharacters: ['"', ':'] },
    codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, `${CodeActionKind.SourceFixAll}.orlop`] },
    documentSymbolProvider: true,
  },
};
