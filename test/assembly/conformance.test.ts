// fixtures/conformance.md says what becomes of every field; what it says is asked of the compiler.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FIELDS, FOREIGN, SETTLED } from '../conformance/fields.ts';
import { readers } from '../conformance/readers.ts';
import { FILE, table } from '../conformance/table.ts';
import { fixture } from './module.ts';
import { changed, plan, request, V1 } from './plans.ts';
import { values } from './values.ts';

const plain = (field: string): string => field.replaceAll(/\[\]|\{\}/g, '');
const rows = readFileSync(FILE, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.slice(2, -2).split(' | '));

describe('the list of fields', () => {
  test('is that of the compiler’s readers, and of blocks for other platforms', () => {
    const read = readers().map(({ field }) => field);
    const foreign = Object.keys(FOREIGN).filter((field) => !read.includes(field));
    expect([...FIELDS].sort()).toEqual([...read, ...foreign].sort());
    expect(Object.keys(SETTLED).filter((field) => !FIELDS.includes(field))).toEqual([]);
  });

  test('is that of the config which has every field', () => {
    const config = fixture('everything');
    const known = new Set(FIELDS.map(plain));
    const free = /^(annotations|linux\.(sysctl|resources\.unified))\./;
    const maps = /^(linux\.(timeOffsets|netDevices|resources\.rdma))\.\w+/;
    const pointers = values(config).map(({ pointer }) => pointer.slice(1).replaceAll(/\/\d+(?=\/|$)/g, ''));
    const had = pointers.filter(Boolean).map((pointer) => pointer.replaceAll('/', '.').replace(maps, '$1'));
    const names = new Set(had.filter((field) => !free.test(field)));
    expect([...names].filter((field) => !known.has(field))).toEqual([]);
    expect([...known].filter((field) => !names.has(field))).toEqual([]);
  });
});

describe('fixtures/conformance.md', () => {
  test('is what `npm run build:conformance` writes', () => {
    expect(readFileSync(FILE, 'utf8')).toBe(table());
  }, 180_000);

  test('has a line for every field, and no blank cell', () => {
    expect(rows.map(([field]) => field)).toEqual(FIELDS.map((field) => `\`${field}\``));
    for (const row of rows) expect(row.map((cell) => cell.trim()).filter(Boolean), row[0]).toHaveLength(6);
  });
});

test.each([
  ['/process/commandLine', 'true'],
  ['/process/user/username', 'somebody'],
])('%s is for another platform, and changes nothing', (pointer, value) => {
  const config = fixture('runc');
  const stepsOf = (text: string) => plan(text, request(V1)).steps.map(({ text: words }) => words);
  expect(stepsOf(changed(config, { [pointer]: value }))).toEqual(stepsOf(config));
});
