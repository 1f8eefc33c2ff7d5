import { createHash } from 'node:crypto';
import type { Diagnostic } from '../../spec/types.ts';

/**
 * What tells a finding of one run from the others of its file, and is the same in the next: the rule, the place without
 * the numbers of list items, and what is said. Neither lines that move nor an item more in a list change it. Findings that
 * are alike in all of that are counted.
 */
export function fingerprints(diagnostics: readonly Diagnostic[], salt = ''): string[] {
  const counts = new Map<string, number>();
  return diagnostics.map(({ rule, path, message }) => {
    const place = path.replaceAll(/\/\d+(?=\/|$)/g, '/*');
    const hash = createHash('sha256').update([salt, rule, place, message].join('\0')).digest('hex').slice(0, 32);
    const count = (counts.get(hash) ?? 0) + 1;
    counts.set(hash, count);
    return `${hash}:${count}`;
  });
}
