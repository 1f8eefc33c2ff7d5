// Changes between two configs, as orlop plan --diff prints them.

import type { Change, Effect } from '../spec/diff.ts';

const HEADINGS: Readonly<Record<Effect, string>> = {
  gains: 'The container gains',
  changes: 'It is different in',
  loses: 'It loses',
};

const MARKS: Readonly<Record<Effect, string>> = { gains: '+', changes: '~', loses: '-' };

/** What stands beside text that is longer goes to the next line. */
const WIDEST = 76;

/**
 *     old.json → new.json
 *
 *     The container gains
 *     + privilege  gains CAP_SYS_ADMIN   17 → 18 /process/capabilities
 */
export function changesText(changes: Change[], before: string, after: string): string {
  if (changes.length === 0) return 'No change in what the container may do, or how it runs.\n';
  const areas = Math.max(...changes.map(({ area }) => area.length));
  const width = Math.min(WIDEST, Math.max(...changes.map(({ text }) => text.length)));
  const groups = (['gains', 'changes', 'loses'] as const).map((effect) => {
    const lines = changes
      .filter((change) => change.effect === effect)
      .map((change) => {
        const start = `${MARKS[effect]} ${change.area.padEnd(areas)}  `;
        const place = placeText(change);
        if (place === '') return `${start}${change.text}`;
        if (change.text.length <= width) return `${start}${change.text.padEnd(width)}  ${place}`;
        return `${start}${change.text}\n${' '.repeat(start.length)}${place}`;
      });
    return lines.length > 0 ? `${HEADINGS[effect]}\n${lines.join('\n')}\n` : '';
  });
  return [`${before} → ${after}\n`, ...groups].filter((group) => group !== '').join('\n');
}

/** Lines of both files, and what they are about. */
function placeText({ before, after }: Change): string {
  const pointers = [...new Set([before?.path, after?.path].filter((path) => path !== undefined))].join(' → ');
  const lines = [before?.line, after?.line];
  if (lines.every((line) => line === undefined)) return pointers;
  return `${lines
    .map((line) => line ?? '')
    .join(' → ')
    .trim()} ${pointers}`;
}
