import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { rules } from '../../lint/linting.ts';
import { builds, CLEAN, Desk, DOUBTFUL, FAULTY, fastest } from './calling.ts';

const desk = new Desk();
const FEATURES = { ociVersionMin: '1.0.0', ociVersionMax: '1.0.2', linux: { namespaces: ['mount'] } };

beforeAll(() => {
  desk.write({
    'clean.json': CLEAN,
    'doubtful.json': DOUBTFUL,
    'faulty.json': FAULTY,
    'features.json': FEATURES,
    'list.json': [],
    'broken.json': '{',
  });
});
afterAll(() => desk.remove());

describe.each(builds())('exit status of $name', (build) => {
  test.each([
    [0, ['clean.json']],
    [0, ['doubtful.json']],
    [0, ['--max-warnings', '1', 'doubtful.json']],
    [0, ['--list-rules']],
    [0, ['--explain', 'OCI302']],
    [1, ['faulty.json']],
    [1, ['broken.json']],
    [1, ['--max-warnings', '0', 'doubtful.json']],
    [1, ['--rule', 'OCI301=error', 'doubtful.json']],
    [0, ['--rule', 'OCI302=warning', 'faulty.json']],
    [2, ['missing.json']],
    [2, ['--no-such-option']],
    [2, ['--format', 'yaml', 'clean.json']],
    [2, ['--explain', 'OCI999']],
    [2, ['--max-warnings', 'many', 'clean.json']],
  ])('%i for %j', (status, args) => {
    expect(desk.call(['lint', ...args], { build })).toMatchObject({ status });
  });
});

describe('--max-warnings', () => {
  test('tells why the status is 1', () => {
    const { stderr } = desk.call(['lint', '--max-warnings', '0', 'doubtful.json']);
    expect(stderr).toBe('orlop: more warnings than --max-warnings 0: 1\n');
  });
});

describe('--preset', () => {
  test.each(COMMANDS.lint?.options.preset?.words ?? [])('%s', (preset) => {
    const found = desk.places('--preset', preset, 'doubtful.json')['doubtful.json'] ?? [];
    expect(found.includes('OCI301 /mounts/0/destination')).toBe(!['none', 'spec'].includes(preset));
    expect(found.includes('OCI905 /linux')).toBe(['hardened', 'strict'].includes(preset));
  });
});

describe('--rule', () => {
  test.each([
    [['OCI301=off'], []],
    [['relative-destination=off'], []],
    [['oci301=off'], []],
    [['OCI301=error'], ['error']],
    [['OCI301=info'], ['info']],
    [['OCI301=warning'], ['warning']],
    [['OCI301=warn'], ['warning']],
    [['OCI301=off', 'relative-destination=error'], ['error']],
    [['OCI917=info', 'OCI301=off'], ['info']],
  ])('%j', (levels, severities) => {
    const args = levels.flatMap((level) => ['--rule', level]);
    const { stdout } = desk.call(['lint', '-f', 'json', ...args, 'doubtful.json']);
    const [{ diagnostics }] = JSON.parse(stdout).files as [{ diagnostics: { severity: string }[] }];
    expect(diagnostics.map(({ severity }) => severity)).toEqual(severities);
  });

  test.each([
    ['OCI302', '--rule OCI302: no level', 'OCI302=off'],
    ['OCI999=off', '--rule OCI999: "OCI999" is no rule', '--list-rules'],
    ['no-secomp=off', '--rule no-secomp: "no-secomp" is no rule', 'did you mean "no-seccomp"?'],
    ['OCI302=fatal', '--rule OCI302: "fatal" is no level', 'off, error, warn, info'],
  ])('%s is refused', (level, message, help) => {
    const { status, stdout, stderr } = desk.call(['lint', '--rule', level, 'clean.json']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain(help);
  });
});

describe('--target', () => {
  test('a runtime, or its features as a file', () => {
    const target = (name: string) => desk.places('--target', name, 'clean.json')['clean.json'];
    expect(target('runc@1.1')).toEqual([]);
    expect(target('./features.json')).toEqual(['OCI802 /linux/namespaces/1/type']);
    expect(target('features.json')).toEqual(['OCI802 /linux/namespaces/1/type']);
  });

  test('several', () => {
    const config = JSON.parse(CLEAN);
    config.process.scheduler = { policy: 'SCHED_BATCH' };
    desk.write({ 'scheduler.json': config });
    const { stdout } = desk.call(['lint', '--target', 'runc@1.1', '--target', 'features.json', 'scheduler.json']);
    expect(stdout).toContain('runc@1.1 ignores');
    expect(stdout).toContain('OCI802');
  });

  test.each([
    ['docker', '--target docker: "docker" is no target'],
    ['./none.json', 'open("./none.json") failed: ENOENT'],
    ['broken.json', 'broken.json is no JSON'],
    ['list.json', 'list.json is no object'],
  ])('%s is refused', (target, message) => {
    const { status, stderr } = desk.call(['lint', '--target', target, 'clean.json']);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('--explain', () => {
  test.each(['OCI302', 'oci302', 'bind-without-option'])('%s', (rule) => {
    const { stdout } = desk.call(['lint', '--explain', rule]);
    expect(stdout).toMatch(/^OCI302 bind-without-option: /);
    expect(stdout).toContain('wrong  {');
    expect(stdout).toContain('Fix: safe.');
  });

  test('every rule', () => {
    for (const { id, name, summary, why } of rules.filter((_, index) => index % 15 === 0)) {
      expect(desk.call(['lint', '--explain', id]).stdout).toContain(`${id} ${name}: ${summary}\n\n${why}`);
    }
  });
});

test('--list-rules', () => {
  const lines = desk.call(['lint', '--list-rules']).stdout.trimEnd().split('\n');
  expect(lines.map((line) => line.split(/\s+/, 2).join(' '))).toEqual(rules.map(({ id, name }) => `${id} ${name}`));
});

describe('on a terminal', () => {
  const isThere = existsSync('/usr/bin/script');
  if (!isThere) console.warn('command.test.ts: a terminal is skipped: apt-get install bsdutils');
  const onTerminal = (args: string, env: Record<string, string> = {}): string => {
    const line = `${fastest().argv.join(' ')} lint ${args}`;
    return spawnSync('script', ['-qec', line, '/dev/null'], {
      cwd: desk.directory,
      env: { PATH: process.env.PATH, TERM: 'xterm', ...env },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }).stdout;
  };

  test.skipIf(!isThere)('there are colours, without --color too', () => {
    expect(onTerminal('doubtful.json')).toContain('\x1b[33m');
    expect(onTerminal('doubtful.json', { NO_COLOR: '1' })).not.toContain('\x1b[');
    expect(onTerminal('doubtful.json', { TERM: 'dumb' })).not.toContain('\x1b[');
  });

  test.skipIf(!isThere)('what takes long says how far it is', () => {
    const big = JSON.parse(DOUBTFUL);
    big.process.env = Array.from({ length: 20_000 }, (_, index) => `V${index}=${index}`);
    for (let index = 0; index < 300; index++) desk.write({ [`many/${index}/config.json`]: big });
    const output = onTerminal('many 2>&1 >/dev/null');
    expect(output).toMatch(/orlop: \d+ of 300 files/);
    expect(output.endsWith('\r\x1b[K')).toBe(true);
    expect(onTerminal('clean.json 2>&1 >/dev/null')).toBe('');
  });
});
