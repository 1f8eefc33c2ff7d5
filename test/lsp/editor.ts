// An editor as the server sees it: a real client of the protocol, over a real pipe to a real process.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import {
  type ClientCapabilities,
  CodeAction,
  CodeActionRequest,
  type CompletionItem,
  CompletionRequest,
  createProtocolConnection,
  Diagnostic,
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DidSaveTextDocumentNotification,
  DocumentSymbol,
  DocumentSymbolRequest,
  ExitNotification,
  Hover,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  type InitializeResult,
  InsertTextFormat,
  MarkupContent,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  type PublishDiagnosticsParams,
  RegistrationRequest,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type TextDocumentContentChangeEvent,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver-protocol/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Build } from '../system/support/orlop.ts';

export const MODERN: ClientCapabilities = {
  general: { positionEncodings: ['utf-8', 'utf-16'] },
  textDocument: {
    publishDiagnostics: { relatedInformation: true, tagSupport: { valueSet: [1, 2] }, codeDescriptionSupport: true },
    hover: { contentFormat: ['markdown', 'plaintext'] },
    completion: {
      completionItem: {
        snippetSupport: true,
        documentationFormat: ['markdown'],
        insertTextModeSupport: { valueSet: [1, 2] },
      },
    },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
  },
  workspace: {
    workspaceEdit: { documentChanges: true, resourceOperations: ['create'] },
    didChangeWatchedFiles: { dynamicRegistration: true },
  },
};

const PATIENCE = 20_000;

export class Editor {
  readonly child: ChildProcessWithoutNullStreams;
  readonly connection: ProtocolConnection;
  readonly registered: string[] = [];
  readonly logged: string[] = [];
  /** What has been published of each document, oldest first. */
  readonly published: PublishDiagnosticsParams[] = [];
  private stderr = '';
  private readonly documents = new Map<string, TextDocument>();
  private waiting: (() => void)[] = [];

  constructor(build: Build, cwd: string, args: readonly string[] = ['lsp', '--stdio']) {
    const [program, ...first] = build.argv;
    this.child = spawn(program, [...first, ...args], { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr.on('data', (data) => {
      this.stderr += data;
    });
    const { stdin, stdout } = this.child;
    this.connection = createProtocolConnection(new StreamMessageReader(stdout), new StreamMessageWriter(stdin));
    this.connection.onNotification(PublishDiagnosticsNotification.type, (params) => {
      expectAll(params.diagnostics, Diagnostic.is);
      this.published.push(params);
      for (const wake of this.waiting.splice(0)) wake();
    });
    this.connection.onNotification('window/logMessage', ({ message }: { message: string }) => {
      this.logged.push(message);
    });
    this.connection.onRequest(RegistrationRequest.type, ({ registrations }) => {
      this.registered.push(...registrations.map(({ method }) => method));
    });
    this.connection.onClose(() => {});
    this.connection.onError(() => {});
    this.connection.listen();
  }

  async initialize(capabilities: ClientCapabilities = MODERN): Promise<InitializeResult> {
    const result = await this.connection.sendRequest(InitializeRequest.type, {
      processId: process.pid,
      rootUri: null,
      capabilities,
      workspaceFolders: null,
    });
    await this.connection.sendNotification(InitializedNotification.type, {});
    return result;
  }

  async open(path: string, text: string): Promise<string> {
    const uri = path.includes(':') ? path : pathToFileURL(path).href;
    this.documents.set(uri, TextDocument.create(uri, 'json', 1, text));
    const textDocument = { uri, languageId: 'json', version: 1, text };
    await this.connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument });
    return uri;
  }

  document(uri: string): TextDocument {
    const document = this.documents.get(uri);
    if (!document) throw new Error(`${uri} is not open`);
    return document;
  }

  text(uri: string): string {
    return this.document(uri).getText();
  }

  /** Types something in place of what is from one offset to another. */
  async type(uri: string, start: number, end: number, text: string): Promise<number> {
    const document = this.document(uri);
    const range = { start: document.positionAt(start), end: document.positionAt(end) };
    return this.change(uri, [{ range, text }]);
  }

