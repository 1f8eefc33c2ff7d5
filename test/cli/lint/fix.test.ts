import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { builds, CLEAN, Desk, DOUBTFUL, FAULTY, fastest, MISSPELT } from './calling.ts';

const desk = new Desk();
beforeEach(() => {
  desk.write({ 'faulty.json': FAULTY, 'doubtful.json': DOUBTFUL, 'misspelt.json': MISSPELT, 'clean.json': CLEAN });
});
afterAll(() => desk.remove());

const isRoot = process.geteuid?.() === 0;
if (!isRoot) console.warn('fix.test.ts: owners and a full filesystem are skipped: be root');

describe.each(builds())('$name', (build) => {
  test('--fix', () => {
    const { status, stdout } = desk.call(['lint', '--fix', 'faulty.json', 'doubtful.json', 'clean.json'], { build });
    expect([status, stdout]).toEqual([0, '2 fixes applied; nothing found in 3 files\n']);
    expect(desk.read('faulty.json')).toBe(FAULTY.replace('"/srv"', '"/srv",\n      "options": ["rbind"]'));
    expect(desk.read('doubtful.json')).toBe(DOUBTFUL.replace('"data"', '"/data"'));
    expect(desk.read('clean.json')).toBe(CLEAN);
    expect(desk.call(['lint', '--fix', 'faulty.json'], { build }).stdout).toBe('nothing found in 1 file\n');
  });

  test('--fix=unsafe', () => {
    expect(desk.call(['lint', '--fix', 'misspelt.json'], { build }).stdout).toContain('--fix=unsafe corrects 1');
    expect(desk.read('misspelt.json')).toBe(MISSPELT);
    expect(desk.call(['lint', '--fix=unsafe', 'misspelt.json'], { build }).stdout).toContain('1 fix applied');
    expect(desk.read('misspelt.json')).toBe(MISSPELT.replace('nosiud', 'nosuid'));
  });

  test('--fix-dry-run', () => {
    const { status, stdout, stderr } = desk.call(['lint', '--fix-dry-run', 'doubtful.json', 'faulty.json'], { build });
    expect(stdout).toContain('--- a/doubtful.json\n+++ b/doubtful.json\n@@ -24,9 +24,9 @@');
    expect(stdout).toContain('-      "destination": "data",\n+      "destination": "/data",\n');
    expect([status, stderr]).toEqual([0, '2 fixes to apply; nothing found in 2 files\n']);
    expect(desk.read('doubtful.json')).toBe(DOUBTFUL);
  });
});

describe('the diff', () => {
  test.each([
    ['patch', ['-p1', '--no-backup-if-mismatch']],
    ['git', ['apply']],
  ])('is what %s takes', (program, args) => {
    const files = ['doubtful.json', 'faulty.json'];
    const { stdout } = desk.call(['lint', '--fix-dry-run', ...files]);
    const patched = spawnSync(program, args, { cwd: desk.directory, input: stdout, encoding: 'utf8' });
    if (patched.error) {
      console.warn(`fix.test.ts: ${program} is skipped: apt-get install ${program}`);
      return;
    }
    expect(patched.stderr).toBe('');
    const byPatch = files.map((file) => desk.read(file));
    desk.write({ 'faulty.json': FAULTY, 'doubtful.json': DOUBTFUL });
    desk.call(['lint', '--fix', ...files]);
    expect(byPatch).toEqual(files.map((file) => desk.read(file)));
  });

  test('has unsafe fixes only with --fix=unsafe', () => {
    expect(desk.call(['lint', '--fix-dry-run', 'misspelt.json']).stdout).toBe('');
    expect(desk.call(['lint', '--fix-dry-run', '--fix=unsafe', 'misspelt.json']).stdout).toContain('+        "nosuid"');
    expect(desk.read('misspelt.json')).toBe(MISSPELT);
  });
});

