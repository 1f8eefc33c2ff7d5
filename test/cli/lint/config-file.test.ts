import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../../src/spec/types.ts';
import { builds, CLEAN, Desk, DOUBTFUL, FAULTY, MISSPELT } from './calling.ts';

let desk = new Desk();
afterEach(() => {
  desk.remove();
  desk = new Desk();
});
afterAll(() => desk.remove());

interface Outcome {
  status: number | null;
  stderr: string;
  files: Record<string, Diagnostic[]>;
}

function lint(...args: string[]): Outcome {
  const { status, stdout, stderr } = desk.call(['lint', '-f', 'json', ...args]);
  const files = JSON.parse(stdout).files as { file: string; diagnostics: Diagnostic[] }[];
  return { status, stderr, files: Object.fromEntries(files.map(({ file, diagnostics }) => [file, diagnostics])) };
}

const rulesOf = (findings: Diagnostic[] | undefined): string[] => (findings ?? []).map(({ rule }) => rule);

describe.each(builds())('$name', (build) => {
  test('preset, rules, ignores and targets', () => {
    desk.write({
      'config.json': DOUBTFUL,
      'features.json': { linux: { namespaces: ['mount'] } },
      '.orlop.json': {
        $schema: './node_modules/orlop/dist/spec/lint.schema.json',
        preset: 'hardened',
        rules: { OCI301: 'info', 'no-seccomp': 'off' },
        ignores: [{ rule: 'OCI916', path: '/linux', reason: 'limited from outside' }],
        targets: ['runc@1.1', 'features.json'],
      },
    });
    const { stdout } = desk.call(['lint', '-f', 'json'], { build });
    const found = JSON.parse(stdout).files[0].diagnostics.map(
      ({ rule, severity }: Diagnostic) => `${severity} ${rule}`,
    );
    expect(found).toContain('info OCI301');
    expect(found).toContain('error OCI802');
    expect(found).toContain('warning OCI917');
    for (const silent of ['OCI905', 'OCI916']) expect(found.join()).not.toContain(silent);
  });

  test('what is wrong with it is a finding in it', () => {
    desk.write({ 'config.json': FAULTY, '.orlop.json': '{\n  "preset": "recomended"\n}\n' });
    const { status, stdout, stderr } = desk.call(['lint'], { build });
    expect(stdout).toContain('.orlop.json:2:13 /preset\n 2 │   "preset": "recomended"\n');
    expect(stdout).toContain('did you mean "recommended"?');
    expect(stderr).toContain('a config is not checked');
    expect(status).toBe(2);
  });
});

describe('found', () => {
  const OFF = { rules: { OCI301: 'off' } };

  test('from the config upward, the nearest one', () => {
    desk.write({
      '.orlop.json': OFF,
      'a/b/config.json': DOUBTFUL,
      'a/c/.orlop.json': {},
      'a/c/config.json': DOUBTFUL,
      'a/c/d/config.json': DOUBTFUL,
    });
    const { files } = lint('a');
    expect(Object.values(files).map(rulesOf)).toEqual([[], ['OCI301'], ['OCI301']]);
    expect(rulesOf(lint(desk.path('a/b/config.json')).files[desk.path('a/b/config.json')])).toEqual([]);
  });

  test('for standard input in the working directory', () => {
    desk.write({ '.orlop.json': OFF });
    expect(desk.call(['lint', '-'], { input: DOUBTFUL }).stdout).toContain('nothing found');
  });

  test('in package.json', () => {
    desk.write({ 'package.json': { name: 'x', orlop: OFF }, 'b/config.json': DOUBTFUL });
    expect(rulesOf(lint('b').files['b/config.json'])).toEqual([]);
  });

  test('past a package.json that has none, or is none', () => {
    desk.write({ '.orlop.json': OFF, 'b/package.json': { name: 'orlop' }, 'b/config.json': DOUBTFUL });
    expect(rulesOf(lint('b').files['b/config.json'])).toEqual([]);
    desk.write({ 'b/package.json': '{' });
    expect(rulesOf(lint('b').files['b/config.json'])).toEqual([]);
  });

  test('.orlop.json before package.json', () => {
    desk.write({ '.orlop.json': OFF, 'package.json': { orlop: {} }, 'config.json': DOUBTFUL });
    expect(rulesOf(lint('config.json').files['config.json'])).toEqual([]);
  });
});

describe('the command line has the last word', () => {
  test('on presets, rules and targets', () => {
    desk.write({
      'config.json': DOUBTFUL,
      '.orlop.json': { preset: 'none', rules: { 'relative-destination': 'off' }, targets: ['crun'] },
    });
    expect(rulesOf(lint().files['config.json'])).toEqual([]);
    expect(rulesOf(lint('--preset', 'recommended').files['config.json'])).toEqual([]);
    expect(rulesOf(lint('--rule', 'OCI301=error').files['config.json'])).toEqual(['OCI301']);
    expect(rulesOf(lint('--rule', 'relative-destination=error').files['config.json'])).toEqual(['OCI301']);
  });

  test('--fix obeys what is ignored', () => {
    desk.write({
      'config.json': DOUBTFUL,
      '.orlop.json': { ignores: [{ rule: 'OCI301', path: '/mounts/*', reason: 'an old runtime' }] },
    });
    desk.call(['lint', '--fix']);
    expect(desk.read('config.json')).toBe(DOUBTFUL);
  });
});

