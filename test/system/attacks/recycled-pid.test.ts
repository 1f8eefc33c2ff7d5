// A pid says little: when the container's first process is gone, the next process of the host may get its number.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { shell, Workplace } from '../support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from '../support/leftovers.ts';
import { Orlop } from '../support/orlop.ts';

const place = new Workplace('recycled');
const orlop = new Orlop(place);
let before: Snapshot;
let stranger: ChildProcess;

afterAll(() => place.remove());
beforeEach(() => {
  before = snapshot(place, orlop);
  stranger = spawn('sleep', ['1000'], { stdio: 'ignore' });
});
afterEach(async () => {
  const gone = new Promise((resolve) => stranger.on('exit', resolve));
  stranger.kill('SIGKILL');
  await gone;
  await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
});

it('is nobody that kill, exec, ps or delete --force touch', () => {
  const id = place.id();
  orlop.create(place.bundle(shell('sleep 1000')), id).ok();
  orlop.call(['start', id]).ok();
  orlop.call(['kill', id, 'KILL']).ok();
  while (orlop.state(id).status !== 'stopped');
  // The number comes round.
  const file = join(orlop.root, id, 'state.json');
  const state = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...state, pid: stranger.pid }));

  expect(orlop.state(id).status).toBe('stopped');
  expect(orlop.call(['kill', id, 'TERM']).stderr).toMatch(/is stopped|not running/);
  expect(orlop.call(['exec', id, '/bin/true']).stderr).toMatch(/is stopped|not running/);
  orlop.call(['delete', '--force', id]).ok();
  expect(stranger.exitCode ?? stranger.signalCode).toBe(null);
  expect(readFileSync(`/proc/${stranger.pid}/comm`, 'utf8')).toBe('sleep\n');
});
