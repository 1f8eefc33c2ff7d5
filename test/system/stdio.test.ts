// fds 0 to 2 of a process that is not root: /dev/stdout and its like open the pipe there anew.

import { spawnSync } from 'node:child_process';
import { chownSync, closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { type Patch, shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { builds, Orlop } from './support/orlop.ts';

const place = new Workplace('stdio');
afterAll(() => place.remove());

const UID = 1000;
const LINE = 'cat /dev/stdin; echo out > /dev/stdout; echo err > /dev/stderr';
const asUser: Patch = (config) => {
  config.process.user = { uid: UID, gid: UID };
  config.process.capabilities = {};
};

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  leavesNothing(place, () => orlop);

  /** With pipes on all three: those that a program of Node's makes are sockets, which nobody can open. */
  function piped(...args: string[]): string {
    const script = '{ echo in | "$@" 2>&3 | cat; } 3>&1 | cat';
    const { stdout } = spawnSync('sh', ['-c', script, 'sh', ...orlop.words(args)], { encoding: 'utf8' });
    return stdout;
  }

  it('run: pipes are its own', () => {
    const bundle = place.bundle(shell(LINE), asUser);
    expect(piped('run', '-b', bundle.directory, place.id()).split('\n').sort()).toEqual(['', 'err', 'in', 'out']);
  });

  it('exec: pipes are its own', () => {
    const id = place.id();
    orlop.run(place.bundle(shell('sleep 1000')), id, '-d').ok();
    const said = piped('exec', '--user', String(UID), id, '/bin/sh', '-c', LINE);
    expect(said.split('\n').sort()).toEqual(['', 'err', 'in', 'out']);
    orlop.call(['delete', '--force', id]).ok();
  });

  it('a file of the host keeps its owner', () => {
    const file = place.path(`kept-${build.name.replaceAll(/\W/g, '')}`);
    const fd = openSync(file, 'w');
    chownSync(file, 12, 34);
    const words = orlop.words(['run', '-b', place.bundle(shell('echo x'), asUser).directory, place.id()]);
    const [command, ...args] = words;
    expect(spawnSync(command, args, { stdio: ['ignore', fd, 'inherit'] }).status).toBe(0);
    closeSync(fd);
    expect(readFileSync(file, 'utf8')).toBe('x\n');
    expect(statSync(file)).toMatchObject({ uid: 12, gid: 34 });
    expect(statSync('/dev/null').uid).toBe(0);
  });
});
