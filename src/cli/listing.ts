// The system calls of a plan, row by row, as orlop plan --calls prints them.

import type { Plan, Row } from '../spec/types.ts';

export interface Listed {
  plan: Plan;
  rows: Row[];
}

/** The step that rows belong to stands above the first of them. */
export function listing(listed: Listed): string {
  const lines = linesOf(listed).flatMap(({ row, text, isHeading }) => {
    if (isHeading) return ['', text];
    return row === undefined ? `         ${text}` : `${String(row).padStart(5)}  ${text}`;
  });
  return `${lines.join('\n').trimStart()}\n`;
}

export interface Line {
  /** Absent for what a row is about in detail. */
  row?: number;
  text: string;
  isHeading: boolean;
}

export function linesOf({ plan, rows }: Listed, withPlaces = true): Line[] {
  const lines: Line[] = [];
  let current: number | undefined = -1;
  for (const { row, text, step, detail = [] } of rows) {
    if (step !== current) {
      const owner = step === undefined ? undefined : plan.steps[step];
      const place = withPlaces && owner?.path ? `  ${owner.path}:${owner.line}` : '';
      lines.push({ text: `# ${owner ? `${owner.text}${place}` : 'a failure'}`, isHeading: true });
    }
    current = step;
    lines.push({ row, text, isHeading: false });
    for (const line of detail) lines.push({ text: line, isHeading: false });
  }
  return lines;
}
