import { Diagnostic, Severity } from '../report';
import { ruleNumber } from '../rules';
import { Context } from './context';

/** Sets of rules, each with all of those before it. */
export enum Preset {
  /** What the spec forbids or the kernel refuses. */
  SPEC = 1,
  /** What is most probably not meant, too. */
  RECOMMENDED = 2,
  /** What gives the container more than most need. */
  HARDENED = 3,
  /** Everything; warnings are errors. */
  STRICT = 4,
  /** Found where the host is known, at a launch or an update: lint never tells of it. */
  HOST = 5,
}

/** What a rule's fixes are: see Fix. */
export enum Fixable {
  NO,
  SAFELY,
  UNSAFELY,
}

/** For people; tests lint the examples, which are merged into a minimal config (RFC 7396) unless they are no JSON. */
export class Explanation {
  constructor(
    /** What is wrong, in one line. */
    public summary: string,
    /** What comes of it. */
    public why: string,
    public bad: string,
    public good: string,
    /** Where the spec, the kernel or a runtime says so. */
    public reference: string,
  ) {}
}

/**
 * One rule. What it tells of is either found by its check(), or has been found before by whoever reads or translates the
 * config; complete() then adds what a launch has no use for.
 */
export abstract class Rule {
  number: i32;

  constructor(
    /** `OCI302` */
    public id: string,
    public severity: Severity,
    /** The smallest that has it. */
    public preset: Preset,
    public fixable: Fixable = Fixable.NO,
  ) {
    this.number = ruleNumber(id);
  }

  abstract explain(): Explanation;

  check(_context: Context): void {}

  /** A finding about a value. */
  protected found(context: Context, node: i32, message: string, help: string): Diagnostic {
    return context.findings.found(this.id, node, message, help);
  }

  /** Related places and a fix for a finding of the reader or the planner; false if it is none after all. */
  complete(_context: Context, _finding: Diagnostic): bool {
    return true;
  }
}
