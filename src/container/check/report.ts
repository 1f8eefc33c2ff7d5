import type { Diagnostic, Place } from '../../spec/types.ts';

/** A check that has found nothing. */
export interface Fine {
  what: string;
  path?: string;
}

/** What has no number among the rules: it depends on the host alone. */
const RULE = 'HOST';

/** Collects what the checks say. A finding has the shape of lint's. */
export class HostReport {
  readonly findings: Diagnostic[] = [];
  readonly fine: Fine[] = [];

  /** It will fail. */
  stops(name: string, place: Place, message: string, help: string, rule = RULE): void {
    this.add('error', name, place, message, help, rule);
  }

  /** It may fail, or is not as it should be. */
  doubts(name: string, place: Place, message: string, help: string, rule = RULE): void {
    this.add('warning', name, place, message, help, rule);
  }

  passes(what: string, place: Place = {}): void {
    this.fine.push({ what, ...(place.path === undefined ? {} : { path: place.path }) });
  }

  /** From the config's beginning to its end. */
  get sorted(): Diagnostic[] {
    return this.findings.toSorted((left, right) => left.line - right.line || left.column - right.column);
  }

  private add(
    severity: Diagnostic['severity'],
    name: string,
    { path = '', line = 1, column = 1 }: Place,
    message: string,
    help: string,
    rule: string,
  ): void {
    const range = { line, column, endLine: line, endColumn: column };
    this.findings.push({ rule, name, severity, message, help, path, ...range });
  }
}
