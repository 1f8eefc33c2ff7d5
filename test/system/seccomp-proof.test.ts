// The long form of test/bpf/seccomp.test.ts: 1,000 profiles of each shape. What it counts it prints.

import { describe, expect, test } from 'vitest';
import { randomFrom } from '../bpf/calls.ts';
import { compare } from '../bpf/compare.ts';
import { libseccomp } from '../bpf/libseccomp.ts';
import type { Instruction } from '../bpf/machine.ts';
import { filterOf } from '../bpf/orlop-filter.ts';
import { type Profile, randomProfile } from '../bpf/profiles.ts';
import { knownNames, shapes } from '../bpf/proof.ts';

const PROFILES = 1000;

describe.skipIf(!libseccomp)(`${PROFILES} profiles at random`, () => {
  test.each(Object.entries(shapes))(
    '%s',
    (name, shape) => {
      const total = { calls: 0, compared: 0, refused: 0, refusedByLibseccomp: 0, order: 0, wrongInLibseccomp: 0 };
      const wrong = new Set<number>();
      for (let seed = 0; seed < PROFILES; seed++) {
        const profile = randomProfile(randomFrom(seed), knownNames(), shape);
        const filter = attempt(profile);
        if (!filter) {
          total.refused++;
          continue;
        }
        const result = compare(profile, filter, { hasTree: profile.syscalls.length > 32, seed });
        if (!result) {
          total.refusedByLibseccomp++;
          continue;
        }
        total.compared++;
        total.calls += result.calls;
        total.order += result.order.length;
        total.wrongInLibseccomp += result.theirs.length;
        if (result.theirs.length > 0) wrong.add(seed);
        expect(result.ours, `seed ${seed}: not what the profile says`).toEqual([]);
      }
      console.log(`${name}: ${JSON.stringify({ ...total, profilesWrongInLibseccomp: wrong.size })}`);
      expect(total.compared).toBeGreaterThan(PROFILES / 2);
      if (!shape.isContradictory)
        expect({ order: total.order, refused: total.refused }).toEqual({ order: 0, refused: 0 });
      // libseccomp 2.5.4 loses some rules with ranges of 64 bits, or with conditions on several arguments.
      if (shape.conditions === 0) expect(total.wrongInLibseccomp).toBe(0);
    },
    1_200_000,
  );
});

function attempt(profile: Profile): Instruction[] | undefined {
  try {
    return filterOf(profile);
  } catch {
    return undefined;
  }
}
