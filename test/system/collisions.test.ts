// Containers and their neighbours in the same hierarchies of cgroups, at the same moment.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readStat } from '../../src/container/status.ts';
import { type Patch, shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { builds, Orlop, until } from './support/orlop.ts';

const place = new Workplace('collisions');
afterAll(() => place.remove());

const hasStrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
if (!hasStrace)
  console.warn('collisions.test.ts: strace is missing or not allowed: nothing is held up. apt-get install strace');

/** Where version 2 is, and one of its controllers: a cgroup that hands it down takes no process. */
const UNIFIED = existsSync('/sys/fs/cgroup/cgroup.controllers') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified';
const words = (file: string): string[] => readFileSync(file, 'utf8').split(/\s+/).filter(Boolean);
const [controller] = existsSync(UNIFIED) ? words(join(UNIFIED, 'cgroup.controllers')) : [];
if (!controller)
  console.warn('collisions.test.ts: cgroup v2 has no controllers here: no cgroup is closed to processes');

const PIDFD_OPEN = 434; // <asm-generic/unistd.h>
const SETNS = 308; // <asm/unistd_64.h>

/** man 5 proc_pid_syscall: whether a process below that one is in that call. */
function isInside(parent: number, call: number): boolean {
  try {
    if (readFileSync(`/proc/${parent}/syscall`, 'utf8').startsWith(`${call} `)) return true;
    const threads = readdirSync(`/proc/${parent}/task`);
    const lists = threads.map((thread) => readFileSync(`/proc/${parent}/task/${thread}/children`, 'utf8'));
    return lists.some((list) => list.split(' ').some((child) => child !== '' && isInside(Number(child), call)));
  } catch {
    return false; // it has gone
  }
}

const hasChild = (pid: number): boolean => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8') !== '';

const WAITING = shell('sleep 1000');
const below = (path: string): Patch => {
  return (config) => {
    config.linux.cgroupsPath = path;
  };
};

interface Cgroups {
  cgroup: { directories: string[] };
}

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  leavesNothing(place, () => orlop);

  const directoriesOf = (id: string): string[] =>
    (JSON.parse(readFileSync(join(orlop.root, id, 'state.json'), 'utf8')) as Cgroups).cgroup.directories;

  /** A command that has just looked at the container, for as long as strace keeps it from entering. */
  async function heldUp(words: string[]) {
    const inject = 'inject=setns:delay_enter=3000000:when=1';
    const prefix = ['strace', '-f', '--quiet=all', '-o', '/dev/null', '-e', 'trace=setns', '-e', inject];
    const { pid: tracer, result } = orlop.launch(words, { prefix });
    await until('it is held up', () => isInside(tracer, SETNS));
    return { tracer, result };
  }

  it.skipIf(!hasStrace)('two that make the same parent are made both', async () => {
    const parent = `/${place.id()}`;
    const [first, second, probe] = [place.id(), place.id(), place.id()];
    // Where the parent will be in each hierarchy.
    orlop.create(place.bundle(below(`${parent}/probe`)), probe).ok();
    const parents = directoriesOf(probe).map(dirname);
    orlop.call(['delete', '--force', probe]).ok();
    expect(parents.filter(existsSync)).toEqual([]);

    // The first has found no parent, and is held up when it is about to make one.
    const held = parents.flatMap((path) => ['-P', path]);
    const inject = 'inject=?mkdir,?mkdirat:delay_enter=5000000:when=1';
    const prefix = ['strace', '--quiet=all', '-o', '/dev/null', ...held, '-e', inject];
    const bundles = [first, second].map((id) => place.bundle(WAITING, below(`${parent}/${id}`)).directory);
    const created = orlop.launch(['create', '-b', bundles[0] as string, first], { prefix }).result;
    await until('it is held up', () => existsSync(join(orlop.root, first, 'exec')));
    orlop.call(['create', '-b', bundles[1] as string, second]).ok();
    (await created).ok();
    for (const id of [first, second]) orlop.call(['start', id]).ok();
    // The parent goes with the one that made it.
    for (const id of [first, second]) orlop.call(['delete', '--force', id]).ok();
    expect(parents.filter(existsSync)).toEqual([]);
  });

  it.skipIf(!hasStrace)('one of the same id is not killed for one that has gone', async () => {
    const id = place.id();
    const bundle = place.bundle(WAITING);
    orlop.run(bundle, id, '-d').ok();
    const { pid } = orlop.state(id);
    // It knows the container, and is held up when it is about to open its process.
    const inject = 'inject=pidfd_open:delay_enter=5000000:when=1';
    const prefix = ['strace', '--quiet=all', '-o', '/dev/null', '-e', 'trace=pidfd_open', '-e', inject];
    const { pid: tracer, result: killed } = orlop.launch(['kill', id, 'KILL'], { prefix });
    await until('it is held up', () => isInside(tracer, PIDFD_OPEN));
    orlop.call(['delete', '--force', id]).ok();
    orlop.run(bundle, id, '-d').ok();
    expect(orlop.state(id).pid).not.toBe(pid);
    expect((await killed).stderr).toContain('container not running');
    expect(orlop.state(id).status).toBe('running');
    orlop.call(['delete', '--force', id]).ok();
  });

  it.skipIf(!hasStrace)('exec into one that ends meanwhile says that it has, and no more', async () => {
    const id = place.id();
    orlop.run(place.bundle(WAITING), id, '-d').ok();
    const { result } = await heldUp(['exec', id, 'true']);
    orlop.call(['kill', id, 'KILL']).ok();
    await until('stopped', () => orlop.state(id).status === 'stopped');
    const { status, stderr } = await result;
    expect(stderr).toContain(`container "${id}" is stopped, not running`);
    expect(stderr).not.toContain('and then:');
    expect(status).toBe(255);
    orlop.call(['delete', id]).ok();
  });

  it.skipIf(!hasStrace)('exec into one that is paused meanwhile does not wait for its end', async () => {
    const id = place.id();
    orlop.run(place.bundle(WAITING), id, '-d').ok();
    const { tracer, result } = await heldUp(['exec', id, 'true']);
    orlop.call(['pause', id]).ok();
    // strace itself waits for the launcher, which is frozen: whether orlop has ended its children say.
    await until('orlop has ended', () => !hasChild(tracer));
    orlop.call(['resume', id]).ok();
    const { status, stderr } = await result;
    expect(stderr).toContain(`container "${id}" is paused: the process would not run`);
    expect(status).toBe(255);
    orlop.call(['delete', '--force', id]).ok();
  });

  it.skipIf(!hasStrace || !controller)(
    'exec into one that moves its first process meanwhile goes after it',
    async () => {
      const top = join(UNIFIED, 'cgroup.subtree_control');
      const isHandedDown = words(top).includes(controller as string);
      if (!isHandedDown) writeFileSync(top, `+${controller}`);
      try {
        const id = place.id();
        orlop.run(place.bundle(WAITING), id, '-d').ok();
        const own = directoriesOf(id).find((path) => path.startsWith(UNIFIED)) as string;
        // It has found the cgroup, and is held up before it makes a process there.
        const { result } = await heldUp(['exec', id, 'cat', '/proc/self/cgroup']);
        mkdirSync(join(own, 'leaf'));
        writeFileSync(join(own, 'leaf/cgroup.procs'), String(orlop.state(id).pid));
        writeFileSync(join(own, 'cgroup.subtree_control'), `+${controller}`);
        expect((await result).ok().stdout).toMatch(/^0::.*\/leaf$/m);
        expect(orlop.call(['exec', id, 'true']).ok().stderr).toBe('');
        orlop.call(['delete', '--force', id]).ok();
      } finally {
        if (!isHandedDown) writeFileSync(top, `-${controller}`);
      }
    },
  );

  it('one whose process somebody has moved elsewhere is ended all the same', () => {
    const id = place.id();
    orlop.run(place.bundle(WAITING), id, '-d').ok();
    const { pid } = orlop.state(id);
    const directories = directoriesOf(id);
    for (const directory of directories) {
      // Up to the mount, which takes processes in every version.
      let top = directory;
      while (existsSync(join(dirname(top), 'cgroup.procs'))) top = dirname(top);
      writeFileSync(join(top, 'cgroup.procs'), String(pid));
      expect(readFileSync(join(directory, 'cgroup.procs'), 'utf8')).toBe('');
    }
    expect(orlop.state(id).status).toBe('running');
    orlop.call(['delete', '--force', id]).ok();
    expect(readStat(pid)?.isAlive ?? false).toBe(false);
  });
});
