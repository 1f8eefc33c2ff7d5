// What others do between a look and an act, put there before the act: no test can hit those moments at will.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeRdtGroup, type RdtState, removeRdtGroup } from '../../src/container/intel-rdt.ts';
import { signalAll } from '../../src/container/kill.ts';
import { isAlive, readStat, whileAlive } from '../../src/container/status.ts';
import type { State } from '../../src/container/store.ts';
import type { RdtStep } from '../../src/spec/types.ts';

const place = mkdtempSync(join(tmpdir(), 'orlop-meanwhile-'));
afterAll(() => rmSync(place, { recursive: true }));

const stateOf = (pid: number, ...directories: string[]): State =>
  ({ id: 'any', pid, startTime: readStat(pid)?.startTime, cgroup: { directories, made: [] } }) as unknown as State;

it('a number that is a thread by now is no process to signal', () => {
  const [thread] = readdirSync('/proc/self/task').filter((tid) => tid !== String(process.pid));
  writeFileSync(join(place, 'cgroup.procs'), `${thread}\n`);
  expect(thread).toMatch(/^\d+$/);
  expect(signalAll(stateOf(process.pid, place), 0)).toBe(0);
});

describe('a process', () => {
  it('that has ended: whatever fails, that is why', () => {
    const { pid } = spawnSync('true');
    const fail = () => {
      throw new Error('ENODEV');
    };
    const ended = expect.objectContaining({ message: 'container "any" is stopped, not running' });
    expect(() => whileAlive(stateOf(pid), 'running', fail)).toThrow(ended);
    expect(() => whileAlive(stateOf(process.pid), 'running', fail)).toThrow('ENODEV');
  });

  const cc = spawnSync('cc', ['--version']).status === 0;
  if (!cc)
    console.warn('meanwhile.test.ts: cc is missing: no process is without its first thread. apt-get install gcc');

  it.skipIf(!cc)('whose first thread has ended lives as long as the others', async () => {
    const [source, program] = [join(place, 'threads.c'), join(place, 'threads')];
    writeFileSync(
      source,
      `#include <pthread.h>
       #include <unistd.h>
       static void *wait_for_ever(void *nothing) { for (;;) pause(); }
       int main(void) { pthread_t thread; pthread_create(&thread, 0, wait_for_ever, 0); pthread_exit(0); }`,
    );
    const made = spawnSync('cc', ['-pthread', '-o', program, source], { encoding: 'utf8' });
    expect(made.stderr).toBe('');
    const child = spawn(program);
    const ended = new Promise((resolve) => child.on('exit', resolve));
    const pid = child.pid as number;
    try {
      const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8');
      await expect.poll(stat, { timeout: 20_000 }).toMatch(/\) Z /);
      expect(isAlive(stateOf(pid))).toBe(true);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  });
});

describe('a resource control group', () => {
  const root = join(place, 'resctrl');
  mkdirSync(join(root, 'info'), { recursive: true });
  const step = (name: string, more: Partial<RdtStep> = {}): RdtStep =>
    ({ step: 0, verb: 'rdt', directory: join(root, name), schemata: ['L3:0=ff'], ...more }) as RdtStep;
  const madeByAnother = ({ directory }: RdtStep): void => {
    mkdirSync(join(directory, 'mon_groups'), { recursive: true });
    writeFileSync(join(directory, 'schemata'), 'L3:0=ff\n');
    writeFileSync(join(directory, 'tasks'), '');
  };
  /** What is on record after the attempt, which may fail. */
  const make = (group: RdtStep): { recorded: RdtState; error: unknown } => {
    let recorded: RdtState | undefined;
    let error: unknown;
    try {
      makeRdtGroup(
        group,
        (state) => (recorded = state),
        () => ({}),
      );
    } catch (caught) {
      error = caught;
    }
    return { recorded: recorded as RdtState, error };
  };

  it('with a name that others may use is theirs if they were first', () => {
    const group = step('shared', { shared: true });
    madeByAnother(group);
    const { recorded, error } = make(group);
    expect(error).toBe(undefined);
    removeRdtGroup(recorded);
    expect(existsSync(group.directory)).toBe(true);
  });

  it('of another container of the same id is refused, and stays', () => {
    const group = step('alone');
    madeByAnother(group);
    const { recorded, error } = make(group);
    expect(error).toMatchObject({ message: `mkdir("${group.directory}") failed: EEXIST` });
    removeRdtGroup(recorded);
    expect(existsSync(group.directory)).toBe(true);
  });

  it('with a monitor of another container: that stays too', () => {
    const group = step('monitored', { shared: true });
    madeByAnother(group);
    const monitor = join(group.directory, 'mon_groups/any');
    mkdirSync(monitor);
    const { recorded, error } = make({ ...group, monitor });
    expect(error).toMatchObject({ message: `mkdir("${monitor}") failed: EEXIST` });
    removeRdtGroup(recorded);
    expect(existsSync(monitor)).toBe(true);
  });

  it('is not made while somebody holds the lock', async () => {
    const holder = spawn('flock', [root, 'sh', '-c', 'echo held; sleep 1; touch "$0/over"', root]);
    const ended = new Promise((resolve) => holder.on('exit', resolve));
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const group = step('late', { shared: true, schemata: [] });
    expect(make(group).error).toBe(undefined);
    expect(existsSync(join(root, 'over'))).toBe(true);
    await ended;
  });
});
