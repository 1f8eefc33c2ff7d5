import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

// Imports point one way. A folder of this table may import those beside it, and itself.

const HOST: Record<string, string[]> = {
  error: [],
  version: [],
  linux: ['error'],
  launch: ['linux', 'error'],
  spec: ['error', 'version'],
  playground: ['spec', 'error'],
  editor: ['spec', 'error', 'version'],
  container: ['launch', 'linux', 'spec', 'error', 'version'],
  cli: ['container', 'launch', 'linux', 'editor', 'spec', 'error', 'version'],
  // The library's face, and what makes one file of the command line.
  index: ['container', 'launch', 'linux', 'spec', 'error', 'version'],
  'build-executable': ['build-compiled', 'error', 'version'],
  'build-compiled': [],
  'build-playground': [],
  'build-lint-schema': ['spec'],
  'build-syscalls': [],
};

const MODULE: Record<string, string[]> = {
  abort: [],
  rules: [],
  json: ['report'],
  report: ['json', 'rules'],
  spec: ['json', 'report'],
  bpf: ['spec', 'json', 'report'],
  plan: ['bpf', 'spec', 'json', 'report'],
  lint: ['plan', 'spec', 'json', 'report', 'rules'],
  image: ['plan', 'spec', 'json', 'report'],
  abi: ['json'],
  launch: ['abi', 'image', 'plan', 'spec', 'json', 'report'],
  index: ['launch', 'abi', 'bpf', 'lint', 'json', 'report'],
};

const root = join(import.meta.dirname, '..');

interface Import {
  file: string;
  specifier: string;
}

function filesOf(folder: string): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
}

/** Every import, export from, dynamic import and require of a folder; types too: they couple as well as values. */
function importsOf(folder: string): Import[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\b(?:import|require)\(\s*['"]([^'"]+)['"]/g;
  return filesOf(folder).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(pattern)].map((match) => ({
      file,
      specifier: match[1] ?? match[2] ?? match[3] ?? '',
    })),
  );
}

/** `container` for src/container/create.ts, `error` for src/error.ts. */
function unitOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.ts$/, '');
}

function wrongWays(imports: Import[], allowed: Record<string, string[]>): string[] {
  return imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .filter(({ file, specifier }) => {
      const from = unitOf(file);
      const to = unitOf(normalize(join(dirname(file), specifier)));
      return from !== to && !allowed[from]?.includes(to);
    })
    .map(({ file, specifier }) => `${file} → ${specifier}`);
}

describe('the host', () => {
  const imports = importsOf('src');

  test('imports point one way', () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(wrongWays(imports, HOST)).toEqual([]);
  });

  test('the translator needs no Node, nor does what editors show', () => {
    const inSpec = filesOf('src/spec').filter((file) => file !== 'src/spec/embedded.ts');
    const portable = [...inSpec, ...filesOf('src/editor'), 'src/error.ts', 'src/version.ts'];
    const reached = imports.filter(({ file }) => portable.includes(file));
    const outside = reached
      .filter(({ file, specifier }) => !portable.includes(normalize(join(dirname(file), specifier))))
      .map(({ file, specifier }) => `${file} → ${specifier}`);
    expect(outside).toEqual([]);
    for (const file of portable)
      expect(readFileSync(join(root, file), 'utf8')).not.toMatch(/['"]node:|(?<![./])\bprocess\.(?!ts\b)\w|\bBuffer\b/);
  });

  /** Where each package may be imported: what a start loads has koffi alone. */
  const PACKAGES: Record<string, string | RegExp> = {
    koffi: 'src/linux/',
    picocolors: 'src/cli/lint/',
    picomatch: 'src/cli/lint/',
    diff: 'src/cli/',
    'jsonc-parser': /^src\/cli\/(lint|lsp)\//,
    'vscode-languageserver': 'src/cli/lsp/',
    'vscode-languageserver-textdocument': 'src/cli/lsp/',
    // Types alone.
    sarif: 'src/cli/lint/',
  };

  const packagesOf = (wanted: (file: string) => boolean) =>
    imports.filter(
      ({ file, specifier }) => wanted(file) && !specifier.startsWith('.') && !specifier.startsWith('node:'),
    );
  const nameOf = (specifier: string) => specifier.split('/')[0] ?? '';

  test('the playground is bundled: what it takes is needed for the build only', () => {
    const packages = packagesOf((file) => unitOf(file) === 'playground');
    expect(new Set(packages.map(({ specifier }) => nameOf(specifier)))).toEqual(new Set(['@codemirror', '@lezer']));
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    for (const { specifier } of packages) expect(devDependencies).toHaveProperty([specifier]);
  });

  test('few packages, each in its place, and Node', () => {
    const packages = packagesOf((file) => unitOf(file) !== 'playground');
    expect(new Set(packages.map(({ specifier }) => nameOf(specifier)))).toEqual(new Set(Object.keys(PACKAGES)));
    for (const { file, specifier } of packages) expect(file).toMatch(PACKAGES[nameOf(specifier)] as string | RegExp);
    for (const { specifier } of imports) {
      if (specifier.startsWith('node:')) expect(builtinModules).toContain(specifier.slice(5));
    }
  });

  test('relative imports name their file', () => {
    const bare = imports.filter(({ specifier }) => specifier.startsWith('.') && !/\.\w+$/.test(specifier));
    expect(bare).toEqual([]);
  });
});

describe('the module', () => {
  const imports = importsOf('assembly');

  test('imports point one way', () => {
    expect(imports.length).toBeGreaterThan(50);
    expect(wrongWays(imports, MODULE)).toEqual([]);
  });

  test('it has no dependencies', () => {
    expect(imports.filter(({ specifier }) => !specifier.startsWith('.'))).toEqual([]);
  });

  const LAUNCH = ['memory', 'abiVersion', 'allocate', 'reset', 'plan', 'prepare', 'image', 'result', 'resultLength'];

  test.each([
    ['spec', [...LAUNCH, 'lint', 'fix', 'rules', 'systemCalls'], []],
    ['launch', LAUNCH, ['lint', 'fix', 'rules', 'systemCalls']],
  ])('any engine can load %s.wasm: it imports nothing', (name, has, lacks) => {
    const module = new WebAssembly.Module(readFileSync(join(root, `src/spec/${name}.wasm`)));
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    const names = WebAssembly.Module.exports(module).map((entry) => entry.name);
    expect(names).toEqual(expect.arrayContaining(has));
    for (const missing of lacks) expect(names).not.toContain(missing);
  });
});
