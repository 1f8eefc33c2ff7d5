// What a container's author may try with the words of a config: to be given a file of the host.

import { afterAll, describe, expect, it } from 'vitest';
import { type Patch, Workplace } from '../support/bundle.ts';
import { leavesNothing } from '../support/leftovers.ts';
import { Orlop } from '../support/orlop.ts';

const place = new Workplace('escape');
const orlop = new Orlop(place);
const { capabilities } = JSON.parse(orlop.call(['features']).ok().stdout).linux;

afterAll(() => place.remove());
leavesNothing(place, () => orlop);

/**
 * What keeps it from the root of a process of the host must not be that it lacks a capability: it has all that the test
 * itself has, which is the process that it goes for.
 */
const almighty: Patch = (config) => {
  for (const set of ['bounding', 'permitted', 'effective', 'inheritable']) {
    config.process.capabilities[set] = capabilities;
  }
};

/** Every fd that the runtime may have open at that moment. */
const FDS = Array.from({ length: 24 }, (_, index) => index + 3);

describe('/proc/self/fd/N leads nowhere (CVE-2024-21626)', () => {
  // Where it would lead: the fd is the host's /proc, or a directory of one of its filesystems.
  it.each([
    ['the root of a process', `${process.pid}/root/usr/bin/busybox`],
    ['up from there', '../../../usr/bin/busybox'],
    ['further up', '../../../../../usr/bin/busybox'],
  ])(
    'as the program: %s',
    (_, way) => {
      for (const fd of FDS) {
        const bundle = place.bundle(almighty, (config) => {
          config.process.args = [`/proc/self/fd/${fd}/${way}`, 'echo', 'escaped'];
          config.root.readonly = false;
        });
        const result = orlop.run(bundle, place.id());
        expect(result.stdout).toBe('');
        expect(result.status).toBe(1);
        expect(result.stderr).toMatch(/no such file or directory|not a directory|permission denied/);
      }
    },
    120_000,
  );

  it('as the working directory', () => {
    for (const fd of FDS) {
      const bundle = place.bundle(almighty, (config) => {
        config.process.cwd = `/proc/self/fd/${fd}`;
        config.process.args = ['/bin/ls', `${process.pid}/root`, '../../usr'];
      });
      const result = orlop.run(bundle, place.id());
      expect(result.stdout).toBe('');
      expect(result.status).toBe(1);
    }
  }, 60_000);
});
