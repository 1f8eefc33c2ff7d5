// The one file of the container that the host itself reads: /etc/passwd, for HOME.

import { spawnSync } from 'node:child_process';
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { shell, Workplace } from '../support/bundle.ts';
import { leavesNothing } from '../support/leftovers.ts';
import { Orlop } from '../support/orlop.ts';

const place = new Workplace('passwd');
const orlop = new Orlop(place);

afterAll(() => place.remove());
leavesNothing(place, () => orlop);

const ENTRY = 'root:x:0:0:root:/stolen:/bin/sh\n';

describe('/etc/passwd of the container', () => {
  it.each([
    ['a FIFO that nobody writes to', (file: string) => spawnSync('mkfifo', [file])],
    ['a terminal', (file: string) => spawnSync('mknod', [file, 'c', '5', '2'])],
    ['a directory', (file: string) => spawnSync('mkdir', [file])],
    ['a link to a file of the host', (file: string) => symlinkSync(hostFile(), file)],
    ['a link that climbs', (file: string) => symlinkSync(`../../../../../../../..${hostFile()}`, file)],
    ['a link through /proc', (file: string) => symlinkSync(`/proc/self/root${hostFile()}`, file)],
    ['a link to itself', (file: string) => symlinkSync('passwd', file)],
    ['of a terabyte without a line end', (file: string) => hugeFile(file)],
  ])('as %s gives no home, and nobody waits', (_, make) => {
    const bundle = place.bundle(shell('echo $HOME'));
    make(join(bundle.rootfs, 'etc/passwd'));
    const result = orlop.call(['run', '-b', bundle.directory, place.id()], { timeout: 10_000 });
    if (result.status === 0) expect(result.lines).toEqual(['/']);
    else expect(result.stderr).toMatch(/etc\/passwd/);
    expect(result.stdout).not.toContain('stolen');
  });
});

function hostFile(): string {
  const file = place.path('passwd-of-the-host');
  writeFileSync(file, ENTRY);
  return file;
}

function hugeFile(file: string): void {
  writeFileSync(file, '');
  truncateSync(file, 2 ** 40);
}
