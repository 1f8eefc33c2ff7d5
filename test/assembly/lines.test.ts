import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lint } from './module.ts';

// Lines and columns are counted eight bytes at once, and in blocks: every mix of widths has to come out as in an editor.

const space = fc.constantFrom(' ', '\n', '\r\n', '\t', ' '.repeat(7), '\n\n', ' '.repeat(1100));
const character = fc.constantFrom('a', 'é', '€', '\u{1f6a2}', 'ÿ', '\u{10ffff}', '\u0800');
const name = fc.array(character, { maxLength: 20 }).map((characters) => characters.join(''));

test('a place is where an editor shows it', () => {
  const pieces = fc.array(fc.tuple(space, name, space), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(pieces, fc.boolean(), (list, hasMark) => {
      let text = '{"ociVersion":"1.0.0"';
      const places: [number, number][] = [];
      const place = () => {
        const start = text.lastIndexOf('\n') + 1;
        return [text.slice(0, start).split('\n').length, text.length - start + 1] as [number, number];
      };
      list.forEach(([before, key, after], index) => {
        text += `,${before}`;
        places.push(place());
        text += `"${key}${index}"${after}:0`;
      });
      const found = lint(`${hasMark ? '\ufeff' : ''}${text}}`).filter(({ rule }) => rule === 'OCI003');
      expect(found.map(({ line, column }) => [line, column])).toEqual(places);
    }),
    { numRuns: 200 },
  );
});
