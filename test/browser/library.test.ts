// `orlop/spec` as others get it: out of the packed package, in every engine that there is. It is unpacked and not
// installed: the library has no dependencies, not even those of the rest of the package.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Chromium, hasChromium, warnWithout } from './support/chromium.ts';

warnWithout('library.test.ts');

const project = join(import.meta.dirname, '../..');
const home = mkdtempSync(join(tmpdir(), 'orlop-library-'));
const installed = join(home, 'node_modules/orlop');
afterAll(() => rmSync(home, { recursive: true }));

/** What every engine runs: `source` is spec.wasm in the form that the engine has. It answers in short what came of it. */
const PROGRAM = `
import { diff, graph, load, OrlopError } from 'SPECIFIER';

export async function use(source, config) {
  const spec = await load(source);
  const { plan, bytes, rows } = spec.image(config);
  let refused;
  try {
    spec.plan('{}');
  } catch (error) {
    refused = error instanceof OrlopError && error.code;
  }
  return JSON.stringify({
    lint: spec.lint(config, { preset: 'strict', targets: ['runc@1.1'] }),
    same: JSON.stringify(spec.lint(new TextEncoder().encode(config))) === JSON.stringify(spec.lint(config)),
    fixed: spec.fix(config, { unsafe: true }),
    rules: spec.rules().length,
    steps: plan.steps.map(({ text }) => text),
    image: [bytes.length, rows.length],
    drawing: graph(plan),
    changes: diff(plan, spec.plan(config.replace('CAP_KILL', 'CAP_SYS_ADMIN'))),
    refused,
  });
}
`;

const IN_FILES = `
import { readFile } from 'node:fs/promises';
import { use } from './program.mjs';
const wasm = readFile(new URL(import.meta.resolve('orlop/spec.wasm')));
`;
const MAIN = `${IN_FILES}
console.log(await use(wasm, await readFile('config.json', 'utf8')));
`;
const WORKER = `${IN_FILES}
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
if (isMainThread) {
  // One thread compiles, the other one asks.
  const worker = new Worker(new URL(import.meta.url));
  worker.postMessage(await WebAssembly.compile(await wasm));
  worker.once('message', (answer) => {
    console.log(answer);
    worker.terminate();
  });
} else {
  parentPort.once('message', async (module) => parentPort.postMessage(await use(module, await readFile('config.json', 'utf8'))));
}
`;
const WEB = `
import { use } from './web.mjs';
const config = fetch('config.json').then((response) => response.text());
const wasm = fetch('node_modules/orlop/dist/spec/spec.wasm');
`;
const TYPED = `
import { type Diagnostic, load, OrlopError, type Plan, type Rule, SpecDocument } from 'orlop/spec';

const spec = await load(fetch('spec.wasm'));
const diagnostics: Diagnostic[] = spec.lint('{}', { preset: 'hardened', ignores: [{ rule: 'OCI905', reason: '' }] }).diagnostics;
const text: string = spec.fix('{}').text;
const bytes: Uint8Array = spec.fix(new Uint8Array()).text;
const rules: Rule[] = spec.rules();
const plan: Plan = new SpecDocument(spec.module, bytes).plan({ version: 1, facts: { uid: 1000 } });
// @ts-expect-error: no such preset
spec.lint(text, { preset: 'harder' });
export { diagnostics, OrlopError, plan, rules };
`;

beforeAll(() => {
  const packed = spawnSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', home], {
    cwd: project,
    encoding: 'utf8',
  });
  const [{ filename }] = JSON.parse(packed.stdout);
  mkdirSync(installed, { recursive: true });
  const unpacked = spawnSync('tar', ['-xf', join(home, filename), '-C', installed, '--strip-components=1']);
  expect(unpacked.status).toBe(0);
  const files = {
    'config.json': readFileSync(join(project, 'fixtures/configs/docker.json'), 'utf8'),
    'package.json': '{ "type": "module" }',
    'program.mjs': PROGRAM.replace('SPECIFIER', 'orlop/spec'),
    'main.mjs': MAIN,
    'worker.mjs': WORKER,
    'web.mjs': PROGRAM.replace('SPECIFIER', './node_modules/orlop/dist/spec/index.js'),
    'web-page.mjs': `${WEB}\nglobalThis.answer = await use(wasm, await config);`,
    'web-worker.mjs': `${WEB}\npostMessage(await use(wasm, await config));`,
    'index.html': '<!doctype html><script type="module" src="web-page.mjs"></script>',
    'typed.ts': TYPED,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text);
});

