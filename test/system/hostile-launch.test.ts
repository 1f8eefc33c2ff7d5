import { test } from 'vitest';
import { launchMutants } from '../hostile/launch.ts';

// The long form of test/hostile/hostile.test.ts: a new seed each, so that a failure names the document.
test.each([2, 3, 4, 5, 6, 7, 8, 9, 10, 11])(
  '5000 configs with other values, seed %i',
  (seed) => launchMutants(5000, seed),
  600_000,
);
