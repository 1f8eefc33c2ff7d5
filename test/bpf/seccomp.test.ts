import { describe, expect, test } from 'vitest';
import { randomFrom } from './calls.ts';
import { compare } from './compare.ts';
import { libseccomp, filterOf as libseccompFilter, NATIVE_TOKEN, nameOf, TOKENS } from './libseccomp.ts';
import { type Call, type Instruction, run } from './machine.ts';
import { filterOf } from './orlop-filter.ts';
import {
  ALL_X86,
  dockerProfile,
  OPERATORS,
  type Profile,
  podmanProfile,
  type Rule,
  randomProfile,
} from './profiles.ts';
import { knownNames, shapes } from './proof.ts';
import { stubOf } from './runc.ts';

const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;
const KILL_THREAD = 0;
const ENOSYS = ERRNO + 38;

const REAL: [string, Profile][] = [
  ["Docker's default", dockerProfile()],
  ["Podman's default", podmanProfile(['CAP_SYS_CHROOT'])],
  ["Podman's for a privileged user", podmanProfile(['CAP_SYS_ADMIN', 'CAP_AUDIT_WRITE', 'CAP_SYS_CHROOT'])],
];

describe.skipIf(!libseccomp)('against libseccomp, with what runc puts before it', () => {
  test.each(REAL)("%s: every call of every architecture, arguments at the rules' edges", (_name, profile) => {
    const filter = filterOf(profile);
    for (const hasTree of [true, false]) {
      const { calls, ours, theirs, order } = compare(profile, filter, { hasTree }) as NonNullable<
        ReturnType<typeof compare>
      >;
      expect(calls).toBeGreaterThan(1500);
      expect({ ours, theirs, order }).toEqual({ ours: [], theirs: [], order: [] });
    }
  });

  test.each(REAL)('%s: no call that is allowed costs more, and the median is half', (_name, profile) => {
    const filter = filterOf(profile);
    const program = [...stubOf(profile), ...(libseccompFilter(profile, { hasTree: true }) as Instruction[])];
    const steps = nativeCalls().map((call) => {
      const ours = run(filter, call);
      return { action: ours.action, ours: ours.steps, theirs: run(program, call).steps };
    });
    for (const { action, ours, theirs } of steps) if (action === ALLOW) expect(ours).toBeLessThanOrEqual(theirs);
    const median = (of: (one: (typeof steps)[number]) => number): number =>
      steps.map(of).sort((left, right) => left - right)[steps.length >> 1] as number;
    expect(median(({ ours }) => ours)).toBeLessThanOrEqual(median(({ theirs }) => theirs) / 2);
    expect(filter.length).toBeLessThan(program.length / 2);
  });

  test.each(Object.entries(shapes))('%s, 20 profiles at random', (_name, shape) => {
    let calls = 0;
    for (let seed = 0; seed < 20; seed++) {
      const profile = randomProfile(randomFrom(seed), knownNames(), shape);
      const filter = attempt(profile);
      const result = filter && compare(profile, filter, { hasTree: profile.syscalls.length > 32, seed });
      if (!result) continue;
      calls += result.calls;
      expect(result.ours, `seed ${seed}`).toEqual([]);
      if (!shape.isContradictory) expect(result.order, `seed ${seed}`).toEqual([]);
    }
    expect(calls).toBeGreaterThan(30_000);
  });

  test.each(['SCMP_ARCH_S390X', 'SCMP_ARCH_S390', 'SCMP_ARCH_PPC64', 'SCMP_ARCH_MIPS', 'SCMP_ARCH_PARISC64'])(
    '%s, whose bytes have the other order',
    (architecture) => {
      for (let seed = 0; seed < 6; seed++) {
        const shape = { conditions: 1, calls: 20, isContradictory: false, operators: ['EQ', 'NE', 'GT'] };
        const profile = { ...randomProfile(randomFrom(seed), knownNames(), shape), architectures: [architecture] };
        const filter = filterOf(profile);
        const result = compare(profile, filter, { hasTree: false, withoutNative: true, seed });
        // The filter of a machine has its own architecture too, which libseccomp cannot mix with these.
        expect(result?.ours.filter(({ audit }) => audit !== NATIVE_TOKEN)).toEqual([]);
      }
    },
  );
});

