// One profile, three answers: orlop's filter, runc's stub with libseccomp's filter, and the profile's words.

import { casesOf, randomFrom } from './calls.ts';
import { filterOf as libseccompFilter, NATIVE_TOKEN, TOKENS } from './libseccomp.ts';
import { type Call, type Instruction, run } from './machine.ts';
import { justified } from './oracle.ts';
import type { Profile } from './profiles.ts';
import { stubOf } from './runc.ts';

export interface Comparison {
  calls: number;
  /** orlop's decision is not what the profile says. */
  ours: Call[];
  /** libseccomp's is not. */
  theirs: Call[];
  /** Rules contradict each other, and the two follow different ones. */
  order: Call[];
}

export interface Options {
  hasTree: boolean;
  withoutNative?: boolean;
  seed?: number;
}

/** undefined where libseccomp refuses a rule. */
export function compare(profile: Profile, filter: Instruction[], options: Options): Comparison | undefined {
  const { withoutNative = false, seed = 1 } = options;
  const built = libseccompFilter(profile, options);
  if (typeof built === 'number') return undefined;
  const program = [...stubOf(profile, withoutNative), ...built];
  const result: Comparison = { calls: 0, ours: [], theirs: [], order: [] };
  const named = (profile.architectures ?? []).map((name) => TOKENS[name] as number);
  const tokens = [...new Set(withoutNative ? named : [NATIVE_TOKEN, ...named])];
  for (const call of casesOf(profile, tokens, randomFrom(seed))) {
    result.calls++;
    const ours = run(filter, call).action;
    const theirs = run(program, call).action;
    const right = justified(profile, call, withoutNative);
    if (!right.has(ours)) result.ours.push(call);
    if (!right.has(theirs)) result.theirs.push(call);
    else if (right.has(ours) && ours !== theirs) result.order.push(call);
  }
  return result;
}
