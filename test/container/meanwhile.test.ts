// What others do between a look and an act, put there before the act: no test can hit those moments at will.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeRdtGroup, plannedRdt, removeRdtGroup } from '../../src/container/intel-rdt.ts';
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
  const step = (name: string, shared: boolean): RdtStep => {
    const directory = join(place, name);
    return { step: 0, verb: 'rdt', directory, schemata: ['L3:0=ff'], ...(shared ? { shared } : {}) } as RdtStep;
  };
  const by = (another: RdtStep): void => {
    mkdirSync(another.directory);
    for (const name of ['schemata', 'tasks']) writeFileSync(join(another.directory, name), '');
    writeFileSync(join(another.directory, 'schemata'), 'L3:0=ff\n');
  };

  it('with a name that others may use is theirs if they were first', () => {
    const group = step('shared', true);
    const state = plannedRdt(group);
    expect(state.isMade).toBe(true);
    by(group);
    makeRdtGroup(group, state, () => ({}));
    expect(state.isMade).toBe(false);
    removeRdtGroup(state);
    expect(existsSync(group.directory)).toBe(true);
  });

  it("of a container alone is nobody else's", () => {
    const group = step('alone', false);
    const state = plannedRdt(group);
    by(group);
    expect(() => makeRdtGroup(group, state, () => ({}))).toThrow(/mkdir\(".*alone"\) failed: EEXIST/);
  });
});
