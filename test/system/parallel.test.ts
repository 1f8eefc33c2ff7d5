// Many commands at a time on one --root: each sees whole containers or none, nobody waits for ever, and nothing is left.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Bundle, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { Orlop, type Result, until } from './support/orlop.ts';

const place = new Workplace('parallel');
const orlop = new Orlop(place);
afterAll(() => place.remove());

const WORKERS = 8;
/** Milliseconds after which a command is taken to wait for ever. */
const PATIENCE = 30_000;

async function call(...args: string[]): Promise<Result> {
  const { pid, result } = orlop.launch(args);
  const timer = setTimeout(() => process.kill(pid, 'SIGKILL'), PATIENCE);
  try {
    const done = await result;
    if (done.signal === 'SIGKILL') throw new Error(`orlop ${args.join(' ')}: no end after ${PATIENCE} ms`);
    return done;
  } finally {
    clearTimeout(timer);
  }
}

const succeed = async (...args: string[]): Promise<string> => (await call(...args)).ok().stdout;

/** `rounds` of them, WORKERS at a time. The first error is thrown when all have come to an end. */
async function inParallel(rounds: number, act: (round: number) => Promise<void>): Promise<void> {
  let next = 0;
  let isFailed = false;
  const work = async (): Promise<void> => {
    while (next < rounds && !isFailed) {
      try {
        await act(next++);
      } catch (error) {
        isFailed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: WORKERS }, work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

interface Listed {
  id: string;
  pid: number;
  status: string;
}

/** Lists again and again until `isOver`; every answer is judged. */
async function watch(
  isOver: () => boolean,
  judge: (listed: Listed[], before: Set<string>) => void,
  alive: Set<string>,
) {
  let count = 0;
  while (!isOver()) {
    const before = new Set(alive);
    judge(JSON.parse(await succeed('list', '-f', 'json')) as Listed[], before);
    count++;
  }
  return count;
}

describe('on one root', () => {
  let sleeper: Bundle;
  let ender: Bundle;
  let before: Snapshot;
  beforeAll(() => {
    sleeper = place.bundle(shell('sleep 1000'));
    ender = place.bundle(shell('exit 7'));
    orlop.run(ender, place.id());
    before = snapshot(place, orlop);
  });

  it('200 lifecycles, and a list meanwhile that loses nobody', { timeout: 300_000 }, async () => {
    const alive = new Set<string>(); // between the end of create and the begin of delete
    const ids = new Set<string>();
    let isOver = false;

    const lifecycle = async (): Promise<void> => {
      const id = place.id();
      ids.add(id);
      const stateOf = async (): Promise<Listed> => JSON.parse(await succeed('state', id));
      await succeed('create', '-b', sleeper.directory, id);
      alive.add(id);
      const created = await stateOf();
      expect(created).toMatchObject({ id, status: 'created' });
      await succeed('start', id);
      expect(await stateOf()).toEqual({ ...created, status: 'running' });
      await succeed('kill', id, 'KILL');
      while ((await stateOf()).status !== 'stopped');
      alive.delete(id);
      await succeed('delete', id);
      expect((await call('state', id)).stderr).toContain('does not exist');
    };
    const run = async (): Promise<void> => {
      const id = place.id();
      ids.add(id);
      expect((await call('run', '-b', ender.directory, id)).status).toBe(7);
    };
    const watching = watch(
      () => isOver,
      (listed, those) => {
        const found = new Map(listed.map((one) => [one.id, one]));
        for (const id of those) if (alive.has(id)) expect(found.has(id), `${id} is not listed`).toBe(true);
        for (const { id, pid, status } of listed) {
          expect(ids.has(id), `${id} is listed`).toBe(true);
          if (status !== 'stopped' && status !== 'creating') expect(pid).toBeGreaterThan(1);
        }
      },
      alive,
    );
    try {
      await inParallel(200, (round) => (round % 4 === 3 ? run() : lifecycle()));
    } finally {
      isOver = true;
    }
    expect(await watching).toBeGreaterThan(10);
    await expectNothingLeft(place, orlop, before);
  });

  it('the same few ids, which everybody makes and deletes', { timeout: 300_000 }, async () => {
    const ids = [place.id('common'), place.id('common')];
    // What may be true at any moment of a container that somebody else has just made, started or deleted.
    const expected =
      /already exists|does not exist|process of container \S+ is gone|has no state|is (creating|created|running|stopped), not|not running|that is not stopped/;
    const outcomes = { well: 0, refused: 0 };
    const one = async (...args: string[]): Promise<void> => {
      const { status, stderr } = await call(...args);
      // 7 is what run's program says, 137 what becomes of it when somebody deletes the container.
      if (stderr === '' && [0, 7, 137].includes(status ?? -1)) outcomes.well++;
      else {
        expect(stderr, args.join(' ')).toMatch(expected);
        outcomes.refused++;
      }
    };
    await inParallel(400, async (round) => {
      const id = ids[(round >> 1) % ids.length] as string;
      const acts = [
        ['create', '-b', sleeper.directory, id],
        ['run', '-b', ender.directory, id],
        ['start', id],
        ['delete', '--force', id],
        ['state', id],
        ['run', '-b', ender.directory, id],
        ['delete', id],
        ['kill', id, 'KILL'],
        ['exec', id, '/bin/true'],
        ['delete', '-f', id],
      ];
      await one(...(acts[(round * 7) % acts.length] as string[]));
    });
    expect(outcomes.well).toBeGreaterThan(50);
    expect(outcomes.refused).toBeGreaterThan(50);
    for (const id of ids) await succeed('delete', '--force', id);
    await expectNothingLeft(place, orlop, before);
  });
});

/** What 1,000 processes may have left in a container that goes on. */
interface Footprint {
  processes: number;
  cgroups: number;
  fds: number;
  files: string[];
  /** Bytes: all that the kernel charges the container with, and what its first process has resident. */
  charged: number;
  resident: number;
}

function footprint(id: string): Footprint {
  const { pid } = orlop.state(id);
  const state = JSON.parse(readFileSync(join(orlop.root, id, 'state.json'), 'utf8'));
  const directories = state.cgroup.directories as string[];
  const memory = directories
    .flatMap((directory) => ['memory.usage_in_bytes', 'memory.current'].map((file) => join(directory, file)))
    .find((file) => existsSync(file));
  if (memory === undefined) throw new Error('the container has no memory cgroup');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    processes: JSON.parse(orlop.call(['ps', '-f', 'json', id]).ok().stdout).length,
    cgroups: directories.flatMap((directory) => readdirSync(directory, { recursive: true, encoding: 'utf8' })).length,
    fds: readdirSync(`/proc/${pid}/fd`).length,
    files: readdirSync(join(orlop.root, id)).sort(),
    charged: Number(readFileSync(memory, 'utf8')),
    resident: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024,
  };
}

it('exec 1,000 times into one container', { timeout: 300_000 }, async () => {
  const bundle = place.bundle(shell('sleep 1000'));
  const before = snapshot(place, orlop);
  const id = place.id();
  orlop.run(bundle, id, '-d').ok();
  const exec = async (round: number): Promise<void> => {
    expect((await call('exec', id, '/bin/sh', '-c', `exit ${round % 100}`)).status).toBe(round % 100);
  };
  await inParallel(100, exec); // what the kernel keeps for later
  const atFirst = footprint(id);
  await inParallel(1000, exec);
  const atLast = footprint(id);
  const { charged, resident, ...same } = atFirst;
  expect(atLast).toMatchObject(same);
  // Less than a page each time.
  expect(atLast.charged - charged).toBeLessThan(1000 * 1024);
  expect(atLast.resident - resident).toBeLessThan(64 * 1024);
  orlop.call(['delete', '--force', id]).ok();
  await expectNothingLeft(place, orlop, before);
});

const hasStrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
if (!hasStrace)
  console.warn('\n*** strace is missing or not allowed: nothing is held up. apt-get install strace ***\n');

describe('a container that somebody deletes meanwhile', () => {
  let before: Snapshot;
  let bundle: Bundle;
  let id: string;
  beforeAll(() => {
    bundle = place.bundle(shell('sleep 1000'));
  });
  beforeEach(() => {
    before = snapshot(place, orlop);
    id = place.id();
  });

  /** `delete --force` that takes its time for the first of these calls. */
  function deleteSlowly(calls: string, seconds: number): Promise<Result> {
    const names = calls
      .split(',')
      .map((call) => `?${call}`)
      .join(',');
    const inject = `inject=${names}:delay_enter=${seconds * 1_000_000}:when=1`;
    const prefix = ['strace', '-o', '/dev/null', '-e', `trace=${names}`, '-e', inject];
    return orlop.launch(['delete', '--force', id], { prefix }).result;
  }

  it.skipIf(!hasStrace)('is gone before its files are, and its id free', async () => {
    orlop.create(bundle, id).ok();
    const deleted = deleteSlowly('unlink,unlinkat', 5);
    await until('it is set aside', () => readdirSync(orlop.root).some((name) => name.startsWith('~')));
    expect(orlop.call(['state', id]).stderr).toContain('does not exist');
    expect(orlop.call(['list', '-q']).ok().stdout).toBe('');
    orlop.create(bundle, id).ok();
    expect(readdirSync(orlop.root).some((name) => name.startsWith('~'))).toBe(true);
    (await deleted).ok();
    expect(orlop.state(id).status).toBe('created');
    orlop.call(['delete', '--force', id]).ok();
    await expectNothingLeft(place, orlop, before);
  });

  it.skipIf(!hasStrace)('is missing for who has waited for it', async () => {
    orlop.create(bundle, id).ok();
    const { pid } = orlop.state(id);
    const deleted = deleteSlowly('rename,renameat,renameat2', 1);
    await until('its process has ended', () => !existsSync(`/proc/${pid}`));
    const [started, again] = await Promise.all([call('start', id), call('delete', '--force', id)]);
    expect(started.stderr).toContain('does not exist');
    again.ok();
    (await deleted).ok();
    await expectNothingLeft(place, orlop, before);
  });

  it('is not mistaken by run for another of the same id', async () => {
    const { pid, result } = orlop.launch(['run', '-b', bundle.directory, id]);
    await until('it runs', () => orlop.call(['state', id]).stdout.includes('"running"'));
    // Refused only after `run` has let go of the container.
    expect(orlop.call(['delete', id]).status).toBe(1);
    process.kill(pid, 'SIGSTOP');
    orlop.call(['delete', '--force', id]).ok();
    orlop.create(bundle, id).ok();
    process.kill(pid, 'SIGCONT');
    expect((await result).status).toBe(137);
    expect(orlop.state(id).status).toBe('created');
    orlop.call(['delete', '--force', id]).ok();
    await expectNothingLeft(place, orlop, before);
  });
});
