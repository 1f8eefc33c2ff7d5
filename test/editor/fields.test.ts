// The tables that editors show are about the same fields and words as the module: fixtures/configs/everything.json has
// every field (test/assembly/spec.test.ts), the readers in assembly/spec name each, and the module's own messages tell
// types and words.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { Schema, SPEC, type Type } from '../../src/editor/fields/index.ts';
import { linkOf } from '../../src/editor/reference.ts';
import * as words from '../../src/editor/words/words.ts';
import { launchModule } from '../../src/spec/embedded.ts';
import { SpecDocument } from '../../src/spec/module.ts';
import { fixture, lint } from '../assembly/module.ts';
import { splice, values } from '../assembly/values.ts';
import { lint as allFindings, rules } from '../lint/linting.ts';

const everything = fixture('everything');
const schema = new Schema(SPEC);
const located = values(everything).map((value) => ({
  ...value,
  pattern: schema.patternOf(value.pointer.split('/').slice(1)),
}));

test('the table has the fields of the spec, and no others', () => {
  expect(located.filter(({ pattern }) => pattern === undefined)).toEqual([]);
  const there = located.map(({ pattern }) => pattern).filter((pattern) => pattern !== '' && !pattern?.endsWith('/*'));
  expect(Object.keys(SPEC).sort()).toEqual([...new Set(there)].sort());
});

/** `at.requiredString('path')` and the like, with the type that the table has for it. */
function readFields(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const folder = join(import.meta.dirname, '../../assembly/spec');
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const [key] = node.arguments;
      const method = node.expression.name.text.replace(/^required/, '').toLowerCase();
      if (key && ts.isStringLiteral(key) && /^(at|parent|member)$/.test(node.expression.expression.getText()))
        found.set(key.text, (found.get(key.text) ?? new Set()).add(method));
    } else if (ts.isCallExpression(node)) {
      // readKind(at, 'prestart'): a reader that takes the key.
      const [first, key] = node.arguments;
      if (key && ts.isStringLiteral(key) && /^(at|parent)$/.test(first?.getText() ?? ''))
        found.set(key.text, (found.get(key.text) ?? new Set()).add('array'));
    }
    node.forEachChild(visit);
  };
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), 'utf8');
    visit(ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true));
  }
  return found;
}

test('the readers of the module ask for these keys, as these types', () => {
  const readers = readFields();
  const METHODS: Record<Type, RegExp> = {
    string: /^(string|choice)$/,
    boolean: /^boolean$/,
    int32: /^signed$/,
    int64: /^signed$/,
    uint16: /^unsigned$/,
    uint32: /^unsigned$/,
    uint64: /^unsigned$/,
    object: /^(object|ignore)$/,
    'string[]': /^(strings|choices)$/,
    'uint32[]': /^numbers$/,
    'object[]': /^array$/,
    'string{}': /^pairs$/,
    'object{}': /^object$/,
  } as Record<Type, RegExp>;
  const keys = Object.keys(SPEC).map((pattern) => pattern.slice(pattern.lastIndexOf('/') + 1));
  expect([...readers.keys()].sort()).toEqual([...new Set(keys)].sort());
  for (const [pattern, { type }] of Object.entries(SPEC)) {
    const methods = [...(readers.get(pattern.slice(pattern.lastIndexOf('/') + 1)) ?? [])];
    expect(methods.filter((method) => METHODS[type].test(method)).length, `${pattern}: ${methods}`).toBeGreaterThan(0);
  }
});

const RANGES: Record<string, string> = {
  int32: 'it goes from -2147483648 to 2147483647',
  int64: 'to 9223372036854775807',
  uint16: 'it goes from 0 to 65535',
  uint32: 'it goes from 0 to 4294967295',
  uint64: 'it goes from 0 to 18446744073709551615',
};

/** Where the kernel has less room than the type of the spec. */
const NARROWER: [RegExp, string][] = [
  [/\/consoleSize\/(height|width)$/, 'it goes from 0 to 65535'],
  [/\/user\/(uid|gid|additionalGids\/\d+)$|\/linux\/devices\/\d+\/(uid|gid)$/, 'it goes from 0 to 4294967294'],
  [/\/linux\/devices\/\d+\/major$/, 'it goes from 0 to 4095'],
  [/\/linux\/devices\/\d+\/minor$/, 'it goes from 0 to 1048575'],
];
const rangeOf = (pointer: string, type: string) => NARROWER.find(([place]) => place.test(pointer))?.[1] ?? RANGES[type];

