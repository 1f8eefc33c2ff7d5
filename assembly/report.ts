import { Document, NONE } from './json/document';
import { Writer } from './json/writer';
import { ruleName } from './rules';

/** Numbers that someone may have stored: add at the end, never change a meaning. */
export enum Severity {
  ERROR = 1,
  WARNING = 2,
  INFO = 3,
}

/** Another place that a finding speaks of, and what is there: "first limited here". */
export class Related {
  constructor(
    public node: i32,
    public text: string,
  ) {}
}

/** Text for the bytes from `start` to before `end`. */
export class Edit {
  constructor(
    public start: i32,
    public end: i32,
    public text: string,
  ) {}
}

/**
 * What makes a finding go away. A safe one changes nothing about a container that starts as the config is now: it says
 * what has no effect, or makes one start that does not. All others somebody has to look at.
 */
export class Fix {
  /** In the order of the document, none overlapping another. */
  edits: Edit[] = [];

  constructor(
    /** What it does, for a menu: `add "rbind" to options`. */
    public title: string,
    public isSafe: bool,
  ) {}
}

/** One finding: a rule, a place, what is wrong with what was seen, and what to do about it ('' for nothing to say). */
export class Diagnostic {
  /** The name of the spec that was probably meant, '' if there is none. */
  meant: string = '';
  related: Related[] = [];
  fix: Fix | null = null;

  constructor(
    public severity: Severity,
    /** `OCI302` */
    public rule: string,
    /** The value that the finding is about, or NONE where the document is no JSON. */
    public node: i32,
    /** Byte range. */
    public start: i32,
    public end: i32,
    public message: string,
    public help: string,
  ) {}

  relate(node: i32, text: string): Diagnostic {
    this.related.push(new Related(node, text));
    return this;
  }
}

/** More than these would be read by nobody, and a hostile document must not make them fill the memory. */
const MAX_FINDINGS = 1000;

/** The findings of one document. Nothing stops at the first: whoever reports goes on. Those beyond the limit count only. */
export class Report {
  errorCount: i32 = 0;
  warningCount: i32 = 0;
  document: Document | null = null;
  protected findings: Diagnostic[] = [];

  error(rule: string, node: i32, message: string, help: string): Diagnostic {
    return this.addNode(Severity.ERROR, rule, node, message, help);
  }

  warning(rule: string, node: i32, message: string, help: string): Diagnostic {
    return this.addNode(Severity.WARNING, rule, node, message, help);
  }

  /** True, but nothing that anybody has to know at each start. */
  info(rule: string, node: i32, message: string, help: string): void {
    if (!this.isForeign(node)) this.addNode(Severity.INFO, rule, node, message, help);
  }

  /** Where there is no node: a place in the bytes. */
  errorAt(rule: string, start: i32, end: i32, message: string, help: string): void {
    this.add(new Diagnostic(Severity.ERROR, rule, NONE, start, end, message, help));
  }

  warningAt(rule: string, start: i32, end: i32, message: string, help: string): void {
    this.add(new Diagnostic(Severity.WARNING, rule, NONE, start, end, message, help));
  }

  /** About a member's key rather than its value. */
  errorAtMember(rule: string, node: i32, start: i32, message: string, help: string): void {
    this.add(new Diagnostic(Severity.ERROR, rule, node, start, this.document!.start(node), message, help));
  }

  warningAtMember(rule: string, node: i32, start: i32, message: string, help: string): Diagnostic {
    const end = this.document!.start(node);
    const finding = new Diagnostic(Severity.WARNING, rule, node, start, end, message, help);
    this.add(finding);
    return finding;
  }

  /** By position; findings of one place stay in the order in which they were made. */
  sorted(): Diagnostic[] {
    const order = this.findings.slice(0);
    order.sort((left, right) => left.start - right.start);
    return order;
  }

  /**
   * Whether one more finding of this kind would not be listed. It is counted then, and whoever may have very many of them
   * saves himself the message.
   */
  omits(_rule: string, severity: Severity): bool {
    if (this.findings.length <= MAX_FINDINGS) return false;
    this.omit(severity);
    return true;
  }

