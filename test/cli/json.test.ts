import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toJson } from '../../src/cli/json.ts';

test('is what JSON.stringify writes', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => toJson(value) === JSON.stringify(value)));
  expect(toJson({ one: undefined, two: null, three: [] })).toBe('{"two":null,"three":[]}');
});

test('and bigints to the last digit', () => {
  expect(toJson({ limit: 18446744073709551615n, level: -1n })).toBe('{"limit":18446744073709551615,"level":-1}');
});