describe('ignores', () => {
  const ignores = [
    { rule: 'OCI301', path: '/mounts/0', reason: 'as it is' },
    { rule: 'misspelt-option', path: '/mounts', reason: 'gone' },
    { rule: 'OCI917', reason: 'never was' },
  ];

  test('that nothing needs are findings at their place', () => {
    desk.write({ 'config.json': DOUBTFUL, '.orlop.json': { ignores } });
    const { status, files } = lint();
    expect(files['config.json']).toEqual([]);
    expect(files['.orlop.json']).toMatchObject([
      {
        rule: 'OCI017',
        name: 'unused-ignore',
        severity: 'warning',
        path: '/ignores/1',
        line: 8,
        column: 5,
        endLine: 12,
      },
      { rule: 'OCI017', path: '/ignores/2', message: 'nothing needs this ignore of OCI917' },
    ]);
    expect(status).toBe(0);
    expect(lint('--max-warnings', '0').status).toBe(1);
    expect(lint('--rule', 'unused-ignore=error').status).toBe(1);
    expect(lint('--rule', 'OCI017=off').files['.orlop.json']).toBeUndefined();
    desk.write({ '.orlop.json': { ignores, rules: { OCI017: 'off' } } });
    expect(lint().files['.orlop.json']).toBeUndefined();
    expect(lint('--rule', 'unused-ignore=error').status).toBe(1);
  });

  test('are needed if one of all configs needs them', () => {
    desk.write({
      'a/config.json': DOUBTFUL,
      'b/config.json': MISSPELT,
      '.orlop.json': { ignores: ignores.slice(0, 2) },
    });
    expect(Object.keys(lint('.').files)).toEqual(['a/config.json', 'b/config.json']);
    expect(lint('a').files['.orlop.json']).toHaveLength(1);
  });

  test('in package.json are found there', () => {
    desk.write({ 'config.json': CLEAN, 'package.json': { name: 'ü', orlop: { ignores: ignores.slice(0, 1) } } });
    expect(lint().files['package.json']).toMatchObject([{ path: '/orlop/ignores/0', line: 5, column: 7, endLine: 9 }]);
  });
});

describe('what is wrong is told at its place', () => {
  test.each([
    ['{', 'OCI001', '', 1],
    ['', 'OCI001', '', 1],
    ['[]', 'OCI004', '', 1],
    ['{\n "preset": 1 }', 'OCI004', '/preset', 2],
    ['{\n "presets": "spec" }', 'OCI003', '/presets', 2],
    ['{\n "rules": { "OCI999": "off" } }', 'OCI004', '/rules/OCI999', 2],
    ['{\n "rules": { "OCI302": "of" } }', 'OCI004', '/rules/OCI302', 2],
    ['{ "ignores": [\n { "rule": "OCI302" }] }', 'OCI015', '/ignores/0', 2],
    ['{ "ignores": [\n { "rule": "OCI302",\n "reason": "" }] }', 'OCI004', '/ignores/0/reason', 3],
    ['{ "targets": [\n "dockre" ] }', 'OCI004', '/targets/0', 2],
    ['{ "targets": [ "runc",\n\n "missing.json" ] }', 'OCI004', '/targets/1', 3],
    ['{\n "unsafe": true }', 'OCI003', '/unsafe', 2],
    ['{\n "preset": "spec",\n "preset": "none" }', 'OCI002', '/preset', 3],
  ])('%j', (text, rule, path, line) => {
    desk.write({ 'config.json': DOUBTFUL, '.orlop.json': text });
    const { status, files, stderr } = lint();
    expect(Object.keys(files)).toEqual(['.orlop.json']);
    expect(files['.orlop.json']).toMatchObject([{ rule, path, line, severity: 'error' }]);
    expect(stderr).toContain('a config is not checked');
    expect(status).toBe(2);
  });

  test('all of it at once, in the order of the file', () => {
    desk.write({
      'config.json': DOUBTFUL,
      '.orlop.json': { unsafe: true, targets: ['./none.json', 'dockre'], preset: 'all', rules: { x: 'off' } },
    });
    expect(lint().files['.orlop.json']?.map(({ path }) => path)).toEqual([
      '/unsafe',
      '/targets/0',
      '/targets/1',
      '/preset',
      '/rules/x',
    ]);
  });

  test('in package.json too', () => {
    desk.write({ 'config.json': DOUBTFUL, 'package.json': '{ "name": "x",\n  "orlop": {\n    "preset": "all" } }' });
    expect(lint().files['package.json']).toMatchObject([{ path: '/orlop/preset', line: 3, column: 15 }]);
    desk.write({ 'package.json': '{ "name": "x",\n  "orlop": "all" }' });
    expect(lint().files['package.json']).toMatchObject([{ path: '/orlop', line: 2, column: 12 }]);
  });

  test('configs of other directories are checked', () => {
    desk.write({ 'a/config.json': FAULTY, 'b/config.json': FAULTY, 'b/.orlop.json': '{' });
    const { files, status } = lint('.');
    expect(Object.keys(files)).toEqual(['a/config.json', 'b/.orlop.json']);
    expect(status).toBe(2);
  });
});
