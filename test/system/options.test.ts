// Options that have no test among their kind: what each changes, beside the same command without it.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { Orlop, until } from './support/orlop.ts';

const place = new Workplace('options');
const orlop = new Orlop(place);
let before: Snapshot;

afterAll(() => place.remove());
beforeEach(() => {
  before = snapshot(place, orlop);
});
afterEach(async () => {
  for (const id of orlop.call(['list', '-q']).stdout.split('\n').filter(Boolean)) orlop.call(['delete', '-f', id]).ok();
  await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
});

/** A process whose parent ends at once says who its parent is then. */
const ORPHAN = `
  sh -c '(while kill -0 $$ 2>/dev/null; do sleep 0.05; done; exec grep PPid /proc/self/status > /parent) &'
  until test -s /parent; do sleep 0.05; done
`;

describe('run', () => {
  it('--pid-file', () => {
    const id = place.id();
    const file = place.path(id);
    orlop.call(['run', '-d', '--pid-file', file, '-b', place.bundle(shell('sleep 1000')).directory, id]).ok();
    expect(readFileSync(file, 'utf8')).toBe(String(orlop.state(id).pid));
  });

  it('--no-subreaper leaves orphans to somebody else', async () => {
    // Without a pid namespace an orphan outlives the first process, and tells who its parent is then.
    const parentWith = async (...words: string[]): Promise<boolean> => {
      const bundle = place.bundle(shell(ORPHAN), (config) => {
        config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'pid');
      });
      const { pid, result } = orlop.launch([...words, '-b', bundle.directory, place.id()]);
      const file = join(bundle.rootfs, 'parent');
      await until('the orphan has spoken', () => existsSync(file) && readFileSync(file, 'utf8').includes('\n'));
      await result;
      return readFileSync(file, 'utf8').includes(`\t${pid}\n`);
    };
    expect(await parentWith('run')).toBe(true);
    expect(await parentWith('run', '--no-subreaper')).toBe(false);
  });
});

describe('create', () => {
  it.skipIf(!existsSync('/proc/keys'))('--no-new-keyring', async () => {
    const countWith = async (...words: string[]): Promise<string> => {
      const id = place.id();
      const bundle = place.bundle((config) => {
        config.process.args = ['/bin/sh', '-c', 'grep -c "_ses.$0" /proc/keys; true', id];
        config.linux.maskedPaths = []; // /proc/keys is one
      });
      const made = orlop.call([...words, '-b', bundle.directory, id]).ok();
      orlop.call(['start', id]).ok();
      await until('an answer', () => made.stdout !== '');
      return made.stdout;
    };
    expect(await countWith('create')).toBe('1\n');
    expect(await countWith('create', '--no-new-keyring')).toBe('0\n');
  });

  it('--no-pivot', async () => {
    const id = place.id();
    const bundle = place.bundle(shell('echo /bin/busybox'));
    const made = orlop.call(['create', '--no-pivot', '-b', bundle.directory, id]).ok();
    orlop.call(['start', id]).ok();
    await until('an answer', () => made.stdout === '/bin/busybox\n');
  });
});

describe('plan', () => {
  const { directory } = place.bundle(shell('exit 0'));
  const plan = (...options: string[]): string => orlop.call(['plan', '--bundle', directory, ...options]).ok().stdout;

  it('--bundle, --json, --id', () => {
    const { bundle, id } = JSON.parse(orlop.call(['plan', '--bundle', directory, '--json', '--id', 'one']).ok().stdout);
    expect({ bundle, id }).toEqual({ bundle: directory, id: 'one' });
    expect(plan()).toContain("The container's first process\n");
  });

  it('--calls, --no-pivot, --preserve-fds', () => {
    const calls = (...options: string[]): string =>
      orlop.call(['plan', '-b', directory, '--calls', ...options]).ok().stdout;
    expect(calls()).toContain('pivot_root(');
    expect(calls()).toContain('close_range(3,');
    expect(orlop.call(['plan', '-b', directory, '--calls', '--no-pivot']).ok().stdout).not.toContain('pivot_root(');
    expect(orlop.call(['plan', '-b', directory, '--calls', '--preserve-fds', '2']).ok().stdout).toContain(
      'close_range(5,',
    );
  });

  it('--reference-host', () => {
    const steps = (...options: string[]) => JSON.parse(plan('--json', ...options)).steps as { verb: string }[];
    const cgroup = JSON.parse(
      orlop.call(['plan', '-b', directory, '--reference-host', '--json']).ok().stdout,
    ).steps.find(({ verb }: { verb: string }) => verb === 'create-cgroup');
    expect(cgroup.directories).toEqual(['/sys/fs/cgroup/orlop-ID']);
    expect(steps().length).toBeGreaterThan(10);
  });
});

it('--rootless false', () => {
  const id = place.id();
  orlop.call(['--rootless', 'false', 'run', '-b', place.bundle(shell('exit 0')).directory, id]).ok();
});
