// CVE-2021-30465: who shares a volume with a container that is being made swaps a directory in it for a symbolic link,
// just when the runtime mounts something there.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bundle, shell, Workplace } from '../support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from '../support/leftovers.ts';
import { Orlop } from '../support/orlop.ts';

const SWAP = join(import.meta.dirname, '../support/swap.mjs');
const CREATES = 2000;

const place = new Workplace('race');
const orlop = new Orlop(place);
let before: Snapshot;
let attackers: ChildProcess[] = [];

afterAll(() => place.remove());
beforeEach(() => {
  before = snapshot(place, orlop);
});
afterEach(async () => {
  for (const attacker of attackers) {
    const gone = new Promise((resolve) => attacker.on('exit', resolve));
    attacker.kill('SIGKILL');
    await gone;
  }
  attackers = [];
  await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
});

/** A volume with `x`, where the config mounts, and `y`, which leads out of the container. */
function volume(name: string, link: string): string {
  const directory = place.path(name);
  mkdirSync(join(directory, 'x'), { recursive: true });
  symlinkSync(link, join(directory, 'y'));
  return directory;
}

function attack(directory: string): void {
  attackers.push(spawn(process.execPath, [SWAP, join(directory, 'x'), join(directory, 'y')], { stdio: 'ignore' }));
}

/** So that each container makes its place anew. Between the two names, either may be the link by now. */
function removePlaces(directories: string[]): void {
  for (const directory of directories) {
    try {
      rmdirSync(join(directory, 'in'));
    } catch (error) {
      // Not made there, or it has gone with the other name. Anything else, such as EBUSY, is something left behind.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** Runs it again and again, and tells on which of the two the mount has landed: the race has to be a race. */
function runAll(bundle: Bundle, victim: string, shared: string): { direct: number; linked: number; refused: number } {
  const seen = { direct: 0, linked: 0, refused: 0 };
  for (let round = 0; round < CREATES; round++) {
    removePlaces([join(shared, 'x'), join(shared, 'y'), join(bundle.rootfs, victim)]);
    const result = orlop.run(bundle, place.id());
    expect(readdirSync(victim)).toEqual(['canary']);
    if (result.status === 1) {
      // Made in the one, looked for in the other: refused, and nothing of it is left.
      expect(result.stderr).toContain('/volume/x/in cannot be made in the root filesystem: ');
      seen.refused++;
      continue;
    }
    result.ok();
    const [root, mounted] = result.lines;
    expect(root).toBe('bin dev etc proc root sys tmp usr volume');
    if (mounted?.startsWith('/volume/')) seen.direct++;
    else if (mounted === `${victim}/in`) seen.linked++;
    else throw new Error(`mounted on ${mounted}`);
  }
  return seen;
}

describe('a directory of a shared volume that becomes a link (CVE-2021-30465)', () => {
  it.each([
    ['absolute', (victim: string) => victim],
    ['climbing', (victim: string) => `../../../../../../../../../..${victim}`],
  ])(
    `never leads out of the container: %s link, ${CREATES} creates`,
    (name, link) => {
      const victim = place.path(`victim-${name}`);
      mkdirSync(victim);
      writeFileSync(join(victim, 'canary'), '');
      const shared = volume(`volume-${name}`, link(victim));
      const bundle = place.bundle(
        shell(`cd /; echo $(ls); awk '$3 == "tmpfs" && $4 ~ /size=128k/ {print $2}' /proc/mounts`),
        (config) => {
          config.mounts.push(
            { destination: '/volume', type: 'bind', source: shared, options: ['rbind'] },
            { destination: '/volume/x/in', type: 'tmpfs', source: 'tmpfs', options: ['size=128k'] },
          );
        },
      );
      // The way out leads somewhere inside too: there the mount may land.
      mkdirSync(join(bundle.rootfs, victim), { recursive: true });
      attack(shared);
      const { direct, linked, refused } = runAll(bundle, victim, shared);
      expect(direct).toBeGreaterThan(0);
      expect(linked).toBeGreaterThan(0);
      expect(refused).toBeLessThan(CREATES / 10);
    },
    900_000,
  );
});
