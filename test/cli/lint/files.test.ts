import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builds, CLEAN, Desk, DOUBTFUL, FAULTY } from './calling.ts';

const desk = new Desk();
beforeAll(() => {
  desk.write({
    'config.json': CLEAN,
    'one/config.json': CLEAN,
    'one/rootfs/app/config.json': '{}',
    'one/hooks/config.json': CLEAN,
    'two/config.json': CLEAN,
    'two/other.json': CLEAN,
    'two/my-config.json': CLEAN,
    '.git/config.json': '{}',
    '.hidden/config.json': CLEAN,
    'node_modules/package/config.json': '{}',
    'three/deep/down/config.json': CLEAN,
    'three/rootfs/config.json': CLEAN,
    'three/[a].json': CLEAN,
    'empty/nothing.txt': '',
  });
  symlinkSync('config.json', desk.path('two/linked.json'));
  symlinkSync('..', desk.path('three/loop'));
  mkdirSync(desk.path('linked'));
  symlinkSync('../two/config.json', desk.path('linked/config.json'));
});
afterAll(() => desk.remove());

const named = (...words: string[]): string[] => Object.keys(desk.places('--', ...words));

describe.each(builds())('$name', (build) => {
  test('the file of the working directory, if none is named', () => {
    const { stdout, status } = desk.call(['lint', '--format', 'json'], { build });
    expect(JSON.parse(stdout)).toEqual({ files: [{ file: 'config.json', diagnostics: [] }] });
    expect(status).toBe(0);
  });

  test('standard input', () => {
    const { stdout, status } = desk.call(['lint', '--format', 'json', '-'], { build, input: FAULTY });
    expect(JSON.parse(stdout)).toMatchObject({ files: [{ file: '-', diagnostics: [{ rule: 'OCI302' }] }] });
    expect(status).toBe(1);
  });

  test('a pattern', () => {
    const { stdout } = desk.call(['lint', '-f', 'json', 't*/*.json'], { build });
    const files = JSON.parse(stdout).files.map(({ file }: { file: string }) => file);
    expect(files).toEqual([
      'three/[a].json',
      'two/config.json',
      'two/linked.json',
      'two/my-config.json',
      'two/other.json',
    ]);
  });
});

test('a directory: each config.json below it that somebody has written', () => {
  const all = [
    '.hidden/config.json',
    'config.json',
    'linked/config.json',
    'one/config.json',
    'one/hooks/config.json',
    'three/deep/down/config.json',
    'three/rootfs/config.json',
    'two/config.json',
  ];
  expect(named('.')).toEqual(all);
  expect(named(desk.directory)).toEqual(all.map((name) => desk.path(name)));
  expect(named('one/', 'two')).toEqual(['one/config.json', 'one/hooks/config.json', 'two/config.json']);
});

test.each([
  ['**/config.json', 7],
  ['{one,two}/**/config.json', 3],
  ['three/**/*.json', 3],
  ['*', 1],
  ['./*.json', 1],
  ['one/config.json', 1],
  ['three/[a].json', 1],
])('%s matches %i', (pattern, count) => expect(named(pattern)).toHaveLength(count));

test('a file is checked once, however often it is named', () => {
  expect(named('one/config.json', 'one', 'one/*.json')).toEqual(['one/config.json', 'one/hooks/config.json']);
});

test('whatever its name is, a file that is named is checked', () => {
  expect(named('two/other.json', 'one/rootfs/app/config.json')).toHaveLength(2);
});

describe('what is not there is told, and the rest is checked', () => {
  test.each([
    ['missing.json', 'open("missing.json") failed: ENOENT'],
    ['empty', 'lint empty: no config.json in it'],
    ['nothing/*.json', 'nothing'],
    ['*.yaml', 'lint *.yaml: no file matches'],
  ])('%s', (word, message) => {
    const { status, stdout, stderr } = desk.call(['lint', '-f', 'json', word, 'config.json']);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain('= help: ');
    expect(JSON.parse(stdout).files).toHaveLength(1);
  });

  test('nothing is summed up where no file was read', () => {
    const { stdout, stderr } = desk.call(['lint', 'missing.json']);
    expect(stderr).toContain('ENOENT');
    expect(stdout).toBe('');
  });

  test('a directory that cannot be read', () => {
    if (process.geteuid?.() === 0) {
      console.warn('files.test.ts: a directory that cannot be read is skipped: root reads all');
      return;
    }
    desk.write({ 'closed/one/config.json': CLEAN, 'closed/two/config.json': CLEAN });
    chmodSync(desk.path('closed/one'), 0);
    const { status, stderr } = desk.call(['lint', 'closed']);
    chmodSync(desk.path('closed/one'), 0o755);
    expect(status).toBe(2);
    expect(stderr).toContain('EACCES');
  });
});

test('a thousand, with one in them that has findings', () => {
  const many = new Desk();
  try {
    for (let index = 0; index < 1000; index++)
      many.write({ [`b${index}/config.json`]: index === 500 ? DOUBTFUL : CLEAN });
    const { stdout, stderr, status } = many.call(['lint', '.']);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('1 warning in 1000 files; --fix corrects 1');
    expect([status, stderr]).toEqual([0, '']);
  } finally {
    many.remove();
  }
});
