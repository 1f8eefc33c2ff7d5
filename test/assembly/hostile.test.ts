import { describe, expect, test } from 'vitest';
import { fix, instantiate, lint } from './module.ts';
import { configs } from './mutation.ts';
import { bounded, manyEmpty, survive, surviveFix, surviveMutants } from './survival.ts';

// The module answers everything: a trap on any document is a bug. test/system/hostile.test.ts runs many times as many.

const encoder = new TextEncoder();
const MiB = 2 ** 20;

const many = (count: number, each: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => each(index)).join();

test('configs that end too early, at every byte', () => {
  const instance = instantiate();
  for (const config of configs.slice(0, 2)) {
    const end = config.lastIndexOf(0x7d);
    for (let length = 0; length <= end; length++) {
      const cut = config.subarray(0, length);
      for (const { diagnostics } of survive(cut, instance)) {
        expect(diagnostics.filter(({ rule }) => rule === 'OCI001')).toHaveLength(1);
      }
    }
  }
});

test('2,000 broken configs', () => {
  expect(surviveMutants(2_000, 1)).toBeGreaterThan(400);
});

test('what takes many rounds to fix takes the memory of one', () => {
  const instance = instantiate();
  const options = many(2_000, () => '"ro","rw"');
  const document = encoder.encode(`{"mounts":[{"destination":"a","type":"tmpfs","options":[${options}]}]}`);
  expect(surviveFix(document, instance)).toBeGreaterThan(3_000);
  expect(instance.memory.buffer.byteLength / MiB).toBeLessThan(8);
});

/** A large document is read some times over; what is then left is for the next call. */
test('100,000 things to fix', { timeout: 120_000 }, () => {
  const instance = instantiate();
  const devices = many(100_000, (index) => `{"type":"c","path":"dev/x${index}","major":1,"minor":1}`);
  const { fixes, text } = fix(encoder.encode(`{"linux":{"devices":[${devices}]}}`), '{"preset":"spec"}', instance);
  expect(fixes).toBeGreaterThan(1_000);
  expect(JSON.parse(new TextDecoder().decode(text)).linux.devices).toHaveLength(100_000);
  expect(instance.memory.buffer.byteLength / MiB).toBeLessThan(512);
});

describe('large documents', () => {
  test.each([
    ['arrays', '['],
    ['objects', '{"a":'],
  ])('100,000 %s in each other', (_what, opening) => {
    expect(bounded(opening.repeat(100_000), 16)).toMatchObject([{ name: 'invalid-json' }]);
  });

  test('50 MB', () => {
    const document = new Uint8Array(50_000_000).fill(0x20);
    expect(bounded(document, 1)).toMatchObject([{ name: 'invalid-json', line: 1, column: 1 }]);
  });

  test('100,000 keys', () => {
    expect(lint(`{"ociVersion":"1.3.0","annotations":{${many(100_000, (index) => `"k${index}":""`)}}}`)).toEqual([]);
    bounded(`{"ociVersion":"1.3.0","annotations":{${many(100_000, (index) => `"k${index}":""`)}}}`, 128);
  });

  test('100,000 times the same key', () => {
    const findings = bounded(`{"annotations":{${many(100_000, () => '"k":""')}}}`, 64);
    expect(findings).toHaveLength(1001);
  });

  test('100,000 unknown keys', () => {
    const findings = bounded(`{"ociVersion":"1.3.0",${many(100_000, (index) => `"hostnam${index}":0`)}}`, 64);
    expect(findings).toHaveLength(1001);
  });

  test('100,000 keys that are one hash to a weak hash, and share their beginning', () => {
    const start = 'a'.repeat(100);
    bounded(`{"annotations":{${many(100_000, (index) => `"${start}${index}":""`)}}}`, 192);
  });

  test('keys in escapes, which nothing may decode again and again', () => {
    const key = (index: number) =>
      [...`k${index}`].map((character) => `\\u00${character.charCodeAt(0).toString(16)}`).join('');
    bounded(`{${many(100_000, (index) => `"${key(index)}":0`)}}`, 128);
  });

  test('a key of 8 MB, and a thousand findings under it', () => {
    const key = 'k'.repeat(8_000_000);
    const findings = bounded(`{"linux":{"netDevices":{"${key}":{${many(1500, (index) => `"x${index}":0`)}}}}}`, 128);
    expect(findings.at(-2)?.path.length).toBeLessThan(1000);
  });

  test('a string of 8 MB that is all escapes', () => {
    bounded(`{"ociVersion":"1.3.0","hostname":"${'\\n'.repeat(4_000_000)}"}`, 192);
  });

  test('findings on one line of 16 MB', () => {
    const padding = ' '.repeat(15_000_000);
    expect(bounded(`{${padding}"mounts":[${many(2000, () => '1')}]}`, 96)).toHaveLength(1001);
  });

  test.each(manyEmpty(200_000))('200,000 empty %s', (_what, document) => {
    expect(bounded(document, 192)).toHaveLength(1001);
  });

  test('a number of a million digits', () => {
    const digits = '9'.repeat(1_000_000);
    const findings = bounded(`{"ociVersion":"1.3.0","process":{"cwd":"/","oomScoreAdj":${digits}}}`, 16);
    expect(findings).toMatchObject([{ rule: 'OCI004', message: `${'9'.repeat(36)}… is out of range` }]);
  });
});
