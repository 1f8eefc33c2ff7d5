// No option without a test: each stands in a test, written out in a call or a list that names its command.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { GLOBALS } from '../../src/cli/globals.ts';

const TESTS = join(import.meta.dirname, '..');

/**
 * The words of a call, a list or a property: its names, and its texts up to a `=`. Those of what is inside it count too,
 * but not those of a body of statements, which is about many things, nor what a matcher expects.
 */
type Group = Set<string>;

function groupsOf(text: string): Group[] {
  const groups: Group[] = [];
  const visit = (node: ts.Node): string[] => {
    if (ts.isIdentifier(node)) return [node.text];
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) return [node.text.split('=', 1)[0] ?? ''];
    if (ts.isCallExpression(node) && isMatcher(node)) return visit(node.expression);
    const words: string[] = [];
    node.forEachChild((child) => {
      words.push(...visit(child));
    });
    if (ts.isBlock(node)) return [];
    const isGroup = ts.isCallExpression(node) || ts.isArrayLiteralExpression(node) || ts.isPropertyAssignment(node);
    if (isGroup) groups.push(new Set(words));
    return words;
  };
  visit(ts.createSourceFile('test.ts', text, ts.ScriptTarget.Latest));
  return groups;
}

function isMatcher({ expression }: ts.CallExpression): boolean {
  return ts.isPropertyAccessExpression(expression) && /^to[A-Z]/.test(expression.name.text);
}

/** Options that a test hands to a function of its own, which has the command: what no group shows. */
const ELSEWHERE: readonly (readonly [file: string, command: string, ...options: string[]])[] = [
  ['system/bad-input.test.ts', 'run', 'console-socket'],
  ['system/exec.test.ts', 'exec', 'env', 'additional-gids', 'no-new-privs'],
  ['system/inside.test.ts', 'run', 'preserve-fds'],
  ['system/pidfd.test.ts', 'run', 'pidfd-socket', 'no-new-keyring'],
  ['system/pidfd.test.ts', 'create', 'pidfd-socket'],
  ['system/update.test.ts', 'update', 'blkio-weight', 'cpu-rt-period', 'cpu-rt-runtime', 'cpuset-mems', 'cpu-idle'],
  ['system/update.test.ts', 'update', 'memory-reservation', 'kernel-memory', 'kernel-memory-tcp'],
];

/** Whether one of the groups has the option behind the command. */
function isUsed(groups: Group[], command: string | undefined, name: string, short: string | undefined): boolean {
  return groups.some(
    (group) =>
      (group.has(`--${name}`) || (short !== undefined && group.has(`-${short}`))) &&
      (command === undefined || group.has(command)),
  );
}

describe('a use is', () => {
  const used = (text: string): boolean => isUsed(groupsOf(text), 'exec', 'cwd', 'w');
  test.each([
    "call(['exec', '--cwd', '/', id])",
    "call(['exec', `--cwd=/`, id])",
    "call(['exec', '-w', '/', id])",
    "orlop.exec(id, '--cwd', '/')",
    "const cases = { exec: [['--cwd', '/']] }",
    "it('x', () => { const done = exec('--cwd'); })",
  ])('%s', (text) => expect(used(text)).toBe(true));

  test.each([
    "call(['run', '--cwd', '/', id])",
    "call(['exec', '--cwdir', id])",
    "call(['exec', id]); call(['run', '--cwd'])",
    "it('exec', () => { call(['exec', id]); call(['--cwd']); })",
    "expect(call(['exec', id]).stderr).toContain('--cwd')",
    "// call(['exec', '--cwd'])",
  ])('not %s', (text) => expect(used(text)).toBe(false));
});

describe('every option is used by a test', () => {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
  const groups = files
    .filter((name) => join(TESTS, name) !== import.meta.filename)
    .flatMap((name) => groupsOf(readFileSync(join(TESTS, name), 'utf8')));
  const isElsewhere = (command: string, name: string): boolean =>
    ELSEWHERE.some(([, owner, ...options]) => owner === command && options.includes(name));

  test.each(ELSEWHERE)('%s has those of %s: %j', (file, command, ...options) => {
    const own = groupsOf(readFileSync(join(TESTS, file), 'utf8'));
    expect(own.some((group) => group.has(command))).toBe(true);
    for (const name of options) expect(isUsed(own, undefined, name, undefined), name).toBe(true);
  });

  test('before the command', () => {
    const unused = Object.entries(GLOBALS).filter(([name, { short }]) => !isUsed(groups, undefined, name, short));
    expect(unused.map(([name]) => `--${name}`)).toEqual([]);
  });

  test.each(Object.keys(COMMANDS))('of %s', (command) => {
    const options = Object.entries(COMMANDS[command]?.options ?? {});
    const unused = options.filter(
      ([name, { short }]) => !isElsewhere(command, name) && !isUsed(groups, command, name, short),
    );
    expect(unused.map(([name]) => `--${name}`)).toEqual([]);
  });
});
