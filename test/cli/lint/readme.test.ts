// The section "Lint" of the README is true: its commands print what it says, and its files are taken.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { builds, CLEAN, Desk, PROJECT } from './calling.ts';

const README = readFileSync(join(PROJECT, 'README.md'), 'utf8');
const section = /\n## Lint\n[\s\S]*?\n## /.exec(README)?.[0] ?? '';
const blocks = (language: string): string[] =>
  [...section.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
    .filter((match) => match[1] === language)
    .map((match) => match[2] ?? '');

const desk = new Desk();
beforeAll(() => {
  desk.write({
    'bundles/web/config.json': readFileSync(join(PROJECT, 'fixtures/lint/readme.json'), 'utf8'),
    'examples/one.json': CLEAN,
  });
});
afterAll(() => desk.remove());

/** `$ orlop …` and what comes after it. */
const calls = blocks('console')
  .join('')
  .split(/^\$ /m)
  .slice(1)
  .map((text) => [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n') + 1)] as const);

describe.each(builds())('$name', (build) => {
  test.each(calls)('%s', (line, output) => {
    const [command, ...args] = line.split(' ').map((word) => word.replaceAll("'", ''));
    expect(command).toBe('orlop');
    expect(desk.call(args, { build }).stdout).toBe(output);
  });
});

test('there are examples', () => expect(calls.length).toBeGreaterThan(3));

test('the config file is one', () => {
  const [text = ''] = blocks('json');
  const read = (file: string) => JSON.parse(readFileSync(join(PROJECT, file), 'utf8'));
  const schema = read('dist/spec/lint.schema.json');
  const validate = new Ajv2020({ allErrors: true }).compile(schema);
  expect(validate(JSON.parse(text)) ? [] : validate.errors).toEqual([]);
  expect(validate({ ...JSON.parse(text), rules: { OCI999: 'off' } })).toBe(false);
  desk.write({ 'set/.orlop.json': text, 'set/features.json': {}, 'set/config.json': CLEAN });
  const { status, stderr } = desk.call(['lint', 'set']);
  expect([status, stderr]).toEqual([0, '']);
});

test('the YAML names what there is', () => {
  const [hooks, step] = blocks('yaml').map((text) => parse(text));
  const defined = parse(readFileSync(join(PROJECT, '.pre-commit-hooks.yaml'), 'utf8')) as { id: string }[];
  for (const { id } of hooks.repos[0].hooks) expect(defined.map((hook) => hook.id)).toContain(id);
  for (const { id } of defined) expect(section).toContain(`\`${id}\``.replace('`orlop-lint`', 'id: orlop-lint'));
  const { inputs } = parse(readFileSync(join(PROJECT, '.github/actions/lint/action.yml'), 'utf8'));
  for (const name of Object.keys(step[0].with)) expect(Object.keys(inputs)).toContain(name);
});