/** The answer of Node, which that of all others has to be. */
function answerOf(command: string, ...words: string[]): string {
  const { stdout, stderr } = spawnSync(command, words, { cwd: home, encoding: 'utf8' });
  return stdout.trim() || stderr;
}

const inNode = (): string => answerOf(process.execPath, 'main.mjs');

test('Node', () => {
  const answer = JSON.parse(inNode());
  expect(answer).toMatchObject({ same: true, refused: 'spec/invalid' });
  expect(answer.lint.diagnostics.length).toBeGreaterThan(10);
  expect(answer.fixed.fixes).toBeGreaterThan(0);
  expect(answer.rules).toBeGreaterThan(100);
});

test.each([
  ['a worker of Node', [process.execPath, 'worker.mjs']],
  ['Bun', [join(project, 'node_modules/.bin/bun'), 'main.mjs']],
  ['a worker of Bun', [join(project, 'node_modules/.bin/bun'), 'worker.mjs']],
])('%s', (_name, [command = '', ...words]) => {
  expect(answerOf(command, ...words)).toBe(inNode());
});

test('the example of the README', () => {
  const readme = readFileSync(join(project, 'README.md'), 'utf8');
  const [example] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');
  expect(example).toContain('orlop/spec');
  writeFileSync(join(home, 'readme.mjs'), example ?? '');
  const lines = answerOf(process.execPath, 'readme.mjs').split('\n');
  expect(lines.at(-1)).toMatch(/^\d+ steps, \d+ calls, \d+ bytes$/);
  expect(lines.slice(0, -1)).toHaveLength(lines.filter((line) => /^\d+: OCI\d{3} .+ \(.*\)$/.test(line)).length);
  expect(lines.length).toBeGreaterThan(5);
});

describe.skipIf(!hasChromium)('Chromium', () => {
  const TYPES: Record<string, string> = { '.html': 'text/html', '.mjs': 'text/javascript', '.js': 'text/javascript' };
  let chromium: Chromium;
  let server: Server;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = new URL(request.url ?? '', 'http://localhost').pathname;
      try {
        const bytes = readFileSync(join(home, path === '/' ? 'index.html' : path));
        response.writeHead(200, {
          'content-type': TYPES[extname(path)] ?? (path === '/' ? 'text/html' : 'text/plain'),
        });
        response.end(bytes);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    chromium = await Chromium.start();
  });
  afterAll(async () => {
    await chromium?.stop();
    server.close();
  });

  test('a page', async () => {
    const page = await chromium.browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => 'answer' in globalThis);
    expect(await page.evaluate('answer')).toBe(inNode());
  });

  test('a worker', async () => {
    const page = await chromium.browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/config.json`);
    const answer = page.evaluate(
      () =>
        new Promise((answered, failed) => {
          const worker = new Worker('web-worker.mjs', { type: 'module' });
          worker.onmessage = ({ data }) => answered(data);
          worker.onerror = ({ message }) => failed(new Error(message));
        }),
    );
    expect(await answer).toBe(inNode());
  });
});

describe('the package', () => {
  test.each(['nodenext', 'bundler'])('has types for TypeScript with moduleResolution %s', (resolution) => {
    const options = {
      module: resolution === 'bundler' ? 'esnext' : 'nodenext',
      moduleResolution: resolution,
      target: 'es2022',
      lib: ['es2022', 'dom'],
      types: [],
      strict: true,
      noEmit: true,
    };
    const config = join(home, `tsconfig.${resolution}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions: options, files: ['typed.ts'] }));
    const { stdout } = spawnSync(process.execPath, [join(project, 'node_modules/typescript/bin/tsc'), '-p', config], {
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
  });

  test('is one that publint has nothing to say of', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test('carries neither the executable nor the playground', () => {
    expect(spawnSync('find', ['dist', '-size', '+600k'], { cwd: installed, encoding: 'utf8' }).stdout).toBe('');
    expect(spawnSync('find', ['dist', '-name', '*.html'], { cwd: installed, encoding: 'utf8' }).stdout).toBe('');
  });
});
