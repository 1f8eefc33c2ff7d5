// Docker's default seccomp profile: how long it takes to become a filter, and what the filter costs each call.

import { libseccomp, filterOf as libseccompFilter, NATIVE_TOKEN, nameOf } from '../bpf/libseccomp.ts';
import { type Instruction, run } from '../bpf/machine.ts';
import { configWith, documentOf, filterOf } from '../bpf/orlop-filter.ts';
import { dockerProfile } from '../bpf/profiles.ts';
import { stubOf } from '../bpf/runc.ts';
import { repeat } from './measure.ts';

export const hasLibseccomp = libseccomp !== undefined;

/** Milliseconds; orlop's are of a whole config, once with the profile and once without. */
export function filterTimes(count: number): Map<string, number[]> {
  const profile = dockerProfile();
  const config = configWith(profile);
  const bare = configWith({ defaultAction: 'SCMP_ACT_ALLOW' });
  const times = new Map([
    ['config with it', repeatPrepare(config, count)],
    ['with an empty one', repeatPrepare(bare, count)],
  ]);
  if (!hasLibseccomp) return times;
  times.set(
    'libseccomp, tree',
    repeat(count / 10, () => libseccompFilter(profile, { hasTree: true })),
  );
  times.set(
    'libseccomp',
    repeat(count / 10, () => libseccompFilter(profile, { hasTree: false })),
  );
  return times;
}

function repeatPrepare(config: object, count: number): number[] {
  const documents = Array.from({ length: count }, () => documentOf(config));
  let next = 0;
  return repeat(count, () => documents[next++]?.prepare({ version: 1 }));
}

/** Instructions executed for each call that x86_64 has, arguments 0. */
export function filterSteps(): Map<string, number[]> {
  const profile = dockerProfile();
  const numbers = Array.from({ length: 470 }, (_, number) => number);
  const calls = numbers.filter((number) => !hasLibseccomp || nameOf(NATIVE_TOKEN, number) !== undefined);
  const stepsOf = (program: Instruction[]): number[] =>
    calls.map((number) => run(program, { number, audit: NATIVE_TOKEN, args: [] }).steps);
  const steps = new Map([['orlop', stepsOf(filterOf(profile))]]);
  if (!hasLibseccomp) return steps;
  const stub = stubOf(profile);
  const built = (hasTree: boolean): Instruction[] => libseccompFilter(profile, { hasTree }) as Instruction[];
  steps.set('runc', stepsOf([...stub, ...built(true)]));
  steps.set('libseccomp, tree', stepsOf(built(true)));
  steps.set('libseccomp', stepsOf(built(false)));
  return steps;
}
