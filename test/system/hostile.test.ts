import { test } from 'vitest';
import { surviveMutants } from '../assembly/survival.ts';

// The long form of test/assembly/hostile.test.ts: a new seed each, so that a failure names the document.
test.each([2, 3, 4, 5, 6, 7, 8, 9, 10])('20,000 broken configs, seed %i', (seed) => surviveMutants(20_000, seed));
