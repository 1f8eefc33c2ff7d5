// Builds dist/playground/index.html: `bun src/build-playground.ts`, after `npm run build:wasm`.
//
// One file that carries everything, since a browser loads no modules for a page that is itself a file. Its policy forbids
// all that is not in it, by the hashes taken here: the page cannot reach a network, whatever is put into it.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const SOURCE = 'src/playground';
const TARGET = 'dist/playground/index.html';

const EXAMPLES = [
  { title: 'One with mistakes', file: 'fixtures/playground/faulty.json' },
  { title: 'runc spec', file: 'fixtures/configs/runc.json' },
  { title: 'crun spec', file: 'fixtures/configs/crun.json' },
  { title: 'A container of Docker', file: 'fixtures/configs/docker.json' },
  { title: 'Every field there is', file: 'fixtures/configs/everything.json' },
];

/** The code of others that ends up in the page, with the texts that have to go with it. */
const PACKAGES = [
  '@codemirror/view',
  '@lezer/common',
  'crelt',
  'style-mod',
  'w3c-keyname',
  '@marijn/find-cluster-break',
];

const script = bundle();
const style = read(`${SOURCE}/style.css`);
const nonce = hash(style).slice(0, 22);
const parts: Record<string, string> = {
  policy: [
    "default-src 'none'",
    `script-src 'sha256-${hash(script)}' 'wasm-unsafe-eval'`,
    // What the editor adds at run time has the nonce. It is no secret: there is no way to put an element into the page.
    `style-src 'nonce-${nonce}'`,
    'img-src blob: data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  nonce,
  style,
  data: [
    data('spec.wasm', gzipSync(readFileSync('src/spec/spec.wasm'), { level: 9 }).toString('base64')),
    data('examples.json', JSON.stringify(EXAMPLES.map(({ title, file }) => ({ title, text: read(file) })))),
    `<!--\n${licenses()}\n-->`,
  ].join('\n'),
  script,
};
const page = read(`${SOURCE}/index.html`).replaceAll(/\{\{(\w+)\}\}/g, (_all, name) => parts[name] ?? '');
mkdirSync('dist/playground', { recursive: true });
writeFileSync(TARGET, page);
console.log(`${TARGET}: ${page.length} bytes, ${gzipSync(page).length} with gzip`);

function bundle(): string {
  const built = spawnSync(
    process.execPath,
    ['build', `${SOURCE}/main.ts`, '--target=browser', '--format=iife', '--minify'],
    { encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  if (built.status !== 0) throw new Error(`bun build ${SOURCE}/main.ts failed:\n${built.stderr}`);
  return inScript(built.stdout);
}

/** Not run, only read by its id. */
function data(id: string, text: string): string {
  return `<script type="text/plain" id="${id}">${inScript(text.replaceAll('<', '\\u003c'))}</script>`;
}

/** What stands in a script element as it is: nothing that would end it. */
function inScript(text: string): string {
  if (/<\/script|<!--/i.test(text)) throw new Error('the page would end in the middle of a script');
  return text;
}

function licenses(): string {
  const texts = PACKAGES.map((name) => {
    const folder = `node_modules/${name}`;
    return existsSync(`${folder}/LICENSE`) ? read(`${folder}/LICENSE`) : read(`${folder}/LICENSE.md`);
  });
  return [...new Set(texts)].join('\n').replaceAll('--', '- -');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function read(file: string): string {
  return readFileSync(file, 'utf8');
}