  protected addNode(severity: Severity, rule: string, node: i32, message: string, help: string): Diagnostic {
    const document = this.document;
    const isForeign = this.isForeign(node);
    const place = isForeign ? NONE : node;
    const text = isForeign ? `${message} (in the config of the container)` : message;
    const start = document && place != NONE ? document.start(place) : 0;
    const end = document && place != NONE ? document.end(place) : 0;
    const finding = new Diagnostic(severity, rule, place, start, end, text, help);
    this.add(finding);
    return finding;
  }

  /** Of another document: that of the container, to which a process in a document of its own comes. */
  private isForeign(node: i32): bool {
    const document = this.document;
    return document != null && node != NONE && !document.has(node);
  }

  protected add(finding: Diagnostic): void {
    if (this.findings.length < MAX_FINDINGS) {
      if (finding.severity == Severity.ERROR) this.errorCount++;
      if (finding.severity == Severity.WARNING) this.warningCount++;
      this.findings.push(finding);
      return;
    }
    if (this.findings.length == MAX_FINDINGS) this.findings.push(tooMany());
    this.omit(finding.severity);
  }

  private omit(severity: Severity): void {
    if (severity == Severity.WARNING) this.warningCount++;
    if (severity != Severity.ERROR) return;
    this.errorCount++;
    // The last finding stands for all that are not listed, so it is as severe as the worst of them.
    this.findings[MAX_FINDINGS].severity = Severity.ERROR;
  }
}

/** Stands at the end of the document. A thousand keys that runtimes ignore are no error yet. */
function tooMany(): Diagnostic {
  const end = i32.MAX_VALUE;
  const message = `more than ${MAX_FINDINGS} findings: the rest is not listed`;
  return new Diagnostic(Severity.WARNING, 'OCI016', NONE, end, end, message, '');
}

/** A JSON array of findings that are at least so severe, sorted by position. */
export function writeDiagnostics(
  writer: Writer,
  document: Document,
  report: Report,
  least: Severity = Severity.INFO,
): void {
  writer.beginArray();
  const findings = report.sorted();
  for (let index = 0; index < findings.length; index++) {
    if (findings[index].severity <= least) writeDiagnostic(writer, document, findings[index]);
  }
  writer.endArray();
}

function writeDiagnostic(writer: Writer, document: Document, finding: Diagnostic): void {
  writer.beginObject();
  writer.field('rule', finding.rule);
  writer.field('name', ruleName(finding.rule));
  writer.field('severity', severityName(finding.severity));
  writer.field('message', finding.message);
  if (finding.help != '') writer.field('help', finding.help);
  writer.field('path', finding.node == NONE ? '' : document.pointer(finding.node));
  writeRange(writer, document, finding.start, finding.end);
  if (finding.related.length > 0) writeRelated(writer, document, finding.related);
  const fix = finding.fix;
  if (fix) writeFix(writer, document, fix);
  writer.endObject();
}

function writeRelated(writer: Writer, document: Document, related: Related[]): void {
  writer.key('related');
  writer.beginArray();
  for (let index = 0; index < related.length; index++) {
    const node = related[index].node;
    writer.beginObject();
    writer.field('message', related[index].text);
    writer.field('path', document.pointer(node));
    writeRange(writer, document, document.start(node), document.end(node));
    writer.endObject();
  }
  writer.endArray();
}

function writeFix(writer: Writer, document: Document, fix: Fix): void {
  writer.key('fix');
  writer.beginObject();
  writer.field('title', fix.title);
  writer.fieldBoolean('safe', fix.isSafe);
  writer.key('edits');
  writer.beginArray();
  for (let index = 0; index < fix.edits.length; index++) {
    const edit = fix.edits[index];
    writer.beginObject();
    writer.fieldInteger('start', edit.start);
    writer.fieldInteger('end', edit.end);
    writeRange(writer, document, edit.start, edit.end);
    writer.field('text', edit.text);
    writer.endObject();
  }
  writer.endArray();
  writer.endObject();
}

function writeRange(writer: Writer, document: Document, start: i32, end: i32): void {
  const from = min(start, document.length);
  const to = min(end, document.length);
  writer.fieldInteger('line', document.line(from));
  writer.fieldInteger('column', document.column(from));
  writer.fieldInteger('endLine', document.line(to));
  writer.fieldInteger('endColumn', document.column(to));
}

export function severityName(severity: Severity): string {
  return severity == Severity.ERROR ? 'error' : severity == Severity.WARNING ? 'warning' : 'info';
}
