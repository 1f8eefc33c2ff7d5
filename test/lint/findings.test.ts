import { expect, test } from 'vitest';
import { exampleOf, lint, places, rules } from './linting.ts';

// Nothing is told twice. Both have been found by `npm run fuzz`.

const config = (patch: object) => exampleOf({ ...(rules[0] as (typeof rules)[number]) }, JSON.stringify(patch));

test('a mount that two others hide, on one place', () => {
  const mounts = ['/srv/data', '/srv', '/srv'].map((destination) => ({
    destination,
    type: 'tmpfs',
    options: ['size=1m'],
  }));
  expect(places(lint(config({ mounts })))).toEqual(['OCI310 /mounts/0', 'OCI311 /mounts/2/destination']);
});

test('a conflict of seccomp rules, for each architecture', () => {
  const rule = (action: string) => ({ names: ['dup'], action, args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] });
  const seccomp = {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    syscalls: [rule('SCMP_ACT_KILL'), rule('SCMP_ACT_LOG')],
  };
  expect(places(lint(config({ linux: { seccomp } })))).toEqual(['OCI512 /linux/seccomp/syscalls/1/names/0']);
});
