import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exampleOf, file, fix, lint, optionsOf, rules } from './linting.ts';

/** It takes a thousand findings, or rules: too many for a file. */
const LARGE: Record<string, (count: number) => object> = {
  OCI016: (count) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 0])),
  OCI513: (count) => ({
    linux: {
      seccomp: {
        defaultAction: 'SCMP_ACT_ALLOW',
        architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
        syscalls: Array.from({ length: count }, (_, value) => ({
          names: ['dup'],
          action: 'SCMP_ACT_ERRNO',
          args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }],
        })),
      },
    },
  }),
};

/** Adding what one rule misses can be what another misses, too. */
const MENDS_TOO: Record<string, string> = { OCI003: 'OCI906', OCI203: 'OCI908', OCI213: 'OCI908' };

const withExample = rules.filter(({ id, preset }) => preset !== 'host' && !(id in LARGE));
const cases = withExample.map((rule) => [rule.id, rule] as const);

test('ids and names are unique, and in order', () => {
  const ids = rules.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort());
  expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
  for (const { id } of rules) expect(id).toMatch(/^OCI\d{3}$/);
});

const ASSEMBLY = new URL('../../assembly/', import.meta.url);

test('every name has its rule, and every id that anybody reports', () => {
  const registry = readFileSync(new URL('rules.ts', ASSEMBLY), 'utf8');
  const names = registry.slice(0, registry.indexOf('];')).match(/(?<=')[a-z-]+(?=')/g);
  expect(rules.map(({ name }) => name)).toEqual(names);
  const ids = rules.map(({ id }) => id);
  const reported = readdirSync(ASSEMBLY, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => readFileSync(new URL(file, ASSEMBLY), 'utf8').match(/(?<=')OCI\d+(?=')/g) ?? []);
  expect([...new Set(reported)].sort()).toEqual(ids);
});

test('the list of the survey is whole', () => {
  const sections = [14, 22, 15, 15, 16, 11, 8, 7, 4, 27];
  const listed = sections.flatMap((count, section) =>
    Array.from({ length: count }, (_, index) => `OCI${section}${String(index + 1).padStart(2, '0')}`),
  );
  expect(listed).toHaveLength(139);
  const ids = new Set(rules.map(({ id }) => id));
  expect(listed.filter((id) => !ids.has(id))).toEqual([]);
});

test('the configs that examples are merged into are clean', () => {
  expect(lint(file('fixtures/rules/minimal.json'))).toEqual([]);
  expect(lint(file('fixtures/rules/hardened.json'), { preset: 'strict' })).toEqual([]);
});

test('there are no fixtures but those of rules', () => {
  const names = readdirSync(new URL('../../fixtures/rules/', import.meta.url)).filter(
    (name) => !name.endsWith('.json'),
  );
  expect(names.sort()).toEqual(withExample.map(({ id }) => id));
});

describe.each(cases)('%s', (id, rule) => {
  const options = optionsOf(rule);
  const bad = file(`fixtures/rules/${id}/bad.json`);

  test('says what, why, and where that comes from', () => {
    for (const text of [rule.summary, rule.why, rule.reference]) expect(text.length).toBeGreaterThan(3);
    expect(rule.summary).not.toMatch(/\.$|^[A-Z][a-z]/);
    expect(rule.why).toMatch(/[.:]$/);
  });

  test('its bad config has this finding and no other', () => {
    const findings = lint(bad, options);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ rule: id, name: rule.name });
    const severity =
      rule.preset === 'strict' ? { info: 'warning', warning: 'error', error: 'error' }[rule.severity] : rule.severity;
    expect(findings[0]?.severity).toBe(severity);
    expect(findings[0]?.fix?.safe).toBe(rule.fix && rule.fix === 'safe');
    expect(findings[0]?.help ?? '').not.toMatch(/\.$/);
    expect(findings[0]?.message).not.toMatch(/\.$|undefined|null/);
  });

  test('its good config has none', () => {
    expect(lint(file(`fixtures/rules/${id}/good.json`), options)).toEqual([]);
  });

  test('its examples are as bad and as good', () => {
    expect(lint(exampleOf(rule, rule.bad ?? ''), options).map((finding) => finding.rule)).toEqual([id]);
    expect(lint(exampleOf(rule, rule.good ?? ''), options)).toEqual([]);
  });

  test('its fix makes the finding go away, and nothing else', () => {
    expect(existsSync(new URL(`../../fixtures/rules/${id}/fixed.json`, import.meta.url))).toBe(rule.fix !== undefined);
    if (rule.fix === undefined) return;
    const safe = fix(bad, options);
    const fixed = fix(bad, { ...options, unsafe: true });
    expect(fixed).toBe(file(`fixtures/rules/${id}/fixed.json`));
    expect(safe).toBe(rule.fix === 'safe' ? fixed : bad);
    expect(lint(fixed, options)).toEqual([]);
    expect(fix(fixed, { ...options, unsafe: true })).toBe(fixed);
    const others = (config: string) =>
      lint(config, { preset: 'strict' })
        .map((finding) => finding.rule)
        .sort();
    expect(
      others(fixed)
        .concat(id, MENDS_TOO[id] ?? [])
        .sort(),
    ).toEqual(others(bad));
  });
});

test.each(Object.entries(LARGE))('%s is found in what is too large, and only there', (id, make) => {
  const rule = rules.find((candidate) => candidate.id === id) as (typeof rules)[number];
  const found = (count: number) => lint(exampleOf(rule, JSON.stringify(make(count)))).filter((one) => one.rule === id);
  expect(found(4000)).toHaveLength(1);
  expect(found(1000)).toEqual([]);
});
