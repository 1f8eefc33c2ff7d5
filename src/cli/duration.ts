import { OrlopError } from '../error.ts';

const MILLISECONDS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3, // micro sign
  μs: 1e-3, // Greek mu
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a duration in Go's form, such as `1.5s`, `2m30s` or `100ms`, which has to be more than nothing. */
export function duration(option: string, text: string): number {
  const parts = [...text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)];
  const total = parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (MILLISECONDS[unit] ?? 0), 0);
  const isWhole = parts.map(([part]) => part).join('') === text.replace(/^\+/, '');
  if (isWhole && total > 0) return total;
  throw new OrlopError('usage/invalid', `--${option} ${text}: not a duration greater than 0`, {
    hint: 'write a number and its unit, such as 5s, 500ms or 1m30s',
  });
}
