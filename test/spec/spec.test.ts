// The library: what `orlop/spec` gives to programs.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { load, OrlopError, Spec, SpecDocument } from '../../src/spec/index.ts';

const wasm = readFileSync(new URL('../../src/spec/spec.wasm', import.meta.url));
const spec = await load(wasm);

const config = readFileSync(new URL('../../fixtures/configs/runc.json', import.meta.url), 'utf8');
const faulty = config.replace('"noNewPrivileges": true', '"noNewPrivilege": true');
/** The one rule that speaks of it. */
const TYPOS = { preset: 'none', rules: { OCI003: 'warn' }, unsafe: true } as const;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function thrown(act: () => unknown): OrlopError {
  try {
    act();
  } catch (error) {
    if (error instanceof OrlopError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('load', () => {
  test.each([
    ['bytes', () => wasm],
    ['an ArrayBuffer', () => wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength)],
    ['a promise', () => Promise.resolve(wasm)],
    ['a response', () => new Response(wasm)],
    ['a module', () => spec.module],
  ])('of %s', async (_name, source) => {
    expect((await load(source())).lint(config)).toEqual(spec.lint(config));
  });

  test('of something else', async () => {
    const error = await load(bytes('{}')).catch((reason) => reason);
    expect(error).toBeInstanceOf(OrlopError);
    expect(error).toMatchObject({ code: 'usage/invalid', hint: 'give load() the file orlop/spec.wasm' });
  });

  test('of an answer that is an error', async () => {
    const error = await load(new Response('', { status: 404, statusText: 'Not Found' })).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'usage/invalid' });
    expect(error.message).toContain('404 Not Found');
  });
});

describe('a Spec', () => {
  test('says the same of a string and of bytes', () => {
    expect(faulty).not.toBe(config);
    const { diagnostics } = spec.lint(faulty);
    expect(diagnostics.map(({ rule }) => rule)).toContain('OCI003');
    expect(spec.lint(bytes(faulty))).toEqual({ diagnostics, unusedIgnores: [] });
    expect(spec.plan(bytes(config))).toEqual(spec.plan(config));
  });

  test('fixes in the form in which it was asked', () => {
    const fixed = spec.fix(faulty, TYPOS);
    expect(fixed).toEqual({ text: config, fixes: 1 });
    expect(spec.fix(bytes(faulty), TYPOS).text).toEqual(bytes(config));
  });

  test('keeps a byte order mark where no fix takes it', () => {
    const marked = `\uFEFF${config}`;
    expect(spec.fix(marked, { preset: 'none' }).text).toBe(marked);
  });

  test('plans and compiles', () => {
    const image = spec.image(config, { version: 1, id: 'c1', bundle: '/bundles/c1' });
    expect(image.plan).toMatchObject({ id: 'c1', bundle: '/bundles/c1' });
    expect(image.bytes.subarray(0, 4)).toEqual(bytes('\x7fELF'));
    expect(image.rows.every(({ step }) => step === undefined || image.plan.steps[step] !== undefined)).toBe(true);
    expect(spec.plan(config)).toMatchObject({ id: 'ID', bundle: '/bundle' });
  });

  test('throws all that is wrong with a config that cannot be launched', () => {
    const error = thrown(() => spec.plan('{"ociVersion": "1.0.2", "process": {"cwd": "tmp"}}'));
    expect(error.code).toBe('spec/invalid');
    expect(error.diagnostics?.length).toBeGreaterThan(1);
    expect(error.line).toBe(1);
    expect(thrown(() => spec.image('{')).code).toBe('spec/invalid');
  });

  test('throws what is wrong with options', () => {
    for (const act of ['lint', 'fix'] as const) {
      const error = thrown(() => spec[act](config, { rules: { OCI999: 'off' } }));
      expect(error.code).toBe('usage/invalid');
      expect(error.diagnostics).toHaveLength(1);
    }
  });

  test('knows its rules and words', () => {
    const rules = spec.rules();
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    expect(spec.names().namespaces).toContain('mount');
  });

  test('is made of a module, too, and so is a document', () => {
    expect(new Spec(spec.module).rules()).toEqual(spec.rules());
    expect(new SpecDocument(spec.module, bytes(config)).plan()).toEqual(spec.plan(config));
  });
});
