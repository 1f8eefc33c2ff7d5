// Many containers one after the other: nothing accumulates, and the last are as fast as the first.

import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, snapshot } from './support/leftovers.ts';
import { Orlop } from './support/orlop.ts';

const place = new Workplace('rounds');
const orlop = new Orlop(place);
afterAll(() => place.remove());

const ROUNDS = 500;
const PART = 100;

/** Beside what expectNothingLeft() finds: cgroups, children that nobody has waited for, and open files. */
function totals() {
  const cgroups = readFileSync('/proc/cgroups', 'utf8')
    .split('\n')
    .slice(1)
    .filter(Boolean)
    .map((line) => Number(line.split('\t')[2]));
  const zombies = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return state === 'Z' && parent === String(process.pid);
      } catch {
        return false;
      }
    }).length;
  return { cgroups: Math.max(...cgroups), zombies, fds: readdirSync('/proc/self/fd').length };
}

/** Of the fastest tenth the slowest: what else the machine does makes others slower, and not these. */
function fast(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 10)] ?? 0;
}

it(`${ROUNDS} times create, start, delete`, { timeout: 600_000 }, async () => {
  const bundle = place.bundle(shell('sleep 1000'));
  const id = place.id();
  const round = (): number => {
    const begin = performance.now();
    orlop.create(bundle, id).ok();
    orlop.call(['start', id]).ok();
    orlop.call(['delete', '--force', id]).ok();
    return performance.now() - begin;
  };
  round();
  const before = snapshot(place, orlop);
  const atFirst = totals();
  const times = Array.from({ length: ROUNDS }, round);
  await expectNothingLeft(place, orlop, before);

  const atLast = totals();
  // The kernel counts a cgroup until the last of its memory is given back; a leak would be one a round.
  expect(atLast.cgroups - atFirst.cgroups).toBeLessThan(ROUNDS / 2);
  expect(atLast).toMatchObject({ zombies: 0, fds: atFirst.fds });
  expect(fast(times.slice(-PART))).toBeLessThan(2 * fast(times.slice(0, PART)));
});
