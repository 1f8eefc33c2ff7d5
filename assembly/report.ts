import { Document, NONE } from './json/document';
import { Writer } from './json/writer';
import { ruleName } from './rules';

/** Numbers that someone may have stored: add at the end, never change a meaning. */
export enum Severity {
  ERROR = 1,
  WARNING = 2,
  INFO = 3,
}

/** One finding: a rule, a place, what is wrong with what was seen, and what to do about it ('' for nothing to say). */
export class Diagnostic {
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
}

/** More than these would be read by nobody, and a hostile document must not make them fill the memory. */
const MAX_FINDINGS = 1000;

/** The findings of one document. Nothing stops at the first: whoever reports goes on. Those beyond the limit count only. */
export class Report {
  errorCount: i32 = 0;
  warningCount: i32 = 0;
  document: Document | null = null;
  private findings: Diagnostic[] = [];

  error(rule: string, node: i32, message: string, help: string): void {
    this.addNode(Severity.ERROR, rule, node, message, help);
  }

  warning(rule: string, node: i32, message: string, help: string): void {
    this.addNode(Severity.WARNING, rule, node, message, help);
  }

  /** True, but nothing that anybody has to know at each start. */
  info(rule: string, node: i32, message: string, help: string): void {
    this.addNode(Severity.INFO, rule, node, message, help);
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

  warningAtMember(rule: string, node: i32, start: i32, message: string, help: string): void {
    this.add(new Diagnostic(Severity.WARNING, rule, node, start, this.document!.start(node), message, help));
  }

  /** By position; findings of one place stay in the order in which they were made. */
  sorted(): Diagnostic[] {
    const order = this.findings.slice(0);
    order.sort((left, right) => left.start - right.start);
    return order;
  }

  /** Whoever has many findings may then save himself the messages, and call omitError() or omitWarning(). */
  get isFull(): bool {
    return this.findings.length > MAX_FINDINGS;
  }

  omitError(): void {
    this.errorCount++;
    // The last finding stands for all that are not listed, so it is as severe as the worst of them.
    this.findings[MAX_FINDINGS].severity = Severity.ERROR;
  }

  omitWarning(): void {
    this.warningCount++;
  }

  private addNode(severity: Severity, rule: string, node: i32, message: string, help: string): void {
    const document = this.document;
    const start = document && node != NONE ? document.start(node) : 0;
    const end = document && node != NONE ? document.end(node) : 0;
    this.add(new Diagnostic(severity, rule, node, start, end, message, help));
  }

  private add(finding: Diagnostic): void {
    if (this.findings.length < MAX_FINDINGS) {
      if (finding.severity == Severity.ERROR) this.errorCount++;
      if (finding.severity == Severity.WARNING) this.warningCount++;
      this.findings.push(finding);
      return;
    }
    if (!this.isFull) this.findings.push(tooMany());
    if (finding.severity == Severity.ERROR) this.omitError();
    if (finding.severity == Severity.WARNING) this.omitWarning();
  }
}

/** Stands at the end of the document. A thousand keys that runtimes ignore are no error yet. */
function tooMany(): Diagnostic {
  const end = i32.MAX_VALUE;
  const message = `more than ${MAX_FINDINGS} findings: the rest is not listed`;
  return new Diagnostic(Severity.WARNING, 'OCI016', NONE, end, end, message, '');
}

/** A JSON array of findings, sorted by position. */
export function writeDiagnostics(writer: Writer, document: Document, report: Report): void {
  writer.beginArray();
  const findings = report.sorted();
  for (let index = 0; index < findings.length; index++) {
    const finding = findings[index];
    const start = min(finding.start, document.length);
    const end = min(finding.end, document.length);
    writer.beginObject();
    writer.field('rule', finding.rule);
    writer.field('name', ruleName(finding.rule));
    writer.field('severity', severityName(finding.severity));
    writer.field('message', finding.message);
    if (finding.help != '') writer.field('help', finding.help);
    writer.field('path', finding.node == NONE ? '' : document.pointer(finding.node));
    writer.fieldInteger('line', document.line(start));
    writer.fieldInteger('column', document.column(start));
    writer.fieldInteger('endLine', document.line(end));
    writer.fieldInteger('endColumn', document.column(end));
    writer.endObject();
  }
  writer.endArray();
}

function severityName(severity: Severity): string {
  return severity == Severity.ERROR ? 'error' : severity == Severity.WARNING ? 'warning' : 'info';
}
