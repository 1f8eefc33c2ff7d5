// linux.intelRdt, on a filesystem that behaves like resctrl: support/resctrl.ts. Where it is, only a caller of the library
// can say: containers are created by one, and everything else is the command's.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Bundle, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { Orlop, until } from './support/orlop.ts';

const hasFuse = existsSync('/dev/fuse');
if (!hasFuse) console.warn('\n*** /dev/fuse is missing: resource control groups go untested ***\n');

const PROJECT = join(import.meta.dirname, '../..');
const place = new Workplace('rdt');
const orlop = new Orlop(place);
const resctrl = place.path('resctrl');
let server: ChildProcess | undefined;
let before: Snapshot;

beforeAll(async () => {
  if (!hasFuse) return;
  mkdirSync(resctrl);
  const bun = join(PROJECT, 'node_modules/.bin/bun');
  server = spawn(bun, [join(import.meta.dirname, 'support/resctrl.ts'), resctrl], { stdio: 'ignore' });
  await until('resctrl to be mounted', () => existsSync(join(resctrl, 'schemata')), 20_000);
});
afterAll(async () => {
  if (server) {
    const ended = new Promise((resolve) => server?.once('exit', resolve));
    spawnSync('umount', [resctrl]);
    await ended;
  }
  place.remove();
});

beforeEach(() => {
  before = snapshot(place, orlop);
});
afterEach(async () => {
  for (const left of orlop.call(['list', '-q']).stdout.split('\n').filter(Boolean)) {
    orlop.call(['delete', '--force', left]).ok();
  }
  await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
  if (hasFuse) expect(groups()).toEqual([]);
});

const groups = (): string[] =>
  readdirSync(resctrl).filter((name) => !['info', 'mon_groups', 'schemata', 'tasks'].includes(name));
const file = (...names: string[]): string => readFileSync(join(resctrl, ...names), 'utf8');
const tasks = (...names: string[]): number[] =>
  file(...names, 'tasks')
    .split('\n')
    .filter(Boolean)
    .map(Number);

const bundle = (intelRdt: object, program = '/bin/sleep'): Bundle =>
  place.bundle((config) => {
    config.process.args = [program, '1000'];
    config.linux.intelRdt = intelRdt;
  });

/** By the library, in a process of its own; answers what went wrong, '' for nothing. */
function create(id: string, intelRdt: object, program?: string): string {
  const options = { root: orlop.root, id, bundle: bundle(intelRdt, program).directory };
  const script = `
    import { create } from '${PROJECT}/dist/index.js';
    import { gatherFacts } from '${PROJECT}/dist/linux/facts.js';
    try {
      const facts = { ...gatherFacts(), resctrl: ${JSON.stringify(resctrl)} };
      create({ ...${JSON.stringify(options)}, facts }).entry.close();
    } catch (error) {
      console.log(error.message, '|', error.path, '|', error.hint);
    }`;
  // A file: a pipe would be held open by the container that lives on.
  const output = place.path('create.out');
  const fd = openSync(output, 'w');
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', fd, 'inherit'] });
  closeSync(fd);
  expect(done.status).toBe(0);
  return readFileSync(output, 'utf8').trim();
}

describe('without resctrl', () => {
  it.skipIf(existsSync('/sys/fs/resctrl'))('is an error at its place', () => {
    const result = orlop.run(bundle({ closID: 'x' }), place.id());
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('error[OCI610] no-resctrl: linux.intelRdt needs a resctrl filesystem');
    expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/linux\/intelRdt/);
  });
});