  async change(uri: string, contentChanges: TextDocumentContentChangeEvent[]): Promise<number> {
    const version = this.document(uri).version + 1;
    this.documents.set(uri, TextDocument.update(this.document(uri), contentChanges, version));
    await this.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version },
      contentChanges,
    });
    return version;
  }

  async save(uri: string): Promise<void> {
    await this.connection.sendNotification(DidSaveTextDocumentNotification.type, { textDocument: { uri } });
  }

  async close(uri: string): Promise<void> {
    this.documents.delete(uri);
    await this.connection.sendNotification(DidCloseTextDocumentNotification.type, { textDocument: { uri } });
  }

  /** What has been published of the version that is open now. */
  async diagnostics(uri: string, since = 0): Promise<Diagnostic[]> {
    const { version } = this.document(uri);
    const isIt = (params: PublishDiagnosticsParams) => params.uri === uri && params.version === version;
    return (await this.next(isIt, since)).diagnostics;
  }

  async next(isIt: (params: PublishDiagnosticsParams) => boolean, since = 0): Promise<PublishDiagnosticsParams> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const found = this.published.slice(since).findLast(isIt);
      if (found) return found;
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no diagnostics came: ${this.stderr}`)), deadline - Date.now());
        this.waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  async hover(uri: string, offset: number): Promise<string | undefined> {
    const position = this.document(uri).positionAt(offset);
    const hover = await this.connection.sendRequest(HoverRequest.type, { textDocument: { uri }, position });
    if (hover === null) return undefined;
    expectAll([hover], Hover.is);
    return (hover.contents as { value: string }).value;
  }

  async complete(uri: string, offset: number): Promise<CompletionItem[]> {
    const position = this.document(uri).positionAt(offset);
    const found = await this.connection.sendRequest(CompletionRequest.type, { textDocument: { uri }, position });
    const items = Array.isArray(found) ? found : (found?.items ?? []);
    for (const { label, documentation, textEdit, insertTextFormat } of items) {
      if (typeof label !== 'string' || label === '') throw new Error('a completion without a label');
      if (documentation !== undefined) expectAll([documentation], MarkupContent.is);
      expectAll([textEdit], TextEdit.is);
      if (textEdit && 'range' in textEdit && textEdit.range.start.line !== textEdit.range.end.line)
        throw new Error('a completion may replace parts of one line only');
      if (insertTextFormat === InsertTextFormat.Snippet) parseSnippet(textEdit?.newText ?? '');
    }
    return items;
  }

  async actions(uri: string, offset: number, only?: string[]): Promise<CodeAction[]> {
    const position = this.document(uri).positionAt(offset);
    const context = { diagnostics: [], ...(only && { only }) };
    const found = await this.connection.sendRequest(CodeActionRequest.type, {
      textDocument: { uri },
      range: { start: position, end: position },
      context,
    });
    const actions = (found ?? []) as CodeAction[];
    expectAll(actions, CodeAction.is);
    for (const { edit } of actions) expectAll([edit], WorkspaceEdit.is);
    return actions;
  }

  async symbols(uri: string): Promise<DocumentSymbol[]> {
    const found = await this.connection.sendRequest(DocumentSymbolRequest.type, { textDocument: { uri } });
    const symbols = (found ?? []) as DocumentSymbol[];
    expectAll(symbols, (one: unknown) => DocumentSymbol.is(one) || 'location' in (one as object));
    return symbols;
  }

  /** The text of a document as an action makes it. */
  applied({ edit }: CodeAction, uri: string, before = this.text(uri)): string {
    const edits = (edit?.documentChanges ?? []).flatMap((change) =>
      'edits' in change && change.textDocument.uri === uri ? (change.edits as TextEdit[]) : [],
    );
    const all = [...edits, ...(edit?.changes?.[uri] ?? [])];
    return TextDocument.applyEdits(TextDocument.create(uri, 'json', 0, before), all);
  }

  /** Says good-bye as the protocol has it; the exit status. */
  async end(): Promise<number | null> {
    await this.connection.sendRequest(ShutdownRequest.type);
    await this.connection.sendNotification(ExitNotification.type);
    return this.exit();
  }

  exit(): Promise<number | null> {
    const { exitCode } = this.child;
    if (exitCode !== null) return Promise.resolve(exitCode);
    return new Promise((resolve) => this.child.once('exit', (code) => resolve(code)));
  }

  /** Of a test that has failed before its end. */
  kill(): void {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    this.connection.dispose();
  }
}

function expectAll<T>(all: readonly T[], is: (one: unknown) => boolean): void {
  for (const one of all) if (!is(one)) throw new Error(`this is not what the protocol says: ${JSON.stringify(one)}`);
}

/** The snippet syntax of the protocol, as far as it is used. */
function parseSnippet(text: string): void {
  const rest = text.replaceAll(/\\[\\$}]|\$\d+|\$\{\d+(?::(?:\\[\\$}]|[^\\$}])*|\|(?:\\[\\,|]|[^\\|])+\|)\}/g, '');
  if (/[$\\]/.test(rest)) throw new Error(`not a snippet: ${text}`);
}
