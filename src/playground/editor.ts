import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic as Mark, nextDiagnostic, previousDiagnostic, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import type { ChangeSpec, Text } from '@codemirror/state';
import {
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view';
import { classHighlighter } from '@lezer/highlight';
import type { Diagnostic, Edit, Fix } from '../spec/types.ts';
import { make } from './dom.ts';
import { markedLines, markLines } from './marked-lines.ts';

/** Where a finding or a step is, from 1 as everywhere in orlop. */
export interface Range {
  line: number;
  column: number;
  endLine?: number;
  endColumn?: number;
}

export interface EditorOptions {
  parent: HTMLElement;
  /** What a screen reader calls it. */
  label: string;
  /** The editor may add elements of style that have it. */
  nonce: string;
  text: string;
  changed: () => void;
}

/**
 * A text with its findings. Everything that changes the text is one change of the editor: Ctrl+Z takes it back.
 *
 * Colours and sizes are in style.css, by the names of CodeMirror's classes.
 */
export class Editor {
  private readonly view: EditorView;
  private findings: readonly Diagnostic[] = [];

  constructor({ parent, label, nonce, text, changed }: EditorOptions) {
    this.view = new EditorView({
      parent,
      doc: text,
      extensions: [
        EditorView.cspNonce.of(nonce),
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        placeholder('Paste a config here, or open one'),
        lineNumbers(),
        foldGutter(),
        markedLines(),
        history(),
        json(),
        indentOnInput(),
        bracketMatching(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        highlightSelectionMatches(),
        search({ top: true }),
        syntaxHighlighting(classHighlighter),
        // The Tab key is not among them: it goes on to the next control, as everywhere.
        keymap.of([
          { key: 'F8', run: nextDiagnostic, shift: previousDiagnostic },
          { key: 'Mod-.', run: () => this.fixAtCursor() },
          ...defaultKeymap,
          ...historyKeymap,
          ...searchKeymap,
          ...foldKeymap,
        ]),
        EditorView.updateListener.of((update) => update.docChanged && changed()),
      ],
    });
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  /** Replaces what is different, so that the cursor and the scrolled place stay. */
  set text(wanted: string) {
    // As the editor keeps it: one newline for each kind of line end.
    const [before, after] = [this.text, wanted.replace(/\r\n?/g, '\n')];
    const shorter = Math.min(before.length, after.length);
    let from = 0;
    while (from < shorter && before[from] === after[from]) from++;
    let tail = 0;
    while (tail < shorter - from && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
    const insert = after.slice(from, after.length - tail);
    this.change([{ from, to: before.length - tail, insert }]);
  }

  /** Another document, seen from its start. */
  open(text: string): void {
    this.view.dispatch({
      changes: { from: 0, to: this.view.state.doc.length, insert: text },
      selection: { anchor: 0 },
      effects: EditorView.scrollIntoView(0),
      userEvent: 'input',
    });
  }

  apply(fix: Fix): void {
    const { doc } = this.view.state;
    this.change(fix.edits.map((edit: Edit) => ({ ...span(doc, edit), insert: edit.text })));
  }

  /** Shows findings at their places. */
  mark(findings: readonly Diagnostic[]): void {
    this.findings = findings;
    const { doc } = this.view.state;
    const marks = findings.map((finding) => this.toMark(doc, finding));
    this.view.dispatch(setDiagnostics(this.view.state, marks), { effects: markLines(doc, findings) });
  }

  /** Takes the reader there. */
  goTo(range: Range): void {
    const { from, to } = span(this.view.state.doc, range);
    this.view.dispatch({
      selection: { anchor: from, head: Math.max(from, Math.min(to, this.view.state.doc.lineAt(from).to)) },
      effects: EditorView.scrollIntoView(from, { y: 'center' }),
    });
    this.view.focus();
  }

  focus(): void {
    this.view.focus();
  }

  private change(changes: ChangeSpec): void {
    this.view.dispatch({ changes, userEvent: 'input.fix' });
  }

  private fixAtCursor(): boolean {
    const { doc, selection } = this.view.state;
    const { from, to } = selection.main;
    const found = this.findings.find((finding) => {
      const place = span(doc, finding);
      return finding.fix !== undefined && place.from <= to && from <= place.to;
    });
    if (found?.fix) this.apply(found.fix);
    return found !== undefined;
  }

  /** A finding about a block is marked on its first line only: nobody reads a page that is underlined. */
  private toMark(doc: Text, finding: Diagnostic): Mark {
    const { from, to } = span(doc, finding);
    const { fix, help, severity } = finding;
    return {
      from,
      to: Math.min(to, doc.lineAt(from).to),
      severity,
      message: finding.message,
      renderMessage: () =>
        make('div', {}, make('p', {}, finding.message), help !== undefined && make('p', { className: 'help' }, help)),
      actions: fix ? [{ name: fix.title, apply: () => this.apply(fix) }] : [],
    };
  }
}

/** Offsets of a range; what is beyond the text is its end. */
function span(doc: Text, { line, column, endLine = line, endColumn = column }: Range): { from: number; to: number } {
  const offset = (at: number, by: number): number => {
    const { from, to } = doc.line(Math.max(1, Math.min(at, doc.lines)));
    return Math.min(from + by - 1, to);
  };
  const from = offset(line, column);
  return { from, to: Math.max(from, offset(endLine, endColumn)) };
}
