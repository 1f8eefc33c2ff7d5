// State in places that cannot take it, or that has been damaged: the error says so, and what can be done is done.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { done, fill, mountTmpfs } from './support/mount.ts';
import { builds, Orlop, type Result, until } from './support/orlop.ts';
import { expectRefused, TAKING_ID, withId } from './support/refused.ts';

const place = new Workplace('bad-root');
const bundle = place.bundle(shell('sleep 1000')).directory;
const file = place.path('file');
beforeAll(() => writeFileSync(file, ''));
afterAll(() => place.remove());

const MAKING = ['create', 'run'];
/** What needs no room and changes no file of the state. */
const USING = ['exec', 'state', 'kill', 'pause', 'resume', 'ps', 'update'];

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  let before: Snapshot;
  beforeEach(() => {
    before = snapshot(place, orlop);
  });

  /** In a tmpfs of 64 kB of its own. */
  async function inTmpfs(options: string[], act: (root: string, call: (...args: string[]) => Result) => unknown) {
    const root = place.path('root');
    mkdirSync(root);
    mountTmpfs(root, ...options);
    try {
      await act(root, (...args) => orlop.call(['--root', root, ...args]));
    } finally {
      done('umount', root);
      rmdirSync(root);
    }
    await expectNothingLeft(place, orlop, before);
  }

  function expectUsable(call: (...args: string[]) => Result, id: string): void {
    for (const command of USING) {
      const args =
        command === 'kill' ? [id, 'CONT'] : command === 'ps' ? ['-f', 'json', id] : withId(command, bundle, id);
      call(command, ...args).ok();
    }
    expect(call('list', '-q').ok().lines).toEqual([id]);
  }

  it('a full disk takes no container, and keeps nobody from using and deleting those that are there', async () => {
    await inTmpfs([], async (root, call) => {
      const [one, other, third] = [place.id(), place.id(), place.id()];
      for (const id of [one, other]) call('create', '-b', bundle, id).ok();
      fill(root);
      for (const command of MAKING) {
        const { args, says } = {
          args: withId(command, bundle, third),
          says: `write("${root}/${third}/config.json") failed: ENOSPC`,
        };
        expectRefused(command, call(command, ...args), [says, 'make room']);
        expect(readdirSync(root).sort()).toEqual(['filler', one, other].sort());
      }
      call('delete', '-f', other).ok();
      call('start', one).ok();
      expectUsable(call, one);
      call('kill', one, 'KILL').ok();
      await until('it has stopped', () => JSON.parse(call('state', one).ok().stdout).status === 'stopped');
      call('delete', one).ok();
      expect(readdirSync(root)).toEqual(['filler']);
    });
  });

  // 1 is the root's own; a container has a directory and five files, one of them for a moment.
  it.each([1, 2, 3, 4, 5, 6, 7])('a disk with room for %i inodes', async (inodes) => {
    await inTmpfs([`nr_inodes=${inodes}`], (root, call) => {
      const id = place.id();
      expectRefused('create', call('create', '-b', bundle, id), [
        new RegExp(`\\("${root}/${id}.*"(, .*)?\\) failed: ENOSPC`),
      ]);
      expect(readdirSync(root)).toEqual([]);
    });
  });

  it('a read-only disk takes no container and starts none, and shows those that are there', async () => {
    await inTmpfs([], (root, call) => {
      const [one, created, third] = [place.id(), place.id(), place.id()];
      call('run', '-d', '-b', bundle, one).ok();
      call('create', '-b', bundle, created).ok();
      done('mount', '-o', 'remount,ro', root);
      for (const command of MAKING) {
        const refused = call(command, ...withId(command, bundle, third));
        expectRefused(command, refused, [`mkdir("${root}/${third}") failed: EROFS`, '--root']);
      }
      expectRefused('start', call('start', created), [`access("${root}/${created}") failed: EROFS`, '--root']);
      expect(JSON.parse(call('state', created).ok().stdout).status).toBe('created');
      for (const args of [
        ['delete', '-f', one],
        ['delete', '-f', created],
        ['delete', created],
      ]) {
        expectRefused('delete', call(...args), [`rename("${root}/${args.at(-1)}"`, 'failed: EROFS', '--root']);
      }
      done('mount', '-o', 'remount,rw', root);
      for (const id of [one, created]) call('delete', '-f', id).ok();
      expect(readdirSync(root)).toEqual([]);
    });
  });

  it.each([...TAKING_ID, 'list'])('%s with a file for a root, or none', (command) => {
    const args = [command, ...(command === 'list' ? [] : withId(command, bundle, 'any'))];
    for (const root of [file, join(file, 'below')]) {
      const says = new RegExp(`\\("${file}.*"\\) failed: ENOTDIR`);
      expectRefused(command, orlop.call(['--root', root, ...args]), [says, '--root']);
    }
    expectRefused('', orlop.call(['--root', '', ...args]), ['--root ""']); // before the command has its turn
  });

  it.each(MAKING)('%s where no directory can be made', (command) => {
    const refused = orlop.call(['--root', '/proc/none/below', command, ...withId(command, bundle, 'any')]);
    expectRefused(command, refused, ['mkdir("/proc/none") failed: ENOENT', '--root']);
  });

  it('a log that cannot be written hides no error', () => {
    const refused = orlop.call(['--log', join(file, 'log'), 'state', 'any']);
    expectRefused('state', refused, ['"any" does not exist', `open("${file}/log") failed: ENOTDIR`, '--log']);
  });

  describe('a state that is damaged', () => {
    const id = place.id();
    const stateFile = join(orlop.root, id, 'state.json');
    let whole = '';
    beforeAll(() => {
      orlop.call(['create', '-b', bundle, id]).ok();
      whole = readFileSync(stateFile, 'utf8');
    });
    afterAll(() => {
      writeFileSync(stateFile, whole);
      orlop.call(['delete', '-f', id]).ok();
      expect(existsSync(stateFile)).toBe(false);
    });

    it.each(['', whole.slice(0, 40), 'null', '{"version":2}'])('%j', async (text) => {
      writeFileSync(stateFile, text);
      const damage = snapshot(place, orlop);
      for (const command of TAKING_ID.filter((name) => !MAKING.includes(name))) {
        expectRefused(command, orlop.call([command, ...withId(command, bundle, id)]), [`${stateFile} `]);
      }
      expectRefused('delete', orlop.call(['delete', '--force', id]), [`${stateFile} `]);
      await expectNothingLeft(place, orlop, damage);
    });

    it('hides nobody from list', () => {
      const other = place.id();
      orlop.call(['create', '-b', bundle, other]).ok();
      writeFileSync(stateFile, '{');
      const listed = orlop.call(['list', '-q']).ok();
      expect(listed.lines).toEqual([other]);
      expect(listed.stderr).toContain(`warning: ${stateFile} is no JSON`);
      orlop.call(['delete', '-f', other]).ok();
    });
  });
});
