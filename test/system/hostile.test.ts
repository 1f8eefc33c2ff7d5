import { expect, test } from 'vitest';
import { bounded, manyEmpty, surviveMutants } from '../assembly/survival.ts';

// The long form of test/assembly/hostile.test.ts: a new seed each, so that a failure names the document.
// ORLOP_MUTANTS=1000000 makes it longer still.

const EACH = 20_000;
const count = Math.ceil(Number(process.env.ORLOP_MUTANTS ?? 180_000) / EACH);
const seeds = Array.from({ length: count }, (_, index) => index + 2);

test.each(seeds)(
  '20,000 broken configs, seed %i',
  (seed) => {
    expect(surviveMutants(EACH, seed)).toBeGreaterThan(EACH * 0.45);
  },
  600_000,
);

test.each(manyEmpty(900_000))('900,000 empty %s', (_what, document) => {
  expect(bounded(document, 768)).toHaveLength(1001);
});
