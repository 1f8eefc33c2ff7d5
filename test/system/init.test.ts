// The annotation orlop.init: a first process that reaps and passes signals on, for programs that do neither.

import { afterAll, describe, expect, it } from 'vitest';
import { type Patch, shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { Orlop, type Result, until } from './support/orlop.ts';

const place = new Workplace('init');
const orlop = new Orlop(place);

afterAll(() => place.remove());
leavesNothing(place, () => orlop, { sweeps: true });

const withInit: Patch = (config) => {
  config.annotations = { 'orlop.init': 'true' };
};

const run = (line: string, ...patches: Patch[]): Result =>
  orlop.run(place.bundle(shell(line), withInit, ...patches), place.id());

describe('orlop.init', () => {
  it('is the first process, and the program its child', () => {
    const { lines } = run('echo $$; cat /proc/1/comm; ls /proc/1/fd | tr "\\n" " "; ls /proc/self/fd | wc -l').ok();
    expect(lines).toEqual(['2', 'orlop-init', '0 1 2 4']);
  });

  it.each([0, 1, 7, 255])('exits with %i as the program does', (code) => {
    expect(run(`exit ${code}`).status).toBe(code);
  });

  it.each([
    ['KILL', 137],
    ['TERM', 143],
    ['SEGV', 139],
    ['HUP', 129],
  ])('exits as 128 + n after SIG%s', (name, status) => {
    expect(run(`kill -${name} $$`).status).toBe(status);
  });

  it('reaps orphans', () => {
    const line = 'for i in 1 2 3 4 5; do (sleep 0.01 &) ; done; sleep 0.3; ps -o stat,comm';
    const { stdout } = run(line).ok();
    expect(stdout).not.toContain('Z');
    // Without it sh, the first process, would have them: that this test can fail.
    const bundle = place.bundle(shell(`sh -c '${line}' & exec sleep 1`), (config) => {
      config.process.args = ['/bin/sh', '-c', `(sh -c '(sleep 0.01 &) ; sleep 0.3; ps -o stat,comm') & exec sleep 1`];
    });
    expect(orlop.run(bundle, place.id()).ok().stdout).toMatch(/Z\s+sleep/);
  });

  it('passes signals on', async () => {
    const bundle = place.bundle(
      shell('trap "echo got; exit 5" USR1; echo ready; while true; do sleep 0.05; done'),
      withInit,
    );
    const id = place.id();
    const running = orlop.launch(['run', '-b', bundle.directory, id]);
    await until('ready', () => orlop.call(['exec', id, 'true']).status === 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    orlop.call(['kill', id, 'USR1']).ok();
    const result = await running.result;
    expect(result.lines).toEqual(['ready', 'got']);
    expect(result.status).toBe(5);
  });

  it('a program that cannot be executed is an error of start', () => {
    const bundle = place.bundle(withInit, (config) => {
      config.process.args = ['/bin/garbage'];
    });
    bundle.write('bin/garbage', 'garbage', 0o755);
    const result = orlop.run(bundle, place.id());
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('ENOEXEC');
  });

  it('without a pid namespace too', () => {
    const hostPids: Patch = (config) => {
      config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'pid');
    };
    const line =
      'cat /proc/$PPID/comm; for i in 1 2 3; do (sleep 0.01 &) ; done; sleep 0.2; ps -o ppid,stat,comm | grep "^ *$PPID" | grep Z; exit 4';
    const result = run(line, hostPids);
    expect(result.lines).toEqual(['orlop-init']);
    expect(result.status).toBe(4);
  });

  it('another value is an error', () => {
    const result = orlop.run(
      place.bundle((config) => {
        config.annotations = { 'orlop.init': 'yes' };
      }),
      place.id(),
    );
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('/annotations/orlop.init');
  });
});
