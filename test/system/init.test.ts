// The annotation orlop.init: a first process that reaps and passes signals on, for programs that do neither.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
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

  it('reaps orphans', async () => {
    // What is dead and not reaped would be listed for ever.
    run(
      'for i in 1 2 3 4 5; do (sleep 0.01 &) ; done; sleep 0.3; while ps -o comm | grep -q "^sleep"; do :; done',
    ).ok();
    // Without it the first process has them: that this test can fail.
    const id = place.id();
    orlop.run(place.bundle(shell(`sh -c '(sleep 0.1 &)' & exec sleep 1000`)), id, '-d').ok();
    const listed = (): string => orlop.call(['exec', id, 'ps', '-o', 'stat,comm']).ok().stdout;
    await until('there is a zombie', () => /Z\s+sleep/.test(listed()));
  });

  it('passes signals on', async () => {
    const bundle = place.bundle(
      shell('trap "echo got; exit 5" USR1; touch /ready; while true; do sleep 0.05; done'),
      withInit,
    );
    const id = place.id();
    const running = orlop.launch(['run', '-b', bundle.directory, id]);
    await until('it takes signals', () => existsSync(join(bundle.rootfs, 'ready')));
    orlop.call(['kill', id, 'USR1']).ok();
    const result = await running.result;
    expect(result.lines).toEqual(['got']);
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
      'cat /proc/$PPID/comm; for i in 1 2 3; do (sleep 0.01 &) ; done; sleep 0.2; while ps -o ppid,comm | grep -q "^ *$PPID  *sleep"; do :; done; exit 4';
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
