import type { Diagnostic, Rule } from '../../spec/types.ts';

/** A file and what has been found in it: a config, or a config file of the linter. */
export interface LintedFile {
  /** As the command line names it; `-` is standard input. */
  file: string;
  /** After --fix, as it is then. */
  content: Buffer;
  diagnostics: Diagnostic[];
}

export interface Report {
  files: LintedFile[];
  /** How many --fix has applied, or would apply. */
  fixes: number;
  isDry: boolean;
  isColored: boolean;
  /** All there are. */
  rules(): Rule[];
}

/** A way to write a report: the default export of each file in formats/. */
export type Format = (report: Report) => string;

export type Severity = Diagnostic['severity'];

export function count(files: readonly LintedFile[], severity: Severity): number {
  let sum = 0;
  for (const { diagnostics } of files) for (const finding of diagnostics) if (finding.severity === severity) sum++;
  return sum;
}

/** What files are called where `-` would be taken for one. */
export const nameOf = (file: string): string => (file === '-' ? 'stdin' : file);

/** The lines of a file that has findings. */
export const linesOf = ({ content }: LintedFile): string[] => content.toString('utf8').split('\n');
