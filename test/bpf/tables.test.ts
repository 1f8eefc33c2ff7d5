// The tables come from the kernel's, libseccomp's from another version of them: an independent check of what is in both.

import { describe, expect, test } from 'vitest';
import { auditOf, numbersOf } from './calls.ts';
import { libseccomp, nameOf, TOKENS } from './libseccomp.ts';
import { run } from './machine.ts';
import { filterOf } from './orlop-filter.ts';

if (!libseccomp) console.warn('\n*** libseccomp2 is missing: nothing is compared ***\n');

/** What the two disagree on, and what the kernel's table of 6.12 has. */
const DIFFERENT: Record<string, string> = {
  'SCMP_ARCH_X32 1073742277': 'map_shadow_stack', // 453 common map_shadow_stack
  'SCMP_ARCH_PARISC64 140': '', // 140 32 _llseek
};
/** Allowed in every profile here, for it to be one. */
const OWN = ['execve', 'read', 'write'];

describe.skipIf(!libseccomp)('numbers of system calls', () => {
  const names = libseccomp
    ? [
        ...new Set(
          Object.values(TOKENS).flatMap((token) => numbersOf(token).flatMap((one) => nameOf(token, one) ?? [])),
        ),
      ]
    : [];

  test.each(Object.entries(TOKENS))('%s', (architecture, token) => {
    expect(names.length).toBeGreaterThan(450);
    const syscalls = names
      .map((name, index) => ({ names: [name], action: 'SCMP_ACT_ERRNO', errnoRet: index + 1 }))
      .filter((rule) => !OWN.includes(rule.names[0] as string));
    const filter = filterOf({ defaultAction: 'SCMP_ACT_LOG', architectures: [architecture], syscalls });
    let count = 0;
    for (const number of numbersOf(token)) {
      const { action } = run(filter, { number, audit: auditOf(token), args: [] });
      const ours = action >>> 16 === 5 ? names[(action & 0xffff) - 1] : undefined;
      const theirs = nameOf(token, number);
      if (theirs !== undefined) count++;
      if (OWN.includes(theirs ?? '')) continue;
      expect(ours, `${architecture} ${number}`).toBe((DIFFERENT[`${architecture} ${number}`] ?? theirs) || undefined);
    }
    expect(count).toBeGreaterThan(300);
  });

  test('what is newer than libseccomp 2.5.4 has the same number everywhere', () => {
    const newer = { statmount: 457, mseal: 462, setxattrat: 463, open_tree_attr: 467, file_setattr: 469, listns: 470 };
    for (const [name, number] of Object.entries(newer)) {
      const syscalls = [{ names: [name], action: 'SCMP_ACT_TRAP' }];
      const architectures = ['SCMP_ARCH_X86', 'SCMP_ARCH_AARCH64', 'SCMP_ARCH_LOONGARCH64', 'SCMP_ARCH_SH'];
      const filter = filterOf({ defaultAction: 'SCMP_ACT_ALLOW', architectures, syscalls });
      for (const audit of [0xc000003e, 0x40000003, 0xc00000b7, 0xc0000102, 0x4000002a])
        expect(run(filter, { number, audit, args: [] }).action, `${name} ${audit.toString(16)}`).toBe(0x00030000);
    }
  });
});
