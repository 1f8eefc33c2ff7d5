// What engines and people read: state, list, features and --version, beside runc's.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bundle, type Config, type Patch, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, Orlop, until } from './support/orlop.ts';

const place = new Workplace('documents');
afterAll(() => place.remove());

const hasRunc = spawnSync('runc', ['--version']).status === 0;
if (!hasRunc) console.warn('documents.test.ts: runc is missing: nothing is compared. apt-get install runc');

type Document = Record<string, unknown>;

/** The type of every value, by its path; names and numbers in lists are all the same. */
function types(value: unknown, path = ''): Record<string, string> {
  if (Array.isArray(value)) return { [path]: `list of ${[...new Set(value.map((one) => typeof one))].join()}` };
  if (typeof value !== 'object' || value === null) return { [path]: typeof value };
  return Object.assign({}, ...Object.entries(value).map(([key, one]) => types(one, `${path}/${key}`)));
}

const WAITING = shell('sleep 1000');
const old: Patch = (config: Config) => {
  // The runc of today's distributions knows no later version.
  config.ociVersion = '1.0.2';
  config.linux.resources = {};
};
const annotated: Patch = (config) => {
  config.annotations = { 'org.example.one': '1', 'org.example.two': '' };
};

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  const runcRoot = place.path(`runc-${build.name}`);
  let before: Snapshot;
  const theirs: string[] = [];

  const runc = (...args: string[]) => spawnSync('runc', ['--root', runcRoot, ...args], { encoding: 'utf8' });
  /** A container that lives on holds its output open: it gets none. */
  const runcQuiet = (...args: string[]) => spawnSync('runc', ['--root', runcRoot, ...args], { stdio: 'ignore' }).status;

  beforeEach(() => {
    before = snapshot(place, orlop);
  });
  afterEach(async () => {
    for (const id of theirs.splice(0)) runcQuiet('delete', '--force', id);
    for (const id of orlop.call(['list', '-q']).stdout.split('\n').filter(Boolean)) {
      orlop.call(['delete', '--force', id]).ok();
    }
    await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
  });

  /** The same container under both, in the same state. */
  function both(bundle: Bundle, ...commands: string[][]): { ours: string; their: string } {
    const [ours, their] = [place.id(), place.id()];
    theirs.push(their);
    for (const [command = '', ...options] of commands) {
      const tail = command === 'create' || command === 'run' ? ['-b', bundle.directory] : [];
      orlop.call([command, ...tail, ...options, ours]).ok();
      expect(runcQuiet(command, ...tail, ...options, their)).toBe(0);
    }
    return { ours, their };
  }

  describe.skipIf(!hasRunc)('beside runc', () => {
    const STATES: readonly (readonly [status: string, patches: Patch[], commands: string[][]])[] = [
      ['created', [], [['create']]],
      ['running', [WAITING], [['run', '-d']]],
      ['running', [WAITING, annotated], [['run', '-d']]],
      ['paused', [WAITING], [['run', '-d'], ['pause']]],
      ['stopped', [], [['run', '-d']]],
    ];

    it.each(STATES)('state and list of a %s container', async (status, patches, commands) => {
      const bundle = place.bundle(old, ...patches);
      const { ours, their } = both(bundle, ...commands);
      await until(status, () => orlop.state(ours).status === status);
      await until(status, () => JSON.parse(runc('state', their).stdout).status === status);

      const mine = orlop.state(ours) as Document;
      const yours = JSON.parse(runc('state', their).stdout) as Document;
      expect(Object.keys(mine).sort()).toEqual(Object.keys(yours).sort());
      expect(types(mine)).toEqual(types(yours));
      for (const key of ['ociVersion', 'status', 'bundle', 'rootfs', 'annotations'] as const) {
        expect(mine[key], key).toEqual(key === 'ociVersion' ? '1.0.2' : yours[key]);
      }
      expect(mine.pid === 0).toBe(yours.pid === 0);
      expect(Math.abs(Date.parse(String(mine.created)) - Date.parse(String(yours.created)))).toBeLessThan(60_000);

      const [listed, ...others] = JSON.parse(orlop.call(['list', '-f', 'json']).ok().stdout) as Document[];
      const [theirListed] = JSON.parse(runc('list', '-f', 'json').stdout) as Document[];
      expect(others).toEqual([]);
      expect(types(listed)).toEqual(types(theirListed));
      expect(Object.keys(listed ?? {})).toEqual(Object.keys(theirListed ?? {}));
      expect(listed).toMatchObject({ ...mine, owner: theirListed?.owner });
    });

    it('the table of list', () => {
      const { ours, their } = both(place.bundle(old, WAITING), ['run', '-d']);
      /** The columns, and how many blanks are behind the longest cell of each; 12 is the least width. */
      const geometry = (text: string): unknown => {
        const lines = text.trimEnd().split('\n');
        const heads = [...(lines[0] ?? '').matchAll(/\w+ */g)].map(({ 0: head, index }) => ({ head, index }));
        return heads.map(({ head, index }) => {
          const cells = lines.map((line) => line.slice(index, index + head.length).trimEnd());
          const blanks = head.length - Math.max(...cells.map(({ length }) => length));
          return [head.trim(), head.length === 12 ? 'least' : blanks];
        });
      };
      const [mine, yours] = [orlop.call(['list']).ok().stdout, runc('list').stdout];
      expect(mine).toContain(ours);
      expect(yours).toContain(their);
      expect(geometry(mine)).toEqual(geometry(yours));
      expect(orlop.call(['list', '-q']).ok().stdout).toBe(`${ours}\n`);
    });

    it('features has what runc has', () => {
      const mine = types(JSON.parse(orlop.call(['features']).ok().stdout));
      const yours = types(JSON.parse(runc('features').stdout));
      const missing = Object.entries(yours).filter(
        // annotations are each runtime's own; what seccomp would take is told where it is there.
        ([path, type]) => !/^\/annotations\/|^\/linux\/seccomp\/(?!enabled)/.test(path) && mine[path] !== type,
      );
      expect(missing).toEqual([]);
    });

    it('--version has its lines', () => {
      const names = (text: string): string[] =>
        text
          .trimEnd()
          .split('\n')
          .map((line) => line.replace(/^(\w+ version|\w+:).*/, '$1'));
      const mine = names(orlop.call(['--version']).ok().stdout);
      const [first, ...yours] = names(runc('--version').stdout);
      expect(first).toBe('runc version');
      expect(mine.slice(0, 3)).toEqual(['orlop version', ...yours.slice(0, 2)]);
    });
  });

  it('--version: the version, the commit, the specification', () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
    const form = new RegExp(
      `^orlop version ${version}\\ncommit: v${version}\\nspec: \\d+\\.\\d+\\.\\d+\\nabi: \\d+\\n$`,
    );
    for (const option of ['--version', '-v']) expect(orlop.call([option]).ok().stdout).toMatch(form);
  });

  it('list without containers, and without a directory for them', () => {
    expect(orlop.call(['list']).ok().lines).toHaveLength(1);
    expect(orlop.call(['list', '-q']).ok().stdout).toBe('');
    expect(JSON.parse(orlop.call(['list', '-f', 'json']).ok().stdout)).toEqual([]);
    expect(orlop.call(['list', '-f', 'yaml']).stderr).toContain('--format yaml: not a format');
  });
});
