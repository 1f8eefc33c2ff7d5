// What CI is given: the hooks of pre-commit and the action of GitHub, read as they read them, and run in a repository.

import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateAction } from '@action-validator/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { builds, CLEAN, Desk, DOUBTFUL, FAULTY, fastest, PROJECT } from './calling.ts';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());

interface Done {
  status: number | null;
  stdout: string;
  stderr: string;
}

function bash(script: string, env: Record<string, string | undefined> = {}, args: string[] = []): Done {
  // As GitHub calls it.
  const words = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script, 'bash', ...args];
  const { status, stdout, stderr } = spawnSync('bash', words, {
    cwd: desk.directory,
    env: { PATH: process.env.PATH, HOME: desk.directory, ...env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('.pre-commit-hooks.yaml', () => {
  interface Hook {
    id: string;
    name: string;
    entry: string;
    language: string;
    files: string;
  }
  const hooks: Hook[] = parse(readFileSync(join(PROJECT, '.pre-commit-hooks.yaml'), 'utf8'));

  test('each has what pre-commit asks for', () => {
    expect(hooks.map(({ id }) => id)).toEqual(['orlop-lint', 'orlop-lint-fix', 'orlop-lint-system']);
    for (const hook of hooks) {
      for (const key of ['id', 'name', 'entry', 'language', 'files'] as const) expect(typeof hook[key]).toBe('string');
      expect(['node', 'system']).toContain(hook.language);
    }
  });

  test('what pre-commit installs has the command', () => {
    const { bin, scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));
    expect(Object.keys(bin)).toEqual(['orlop']);
    // It packs the repository, in which nothing is built.
    expect(scripts.prepack).toContain('build:node');
  });

  test('npm pack prints the name of the package alone, which pre-commit reads', () => {
    const scripts = { prepack: 'echo this is built' };
    desk.write({ 'package.json': { name: 'packed', version: '1.0.0', scripts } });
    desk.write({ '.npmrc': readFileSync(join(PROJECT, '.npmrc'), 'utf8') });
    expect(bash('npm pack --loglevel=error').stdout).toBe('packed-1.0.0.tgz\n');
  });

  const run = (hook: Hook): Done => {
    const command = desk.path('bin/orlop');
    desk.write({ 'bin/orlop': '' });
    writeFileSync(command, `#!/bin/sh\nexec ${fastest().argv.join(' ')} "$@"\n`);
    chmodSync(command, 0o755);
    const env = { PATH: `${desk.path('bin')}:${process.env.PATH}` };
    const staged = bash('git init -q . && git add -A && git diff --cached --name-only', env).stdout.split('\n');
    const files = staged.filter((file) => new RegExp(hook.files).test(file));
    expect(files).toEqual(['a/config.json', 'config.json']);
    return bash(`${hook.entry} "$@"`, env, files);
  };
  const named = (id: string): Hook => hooks.find((hook) => hook.id === id) as Hook;

  test.each(['orlop-lint', 'orlop-lint-system'])('%s stops a commit with an error', (id) => {
    desk.write({ 'config.json': CLEAN, 'a/config.json': FAULTY, 'a/my-config.json': '{', 'b/other.json': '{' });
    const { status, stdout } = run(named(id));
    expect(status).toBe(1);
    expect(stdout).toContain('a/config.json:29:');
    desk.write({ 'a/config.json': DOUBTFUL });
    expect(run(named(id)).status).toBe(0);
  });

  test('orlop-lint-fix corrects', () => {
    desk.write({ 'config.json': CLEAN, 'a/config.json': FAULTY });
    expect(run(named('orlop-lint-fix')).status).toBe(0);
    expect(desk.read('a/config.json')).toContain('"rbind"');
  });
});

describe('.github/actions/lint', () => {
  const text = readFileSync(join(PROJECT, '.github/actions/lint/action.yml'), 'utf8');
  interface Step {
    name: string;
    run: string;
    shell: string;
    env?: Record<string, string>;
    'working-directory'?: string;
  }
  const action = parse(text) as { inputs: Record<string, { default: string }>; runs: { steps: Step[] } };
  const [build, lint] = action.runs.steps as [Step, Step];

  /** The expressions that the action has, as a runner fills them in. */
  const filled = (value: string, inputs: Record<string, string>): string =>
    value
      .replaceAll(/\$\{\{ github\.action_path \}\}/g, join(PROJECT, '.github/actions/lint'))
      .replaceAll(
        /\$\{\{ inputs\.([\w-]+) \}\}/g,
        (_whole, name) => inputs[name] ?? action.inputs[name]?.default ?? '',
      );

  const run = (inputs: Record<string, string> = {}): Done => {
    const env = Object.fromEntries(Object.entries(lint.env ?? {}).map(([key, value]) => [key, filled(value, inputs)]));
    expect(Object.values(env).join()).not.toContain('${{');
    return bash(lint.run, env);
  };

  test('is valid', () => {
    expect(validateAction(text).errors).toEqual([]);
    expect(validateAction(text.replace('using: composite', 'using: magic')).errors).not.toEqual([]);
  });

  test('builds what it runs', () => {
    const directory = filled(build['working-directory'] ?? '', {});
    expect(join(directory)).toBe(PROJECT);
    const { scripts } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    for (const [, script = ''] of build.run.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty(script);
    expect(builds()[0]?.argv[1]).toBe(join(filled(lint.env?.ORLOP ?? '', {})));
  });

  test('no input becomes a part of a script', () => {
    for (const step of action.runs.steps) expect(step.run).not.toContain('${{');
  });

  test('lints all by default', () => {
    desk.write({ 'a/config.json': FAULTY, 'b/config.json': DOUBTFUL });
    const { status, stdout } = run();
    expect(status).toBe(1);
    expect(stdout).toMatch(/^::error title=OCI302 .*,file=a\/config.json,.*\n::warning title=OCI301 .*\n$/);
  });

  test('inputs', () => {
    desk.write({ 'a b/config.json': DOUBTFUL, 'c/config.json': FAULTY, 'd/config.json': CLEAN });
    expect(run({ files: 'a b\nd' })).toMatchObject({ status: 0 });
    expect(run({ files: 'a b\nd', 'max-warnings': '0' })).toMatchObject({ status: 1 });
    expect(run({ files: 'd/*.json', preset: 'strict' }).stdout).toContain('OCI905');
    expect(run({ files: 'd', targets: 'runc@1.1\ncrun' })).toMatchObject({ status: 0 });
    expect(run({ files: 'd', targets: 'docker' })).toMatchObject({ status: 2 });
    expect(run({ files: '$(touch hacked); `touch hacked`' })).toMatchObject({ status: 2 });
    expect(bash('ls').stdout).not.toContain('hacked');
  });

  test('a report for code scanning', () => {
    desk.write({ 'c/config.json': FAULTY });
    expect(run({ 'sarif-file': 'out.sarif' }).status).toBe(1);
    expect(JSON.parse(desk.read('out.sarif')).runs[0].results).toHaveLength(1);
  });
});
