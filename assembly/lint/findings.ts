import { NONE } from '../json/document';
import { Diagnostic, Report, Severity } from '../report';
import { ruleNumber } from '../rules';
import { Options } from './options';

/** The findings that the options ask for, with the severities that they give. */
export class Findings extends Report {
  /** While the translator has its say: what orlop does not carry out is of interest to its own users only. */
  hidesUnsupported: bool = false;
  /** How many were there before the rules had their turn. */
  private foreign: i32 = 0;

  constructor(private options: Options) {
    super();
  }

  /** What the reader and the translator have found; from now on it is the rules' turn. */
  foreignFindings(): Diagnostic[] {
    this.foreign = this.findings.length;
    return this.findings.slice(0);
  }

  /** The findings of one rule so far. */
  of(rule: string): Diagnostic[] {
    const found: Diagnostic[] = [];
    for (let index = 0; index < this.findings.length; index++) {
      if (this.findings[index].rule == rule) found.push(this.findings[index]);
    }
    return found;
  }

  /** A finding of a rule, at a value. If the translator has found the same, this is its finding. */
  found(rule: string, node: i32, message: string, help: string): Diagnostic {
    for (let index = 0; index < this.foreign; index++) {
      const finding = this.findings[index];
      if (finding.node == node && finding.rule == rule) return finding;
    }
    return this.addNode(Severity.ERROR, rule, node, message, help);
  }

  /** The same about the key of a member. */
  foundAtKey(rule: string, member: i32, message: string, help: string): Diagnostic {
    const document = this.document!;
    const start = document.keyStart(member);
    const finding = new Diagnostic(Severity.ERROR, rule, member, start, document.keyEnd(start), message, help);
    this.add(finding);
    return finding;
  }

  /** Takes a finding back. */
  drop(finding: Diagnostic): void {
    const index = this.findings.indexOf(finding);
    if (index < 0) return;
    this.findings.splice(index, 1);
    if (index < this.foreign) this.foreign--;
    if (finding.severity == Severity.ERROR) this.errorCount--;
    if (finding.severity == Severity.WARNING) this.warningCount--;
  }

  override omits(rule: string, severity: Severity): bool {
    return !this.options.isOn(rule) || super.omits(rule, severity);
  }

  protected override add(finding: Diagnostic): void {
    const level = this.options.level(finding.rule);
    if (level == 0 || (this.hidesUnsupported && finding.rule == 'OCI802') || this.isIgnored(finding)) return;
    finding.severity = level;
    super.add(finding);
  }

  private isIgnored(finding: Diagnostic): bool {
    const ignores = this.options.ignores;
    if (ignores.length == 0) return false;
    const number = ruleNumber(finding.rule);
    let pointer = '';
    let isIgnored = false;
    for (let index = 0; index < ignores.length; index++) {
      const ignore = ignores[index];
      if (ignore.rule != number) continue;
      if (pointer == '' && finding.node != NONE) pointer = this.document!.pointer(finding.node);
      if (!ignore.covers(pointer)) continue;
      ignore.isUsed = true;
      isIgnored = true;
    }
    return isIgnored;
  }
}
