// Two listings side by side, as orlop plan --diff --calls prints them.

import { diffArrays } from 'diff';
import { type Line, type Listed, linesOf } from './listing.ts';

/** A jump goes to a row by its number, which any row before it changes. */
const TARGET = /→ \d+/g;

/** So many lines around a change are shown, as in a unified diff. */
const CONTEXT = 2;

/**
 * The two listings aligned, `-` and `+` for what only the first and the second has, in between only what is near. The
 * numbers are those of the rows. Empty if they are the same.
 */
export function listingDiff(before: Listed, after: Listed): string {
  const old = linesOf(before, false);
  const now = linesOf(after, false);
  const parts = diffArrays(old, now, { comparator: (left, right) => keyOf(left) === keyOf(right) });
  const marked: { mark: string; line: Line; heading: string }[] = [];
  let heading = '';
  for (const { value, added, removed } of parts) {
    for (const line of value) {
      if (line.isHeading) heading = line.text;
      marked.push({ mark: added ? '+' : removed ? '-' : ' ', line, heading });
    }
  }
  if (!marked.some(({ mark }) => mark !== ' ')) return '';
  const near = marked.map((_, index) =>
    marked.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ mark }) => mark !== ' '),
  );
  const lines: string[] = [];
  let shown = '';
  marked.forEach(({ mark, line, heading: owner }, index) => {
    if (!near[index]) return;
    if (line.isHeading) shown = line.text;
    else if (owner !== shown) {
      lines.push('', `  ${owner}`);
      shown = owner;
    }
    if (line.isHeading) lines.push('', `${mark} ${line.text}`);
    else lines.push(`${mark}${line.row === undefined ? '     ' : String(line.row).padStart(5)}  ${line.text}`);
  });
  return `${lines.join('\n').trimStart()}\n`;
}

function keyOf({ text, isHeading }: Line): string {
  return isHeading ? text : text.replace(TARGET, '→');
}