/** undefined where rules contradict each other in a way that libseccomp refuses too. */
function attempt(profile: Profile): Instruction[] | undefined {
  try {
    return filterOf(profile);
  } catch (error) {
    expect((error as Error).message).toMatch(/another action for the same arguments|NOTIFY for write/);
    return undefined;
  }
}

function nativeCalls(): Call[] {
  return Array.from({ length: 470 }, (_, number) => ({ number, audit: NATIVE_TOKEN, args: [] })).filter(
    ({ number }) => nameOf(NATIVE_TOKEN, number) !== undefined,
  );
}

// ------------------------------------------------------------------------------------------------------------- cases

const OWN: Rule = { names: ['execve'], action: 'SCMP_ACT_ALLOW' };

function profileOf(defaultAction: string, syscalls: Rule[], architectures = ['SCMP_ARCH_X86_64']): Profile {
  return { defaultAction, architectures, syscalls: [OWN, ...syscalls] };
}

function action(profile: Profile, number: number, args: bigint[] = [], audit = NATIVE_TOKEN): number {
  return run(filterOf(profile), { number, audit, args }).action;
}

/** 1: the argument is held by the rule. The errno says so. */
function holds(op: string, value: bigint, valueTwo: bigint, argument: bigint): boolean {
  const rule: Rule = {
    names: ['dup'],
    action: 'SCMP_ACT_TRAP',
    args: [{ index: 0, value, valueTwo, op: `SCMP_CMP_${op}` }],
  };
  return action(profileOf('SCMP_ACT_ALLOW', [rule]), 32, [argument]) !== ALLOW;
}

describe('comparisons have 64 bits, without signs', () => {
  const values = [0n, 1n, 0x7fffffffn, 0xffffffffn, 0x100000000n, 0x100000001n, 0x8000000000000000n, 2n ** 64n - 1n];
  const truth: Record<string, (left: bigint, right: bigint, mask: bigint) => boolean> = {
    NE: (left, right) => left !== right,
    LT: (left, right) => left < right,
    LE: (left, right) => left <= right,
    EQ: (left, right) => left === right,
    GE: (left, right) => left >= right,
    GT: (left, right) => left > right,
  };
  test.each(OPERATORS.filter((name) => name !== 'MASKED_EQ'))('%s', (op) => {
    for (const left of values)
      for (const right of values)
        expect(holds(op, right, 0n, left), `${left} ${op} ${right}`).toBe(truth[op]?.(left, right, 0n));
  });

  test('MASKED_EQ: value is the mask, valueTwo what is left', () => {
    for (const mask of [1n, 0xffn, 0xff00000000n, 0x100000001n, 2n ** 64n - 1n])
      for (const datum of values)
        for (const argument of values)
          expect(holds('MASKED_EQ', mask, datum, argument)).toBe((argument & mask) === (datum & mask));
  });

  test('of a mask of nothing every argument is', () => {
    expect(holds('MASKED_EQ', 0n, 5n, 7n)).toBe(true);
  });
});

describe('x32', () => {
  const X32 = 0x40000000;
  test('without it in the profile a call of it is foreign, but for that which a tracer skips', () => {
    for (const defaultAction of ['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO']) {
      const profile = profileOf(defaultAction, []);
      const otherwise = defaultAction === 'SCMP_ACT_ALLOW' ? ALLOW : ERRNO + 1;
      expect(action(profile, X32)).toBe(KILL_THREAD);
      expect(action(profile, X32 + 59)).toBe(KILL_THREAD);
      expect(action(profile, 0xfffffffe)).toBe(KILL_THREAD);
      expect(action(profile, 0xffffffff)).toBe(otherwise);
    }
  });

  test('with it, it has its own numbers', () => {
    const profile = profileOf('SCMP_ACT_ERRNO', [{ names: ['ioctl'], action: 'SCMP_ACT_TRAP' }], ALL_X86);
    expect(action(profile, 16)).toBe(0x00030000);
    expect(action(profile, X32 + 514)).toBe(0x00030000);
    expect(action(profile, X32 + 16)).toBe(ERRNO + 1);
    expect(action(profile, X32 + 600)).toBe(ENOSYS);
  });
});

