// What random profiles are made of, for a short test and a long one.

import { numbersOf } from './calls.ts';
import { nameOf, TOKENS } from './libseccomp.ts';
import { OPERATORS, type Shape } from './profiles.ts';

export const shapes: Record<string, Shape> = {
  'rules without conditions': { conditions: 0, calls: 60, isContradictory: false, operators: OPERATORS },
  'rules with one condition': { conditions: 1, calls: 30, isContradictory: false, operators: OPERATORS },
  // With three, libseccomp 2.5.4 does not come to an end with some of them.
  'rules with up to two conditions': { conditions: 2, calls: 20, isContradictory: false, operators: OPERATORS },
  'rules that contradict each other': { conditions: 2, calls: 20, isContradictory: true, operators: OPERATORS },
};

/** Names that libseccomp and the kernel's tables agree on everywhere, but for those that a launch needs. */
export function knownNames(): string[] {
  const all = Object.values(TOKENS).flatMap((token) =>
    numbersOf(token).flatMap((number) => nameOf(token, number) ?? []),
  );
  const others = ['map_shadow_stack', '_llseek', 'sys_debug_setcontext', 'execve', 'read', 'write'];
  return [...new Set(all)].filter((name) => !others.includes(name));
}
