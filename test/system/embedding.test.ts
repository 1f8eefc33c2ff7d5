// spec.wasm in a language that is not JavaScript: fixtures/examples/c, built as its first lines say.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { load } from '../../src/spec/index.ts';

const project = join(import.meta.dirname, '../..');
const SOURCE = join(project, 'fixtures/examples/c/lint.c');
const WASM = join(project, 'src/spec/spec.wasm');
const DOCKER = join(project, 'fixtures/configs/docker.json');
const FAULTY = join(project, 'fixtures/playground/faulty.json');

const missing = ['wasm2c', 'cc'].filter((tool) => spawnSync(tool, ['--version']).status !== 0);
if (missing.length > 0) {
  console.warn(`embedding.test.ts: ${missing} is missing: no C is tried. apt-get install wabt gcc libc6-dev`);
}

describe.skipIf(missing.length > 0)('from C', () => {
  const home = mkdtempSync(join(tmpdir(), 'orlop-embedding-'));
  afterAll(() => rmSync(home, { recursive: true }));

  beforeAll(() => {
    copyFileSync(SOURCE, join(home, 'lint.c'));
    copyFileSync(WASM, join(home, 'spec.wasm'));
    const commands = [...readFileSync(SOURCE, 'utf8').matchAll(/^ \* {5}(wasm2c|cc) .*$/gm)].map(([line]) =>
      line.slice(7),
    );
    expect(commands).toHaveLength(2);
    const built = spawnSync('sh', ['-ec', commands.join('\n')], { cwd: home, encoding: 'utf8' });
    expect(built.stderr).toBe('');
  }, 300_000);

  const lint = (...files: string[]) => spawnSync(join(home, 'lint'), files, { encoding: 'utf8' });

  test('it says what the library says, file by file', async () => {
    const spec = await load(readFileSync(WASM));
    const { stdout, status } = lint(DOCKER, FAULTY, DOCKER);
    expect(status).toBe(1);
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers).toEqual([DOCKER, FAULTY, DOCKER].map((file) => ({ version: 1, ...spec.lint(readFileSync(file)) })));
  });

  test('exit codes', () => {
    expect(lint(DOCKER).status).toBe(0);
    expect(lint('/nowhere/config.json')).toMatchObject({ status: 2, stdout: '' });
  });
});
