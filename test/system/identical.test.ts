// A launch image depends on the config and the request alone: not on the engine, the working directory or the time.

import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const PROJECT = join(import.meta.dirname, '../..');

const SCRIPT = `
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
const [project] = process.argv.slice(-1);
const { SpecDocument } = await import(project + '/dist/spec/index.js');
const wasm = new WebAssembly.Module(readFileSync(project + '/dist/spec/spec.wasm'));
for (const name of ['runc', 'crun', 'docker']) {
  const document = new SpecDocument(wasm, readFileSync(project + '/fixtures/configs/' + name + '.json'));
  document.prepare({ version: 1, id: 'same', bundle: '/bundle', ignoreUnsupported: true });
  console.log(name, createHash('sha256').update(document.image('/root')).digest('hex'));
}
`;

function hashes(command: string[], cwd: string, env: Record<string, string> = {}): string {
  const [file = '', ...args] = command;
  const result = spawnSync(file, [...args, PROJECT], {
    cwd,
    env: { ...process.env, ...env },
    input: SCRIPT,
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`${command.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

it('is the same on Node and Bun, anywhere, at any time', () => {
  const node = [process.execPath, '--input-type=module', '-'];
  const bun = [join(PROJECT, 'node_modules/.bin/bun'), 'run', '-'];
  const first = hashes(node, PROJECT);
  expect(first.trim().split('\n')).toHaveLength(3);
  expect(hashes(node, tmpdir(), { TZ: 'Pacific/Auckland', LC_ALL: 'C' })).toBe(first);
  expect(hashes(bun, '/')).toBe(first);
});
