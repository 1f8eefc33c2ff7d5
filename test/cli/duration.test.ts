import { expect, test } from 'vitest';
import { duration } from '../../src/cli/duration.ts';

// pkg.go.dev/time#ParseDuration
test.each([
  ['5s', 5000],
  ['+5s', 5000],
  ['1.5h', 5_400_000],
  ['2h45m', 9_900_000],
  ['1m30.5s', 90_500],
  ['.5s', 500],
  ['1.s', 1000],
  ['300ms', 300],
  ['1500us', 1.5],
  ['1500µs', 1.5],
  ['1500μs', 1.5],
  ['1000000ns', 1],
])('%s is %d ms', (text, milliseconds) => {
  expect(duration('interval', text)).toBeCloseTo(milliseconds, 9);
});

test.each(['', '0', '0s', '-1s', '5', 's', '5 s', '5s ', '1d', '5sm', '5s5', '--5s', '.s', '1e3s'])(
  '"%s" is refused',
  (text) => {
    expect(() => duration('interval', text)).toThrow(
      expect.objectContaining({ code: 'usage/invalid', message: `--interval ${text}: not a duration greater than 0` }),
    );
  },
);