describe.skipIf(!hasFuse)('a group of the container', () => {
  it('has its id and its schemata, and goes with it', () => {
    const id = place.id();
    expect(create(id, { l3CacheSchema: 'L3:0=0f\nMB:0=10', memBwSchema: 'MB:1=050', schemata: ['L3:1=3'] })).toBe('');
    expect(groups()).toEqual([id]);
    // The line for MB in l3CacheSchema gives way to memBwSchema.
    expect(file(id, 'schemata')).toBe('L3:0=f;1=3\nMB:0=100;1=50\n');
    const { pid } = orlop.state(id);
    expect(tasks(id)).toEqual([pid]);
    orlop.call(['start', id]).ok();
    expect(tasks(id)).toEqual([pid]);
    orlop.call(['delete', '--force', id]).ok();
    expect(groups()).toEqual([]);
  });

  it('may be monitored on its own', () => {
    const id = place.id();
    expect(create(id, { enableMonitoring: true })).toBe('');
    const { pid } = orlop.state(id);
    expect(tasks(id, 'mon_groups', id)).toEqual([pid]);
    expect(tasks(id)).toEqual([pid]);
  });

  it('takes the processes of exec', async () => {
    const id = place.id();
    expect(create(id, { enableMonitoring: true })).toBe('');
    orlop.call(['start', id]).ok();
    const pidFile = place.path('exec.pid');
    orlop.call(['exec', '-d', '--pid-file', pidFile, id, 'sleep', '1000']).ok();
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(tasks(id)).toContain(pid);
    expect(tasks(id, 'mon_groups', id)).toContain(pid);
  });

  it('is changed by update, all of it or nothing', () => {
    const id = place.id();
    expect(create(id, { l3CacheSchema: 'L3:0=f' })).toBe('');
    orlop.call(['update', '--l3-cache-schema', 'L3:0=3;1=1', '--mem-bw-schema', 'MB:0=20', id]).ok();
    expect(file(id, 'schemata')).toBe('L3:0=3;1=1\nMB:0=20;1=100\n');
    const refused = orlop.call(['update', '--l3-cache-schema', 'L3:0=xyz', id]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(
      /write\(".*schemata", "L3:0=xyz"\) failed: EINVAL: Non-hex character in the mask xyz/,
    );
    const later = orlop.call(['update', '--l3-cache-schema', 'L3:0=7', '--cpu-period', '1', id]);
    expect(later.status).toBe(1);
    expect(file(id, 'schemata')).toBe('L3:0=3;1=1\nMB:0=20;1=100\n');
    expect(orlop.call(['update', '--mem-bw-schema', '50', id]).stderr).toContain('such as "MB:0=50"');
  });

  it('a schema that the processor has not is an error with its reason, and leaves nothing', () => {
    expect(create(place.id(), { l3CacheSchema: 'L3:7=f' })).toMatch(
      /write\(".*schemata", "L3:7=f"\) failed: EINVAL: Unknown domain 7 \| \/linux\/intelRdt \| .*info says/,
    );
    expect(groups()).toEqual([]);
  });

  it('a processor has only so many', () => {
    for (const name of ['a', 'b', 'c']) mkdirSync(join(resctrl, name));
    try {
      expect(create(place.id(), {})).toMatch(/mkdir\(".*"\) failed: ENOSPC: Out of CLOSIDs \| .*num_closids/);
    } finally {
      for (const name of ['a', 'b', 'c']) spawnSync('rmdir', [join(resctrl, name)]);
    }
  });

  it('is not made of one that is there', () => {
    const id = place.id();
    mkdirSync(join(resctrl, id));
    expect(create(id, {})).toMatch(/mkdir\(".*"\) failed: EEXIST .*name the group in closID/);
    expect(groups()).toEqual([id]);
    spawnSync('rmdir', [join(resctrl, id)]);
  });
});

describe.skipIf(!hasFuse)('a group with a name of its own', () => {
  it('is made where it is not there, and stays while others are in it', () => {
    const [first, second] = [place.id(), place.id()];
    const shared = { closID: 'gold', l3CacheSchema: 'L3:0=ff', memBwSchema: 'MB:0=70' };
    expect(create(first, shared)).toBe('');
    expect(create(second, { ...shared, enableMonitoring: true })).toBe('');
    expect(tasks('gold').sort()).toEqual([orlop.state(first).pid, orlop.state(second).pid].sort());
    // It was made for the first, but the second is in it.
    orlop.call(['delete', '--force', first]).ok();
    expect(groups()).toEqual(['gold']);
    expect(tasks('gold')).toContain(orlop.state(second).pid);
    orlop.call(['delete', '--force', second]).ok();
    expect(readdirSync(join(resctrl, 'gold/mon_groups'))).toEqual([]);
    spawnSync('rmdir', [join(resctrl, 'gold')]);

    const alone = place.id();
    expect(create(alone, shared)).toBe('');
    orlop.call(['delete', '--force', alone]).ok();
    expect(groups()).toEqual([]);
  });

  it('that is there has to match, and stays', () => {
    const group = join(resctrl, 'silver');
    mkdirSync(group);
    try {
      writeFileSync(join(group, 'schemata'), 'L3:0=f;1=f\n');
      const id = place.id();
      expect(create(id, { closID: 'silver', l3CacheSchema: 'L3:1=00f' })).toBe('');
      orlop.call(['delete', '--force', id]).ok();
      expect(groups()).toEqual(['silver']);
      expect(create(place.id(), { closID: 'silver', schemata: ['L3:0=1'] })).toMatch(
        /group .*silver has "L3:0=f;1=f; MB:0=100;1=100", not L3:0=1 \| \/linux\/intelRdt \| .*has to match/,
      );
      expect(file('silver', 'schemata')).toContain('L3:0=f;1=f');
      const plain = place.id();
      expect(create(plain, { closID: 'silver' })).toBe('');
      expect(tasks('silver')).toContain(orlop.state(plain).pid);
      orlop.call(['delete', '--force', plain]).ok();
      expect(groups()).toEqual(['silver']);
    } finally {
      spawnSync('rmdir', [group]);
    }
  });

  it('has to be there if nobody says what it is', () => {
    expect(create(place.id(), { closID: 'nosuch' })).toMatch(/group .*\/nosuch is not there \| \/linux\/intelRdt \|/);
  });

  it('"/" is the default group', () => {
    const id = place.id();
    expect(create(id, { closID: '/', enableMonitoring: true })).toBe('');
    const { pid } = orlop.state(id);
    expect(tasks('mon_groups', id)).toEqual([pid]);
    orlop.call(['delete', '--force', id]).ok();
    expect(readdirSync(join(resctrl, 'mon_groups'))).toEqual([]);
  });
});

it.skipIf(!hasFuse)('a create that fails later leaves no group', () => {
  const error = create(place.id(), { enableMonitoring: true, l3CacheSchema: 'L3:0=1' }, '/nosuch');
  expect(error).toContain('no such file or directory');
  expect(groups()).toEqual([]);
});
