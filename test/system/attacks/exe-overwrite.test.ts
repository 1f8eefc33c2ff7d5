// CVE-2019-5736: a container that gets hold of the runtime's own program by /proc/PID/exe, and writes to it.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Patch, shell, Workplace } from '../support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from '../support/leftovers.ts';
import { Orlop, until } from '../support/orlop.ts';

const place = new Workplace('overwrite');
const orlop = new Orlop(place);
let before: Snapshot;
let programs: string;
const { capabilities } = JSON.parse(orlop.call(['features']).ok().stdout).linux;

afterAll(() => place.remove());
beforeEach(() => {
  programs = hashes();
  before = snapshot(place, orlop);
});
afterEach(async () => {
  expect(hashes()).toBe(programs);
  await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
});

/** Whatever of the host runs for orlop. */
function hashes(): string {
  const files = orlop.words([]).filter((word) => word.startsWith('/') && existsSync(word) && !word.includes(place.tag));
  return files
    .filter((file) => file !== orlop.root)
    .map((file) => createHash('sha256').update(readFileSync(file)).digest('hex'))
    .join();
}

/** As much as a container can have: what protects the program must not be that the attacker lacks a capability. */
const almighty: Patch = (config) => {
  for (const set of ['bounding', 'permitted', 'effective', 'inheritable']) {
    config.process.capabilities[set] = capabilities;
  }
  config.linux.maskedPaths = [];
  config.linux.readonlyPaths = [];
};

/** Opens what its neighbour executes, and writes to it: at once, and when that has gone on to another program. */
const ATTACK = `
  attack() { printf attack >/proc/self/fd/8; printf $?; }
  for pid in [0-9]*; do
    case $(readlink $pid/exe) in
      /memfd:*) (head -c 4 <&8; attack; : >/tmp/opened; until [ -e /tmp/go ]; do sleep 0.02; done; printf ' '; attack) 8<$pid/exe ;;
    esac
  done`;

describe('the runtime seen from inside (CVE-2019-5736)', () => {
  it('runs as a container whose program is /proc/self/exe, and is not the host’s program', () => {
    const bundle = place.bundle(almighty, (config) => {
      config.process.args = ['/proc/self/exe'];
    });
    const result = orlop.run(bundle, place.id());
    expect(result.status).not.toBe(0);
    expect(result.stdout).toBe('');
  });

  it('cannot be written through /proc/PID/exe while it waits for start, nor later', async () => {
    const attacker = place.id('attacker');
    const arena = place.bundle(almighty, shell('sleep 1000'));
    orlop.create(arena, attacker).ok();
    orlop.call(['start', attacker]).ok();
    const { pid } = orlop.state(attacker);
    // The launch image of a container in the same pid namespace, for as long as one likes.
    const victim = place.id('victim');
    const bundle = place.bundle(shell('echo started'), (config) => {
      const namespace = config.linux.namespaces.find(({ type }) => type === 'pid') as { path?: string };
      namespace.path = `/proc/${pid}/ns/pid`;
    });
    const created = orlop.create(bundle, victim).ok();
    const attack = orlop.launch(['exec', '--cwd', '/proc', attacker, '/bin/sh', '-c', ATTACK]);
    await until('the attacker has opened it', () => existsSync(join(arena.rootfs, 'tmp/opened')));
    orlop.call(['start', victim]).ok();
    await until('nobody executes it any more', () => orlop.state(victim).status === 'stopped');
    arena.write('tmp/go', '');
    const { stdout, stderr } = await attack.result;
    expect(stdout).toMatch(/^\x7fELF1 1$/);
    expect(stderr).toMatch(/Text file busy.*Operation not permitted/s);
    expect(created.stdout).toBe('started\n');
    orlop.call(['delete', '--force', attacker]).ok();
    orlop.call(['delete', '--force', victim]).ok();
  });
});