describe('types and words are those of the module', () => {
  const fields = located.flatMap((value) => {
    const field = value.pattern === undefined ? undefined : SPEC[value.pattern];
    return field && !/^\/(windows|vm|solaris|zos|freebsd)$/.test(value.pointer) ? [{ ...value, field }] : [];
  });
  const replace = ({ start, end }: { start: number; end: number }, text: string) =>
    lint(splice(everything, start, end, text));

  test('a number of another width is out of range', () => {
    for (const value of fields.filter(({ field }) => /^u?int\d+$/.test(field.type))) {
      const help = replace(value, '99999999999999999999')[0]?.help;
      // Device numbers of rules are wider in the spec than in the kernel.
      if (/\/resources\/devices\/\d+\/m(aj|in)or$/.test(value.pointer)) continue;
      expect(help, value.pointer).toContain(rangeOf(value.pointer, value.field.type));
    }
  });

  test('a value of no type at all tells which was expected', () => {
    for (const value of fields) {
      const { type } = value.field;
      const wrong = type === 'object' || type.endsWith('{}') ? '7' : '{}';
      const expected = { string: 'a string', boolean: 'true or false', object: 'an object' }[type as string];
      const message = replace(value, wrong)[0]?.message;
      const kind = type.endsWith('[]')
        ? 'an array'
        : type.endsWith('{}')
          ? 'an object'
          : (expected ?? 'a whole number');
      expect(message, value.pointer).toContain(`expected ${kind}`);
    }
  });

  test('what is required is missing without', () => {
    for (const value of fields) {
      const isMissing = replace(value, 'null').some(({ rule }) => rule === 'OCI015');
      expect(isMissing, value.pointer).toBe(value.field.isRequired);
    }
  });

  test('a word that is none names those that are', () => {
    const chosen: string[] = [];
    for (const value of fields) {
      const text = value.field.type === 'string[]' ? '["%"]' : '"%"';
      if (!/^string(\[\])?$/.test(value.field.type)) continue;
      const [finding] = replace(value, text);
      const [, list] = /^it is one of (.*)$/.exec(finding?.help ?? '') ?? [];
      if (list === undefined) continue;
      chosen.push(value.pattern as string);
      expect(Object.keys(value.field.words ?? {}).sort(), value.pointer).toEqual(list.split(', ').sort());
    }
    // "%" is near to words of one letter: these have a suggestion, not a list.
    expect(chosen.length).toBeGreaterThan(12);
  });

  test('each word passes', () => {
    for (const value of fields) {
      if (value.field.words === words.SYSCALLS) continue;
      for (const word of Object.keys(value.field.words ?? {})) {
        const text = JSON.stringify(value.field.type === 'string[]' ? [word] : word);
        expect(replace(value, text), `${value.pointer} ${word}`).toEqual([]);
      }
    }
  });

  test('lists of the module are complete', () => {
    const names = SpecDocument.names(launchModule());
    expect(Object.keys(words.MOUNT_OPTIONS).sort()).toEqual([...names.mountOptions].sort());
    expect(Object.keys(words.CAPABILITIES)).toEqual(names.capabilities);
    expect(Object.keys(words.NAMESPACES).sort()).toEqual([...names.namespaces].sort());
    expect(Object.keys(words.MEMORY_MODES).sort()).toEqual([...names.memoryPolicyModes].sort());
    expect(Object.keys(words.MEMORY_FLAGS).sort()).toEqual([...names.memoryPolicyFlags].sort());
    expect(Object.keys(words.ACTIONS)).toEqual(names.seccomp.actions);
    expect(Object.keys(words.ARCHITECTURES)).toEqual(names.seccomp.archs);
  });
});

test('resource limits are those that the linter knows', () => {
  const config = (type: string) => everything.replace('RLIMIT_NOFILE', type);
  const unknown = (type: string) => allFindings(config(type), { preset: 'none', rules: { OCI115: 'error' } });
  expect(unknown('RLIMIT_NOSUCH')).toHaveLength(1);
  for (const type of Object.keys(words.RLIMITS)) expect(unknown(type), type).toEqual([]);
  expect(Object.keys(words.RLIMITS)).toHaveLength(16);
});

test('what is said of each is a sentence, and short', () => {
  const said = Object.entries(SPEC).map(([pattern, { about }]) => [pattern, about] as const);
  for (const [pattern, about] of said) {
    expect(about, pattern).toMatch(/^[A-Z0-9`-].*\.$/);
    expect(about.length, pattern).toBeLessThan(170);
  }
});

test('examples are values', () => {
  for (const [pattern, { example, type, words }] of Object.entries(SPEC)) {
    if (example === undefined) continue;
    const value = JSON.parse(example) as unknown;
    expect(typeof value, pattern).toBe(type === 'string' || type === 'boolean' ? type : 'number');
    if (words && typeof value === 'string') expect(Object.keys(words), pattern).toContain(value);
  }
});

describe('references', () => {
  test('of fields are places in the spec', () => {
    for (const { reference } of Object.values(SPEC)) {
      expect(linkOf(reference)).toMatch(
        /^https:\/\/github\.com\/opencontainers\/runtime-spec\/blob\/v1\.3\.0\/config(-linux)?\.md#[a-z-]+$/,
      );
    }
  });

  test.each([
    ['RFC 8259 section 8.1; man 2 execve', 'https://www.rfc-editor.org/rfc/rfc8259#section-8.1'],
    ['man 7 capabilities, "Capability bounding set"', 'https://man7.org/linux/man-pages/man7/capabilities.7.html'],
    ['runc docs/terminals.md', undefined],
    ['runc issues 65; man 2 mount', 'https://man7.org/linux/man-pages/man2/mount.2.html'],
    ['CVE-2021-30465; man 7 path_resolution', 'https://www.cve.org/CVERecord?id=CVE-2021-30465'],
    ['Documentation/admin-guide/cgroup-v2.rst, cpu.idle', 'https://docs.kernel.org/admin-guide/cgroup-v2.html'],
    [
      'runtime-spec schema/config-schema.json',
      'https://github.com/opencontainers/runtime-spec/blob/v1.3.0/schema/config-schema.json',
    ],
  ])('%s', (reference, link) => expect(linkOf(reference)).toBe(link));

  test('most rules have one', () => {
    const linked = rules.filter(({ reference }) => linkOf(reference) !== undefined);
    expect(linked.length).toBeGreaterThan(rules.length * 0.9);
    for (const { reference } of linked) expect(() => new URL(linkOf(reference) as string)).not.toThrow();
  });
});