describe('what is newer than the profile', () => {
  test('is not there, and so ENOSYS, even where the default kills', () => {
    for (const name of ['ERRNO', 'KILL', 'KILL_PROCESS', 'TRAP']) {
      const profile = profileOf(`SCMP_ACT_${name}`, [{ names: ['openat2'], action: 'SCMP_ACT_ALLOW' }]);
      expect(action(profile, 437)).toBe(ALLOW);
      expect(action(profile, 438)).toBe(ENOSYS);
      expect(action(profile, 436)).not.toBe(ENOSYS);
    }
  });

  test('is treated as all else where that is allowed, logged or traced', () => {
    for (const name of ['ALLOW', 'LOG', 'TRACE'])
      expect(action(profileOf(`SCMP_ACT_${name}`, []), 460)).not.toBe(ENOSYS);
  });

  test('counts names that only repeat the default', () => {
    const profile = profileOf('SCMP_ACT_ERRNO', [{ names: ['openat2'], action: 'SCMP_ACT_ERRNO' }]);
    expect(action(profile, 437)).toBe(ERRNO + 1);
    expect(action(profile, 438)).toBe(ENOSYS);
  });
});

describe('architectures', () => {
  test('that of the machine is there whether it is named or not', () => {
    expect(action(profileOf('SCMP_ACT_ERRNO', [], ['SCMP_ARCH_AARCH64']), 59)).toBe(ALLOW);
    expect(action(profileOf('SCMP_ACT_ERRNO', [], []), 59)).toBe(ALLOW);
  });

  test('one that is not named is killed', () => {
    expect(action(profileOf('SCMP_ACT_ALLOW', []), 1, [], TOKENS.SCMP_ARCH_X86)).toBe(KILL_THREAD);
  });

  test('socketcall is asked too, where there is one', () => {
    const profile = profileOf('SCMP_ACT_ALLOW', [{ names: ['socket'], action: 'SCMP_ACT_TRAP' }], ALL_X86);
    expect(action(profile, 102, [1n], TOKENS.SCMP_ARCH_X86)).toBe(0x00030000);
    expect(action(profile, 102, [2n], TOKENS.SCMP_ARCH_X86)).toBe(ALLOW);
    expect(action(profile, 359, [], TOKENS.SCMP_ARCH_X86)).toBe(0x00030000);
  });
});

describe('several rules for one call', () => {
  const when = (value: bigint, action: string): Rule => ({
    names: ['dup'],
    action,
    args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }],
  });

  test('one without conditions is the last word, wherever it stands', () => {
    const plain: Rule = { names: ['dup'], action: 'SCMP_ACT_TRAP' };
    for (const rules of [
      [when(1n, 'SCMP_ACT_KILL'), plain],
      [plain, when(1n, 'SCMP_ACT_KILL')],
      [plain, { ...plain, action: 'SCMP_ACT_KILL' }],
    ])
      expect(action(profileOf('SCMP_ACT_ALLOW', rules), 32, [1n])).toBe(0x00030000);
  });

  test('one that repeats the default has no effect', () => {
    const rules = [{ names: ['dup'], action: 'SCMP_ACT_ALLOW' }, when(1n, 'SCMP_ACT_TRAP')];
    expect(action(profileOf('SCMP_ACT_ALLOW', rules), 32, [1n])).toBe(0x00030000);
  });

  test('conditions on one argument are alternatives, as runc has it', () => {
    const args = [1n, 5n].map((value) => ({ index: 0, value, op: 'SCMP_CMP_EQ' }));
    const profile = profileOf('SCMP_ACT_ALLOW', [{ names: ['dup'], action: 'SCMP_ACT_TRAP', args }]);
    expect([1n, 5n, 2n].map((value) => action(profile, 32, [value]))).toEqual([0x00030000, 0x00030000, ALLOW]);
  });

  test('a later argument decides before an earlier one', () => {
    const rule = (index: number, name: string): Rule => ({
      names: ['dup3'],
      action: name,
      args: [{ index, value: 1n, op: 'SCMP_CMP_EQ' }],
    });
    const rules = [rule(0, 'SCMP_ACT_KILL'), rule(1, 'SCMP_ACT_TRAP')];
    for (const list of [rules, [...rules].reverse()])
      expect(action(profileOf('SCMP_ACT_ALLOW', list), 292, [1n, 1n])).toBe(0x00030000);
  });
});