describe('standard input', () => {
  test('is corrected on standard output, findings go to the other', () => {
    const { status, stdout, stderr } = desk.call(['lint', '--fix', '-'], { input: DOUBTFUL });
    expect(stdout).toBe(DOUBTFUL.replace('"data"', '"/data"'));
    expect([status, stderr]).toEqual([0, '1 fix applied; nothing found in 1 file\n']);
  });

  test('comes out as it is, if there is nothing to correct', () => {
    for (const input of [CLEAN, MISSPELT, '{ no JSON \xff']) {
      expect(desk.call(['lint', '--fix', '-'], { input }).stdout).toBe(input);
    }
  });

  test('that is no UTF-8 too', () => {
    const input = Buffer.from('{ "a": "\xff\xfe" }', 'latin1');
    const [program, ...args] = fastest().argv;
    expect(spawnSync(program, [...args, 'lint', '--fix', '-'], { input, cwd: desk.directory }).stdout).toEqual(input);
  });

  test('and files at once are refused', () => {
    const { status, stderr } = desk.call(['lint', '--fix', '-', 'doubtful.json'], { input: DOUBTFUL });
    expect(status).toBe(2);
    expect(stderr).toContain('--fix of standard input and of files');
    expect(desk.read('doubtful.json')).toBe(DOUBTFUL);
  });
});

describe('the rest of the file stays, byte for byte', () => {
  test.each([
    ['line ends of Windows', (text: string) => text.replaceAll('\n', '\r\n')],
    ['tabs', (text: string) => text.replaceAll('  ', '\t')],
    ['no line end at the end', (text: string) => text.trimEnd()],
    ['one line', (text: string) => JSON.stringify(JSON.parse(text))],
    ['other spellings', (text: string) => text.replace('"/bin/sh"', '"\\u002fbin\\/sh", "ü\u{1f600}"')],
  ])('%s', (_what, change) => {
    const text = change(DOUBTFUL);
    desk.write({ 'one.json': text });
    desk.call(['lint', '--fix', 'one.json']);
    expect(desk.read('one.json')).toBe(text.replace('"data"', '"/data"'));
  });
});

describe('the file', () => {
  test('keeps its mode', () => {
    chmodSync(desk.path('doubtful.json'), 0o2604);
    desk.call(['lint', '--fix', 'doubtful.json']);
    expect(statSync(desk.path('doubtful.json')).mode & 0o7777).toBe(0o2604);
    chmodSync(desk.path('doubtful.json'), 0o644);
  });

  test.skipIf(!isRoot)('keeps its owner', () => {
    chownSync(desk.path('doubtful.json'), 1234, 5678);
    desk.call(['lint', '--fix', 'doubtful.json']);
    expect(desk.read('doubtful.json')).not.toBe(DOUBTFUL);
    expect(statSync(desk.path('doubtful.json'))).toMatchObject({ uid: 1234, gid: 5678 });
  });

  test('that a link leads to is corrected, and the link stays', () => {
    mkdirSync(desk.path('elsewhere'), { recursive: true });
    desk.write({ 'elsewhere/real.json': DOUBTFUL });
    symlinkSync('elsewhere/real.json', desk.path('link.json'));
    desk.call(['lint', '--fix', 'link.json']);
    expect(lstatSync(desk.path('link.json')).isSymbolicLink()).toBe(true);
    expect(desk.read('elsewhere/real.json')).toBe(DOUBTFUL.replace('"data"', '"/data"'));
    expect(readdirSync(desk.path('elsewhere'))).toEqual(['real.json']);
  });

  test('that is clean is not written', () => {
    const before = statSync(desk.path('clean.json'));
    desk.call(['lint', '--fix', 'clean.json']);
    expect(statSync(desk.path('clean.json')).ino).toBe(before.ino);
  });

  test.skipIf(!isRoot)('is whole on a full filesystem, and nothing else is left', () => {
    mkdirSync(desk.path('full'), { recursive: true });
    const script = `
mount -t tmpfs -o size=16k tmpfs full && cp doubtful.json full/config.json || exit 99
dd if=/dev/zero of=full/filler bs=4096 2>/dev/null
"$@" lint --fix full/config.json; status=$?
ls full; cmp doubtful.json full/config.json || exit 98
rm full/filler; "$@" lint --fix full/config.json >&2 || exit 97
exit $status`;
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...fastest().argv],
      { cwd: desk.directory, encoding: 'utf8' },
    );
    expect(stderr).toContain('ENOSPC');
    expect(stderr).toContain('make room there');
    expect(stdout).toContain('config.json\nfiller\n');
    expect(status).toBe(2);
  });
});
