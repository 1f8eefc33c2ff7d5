// copy-symlink where what is compared goes away meanwhile; what stays is in test/system/links.test.ts.

import { mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compile } from '../../src/container/compiler.ts';
import { compareLink } from '../../src/container/copy-link.ts';
import { defaultSpec } from '../../src/container/default-spec.ts';

const bundle = mkdtempSync(join(tmpdir(), 'orlop-copy-link-'));
afterAll(() => rmSync(bundle, { recursive: true }));

test.each(['source', 'rootfs/destination'])('%s is gone: an error that tells its place', (gone) => {
  const source = join(bundle, 'source');
  const rootfs = join(bundle, 'rootfs');
  mkdirSync(rootfs, { recursive: true });
  for (const name of ['source', 'rootfs/destination']) symlinkSync('target', join(bundle, name));
  const spec = defaultSpec() as { mounts: object[] };
  const mounts = [...spec.mounts, { source, destination: '/destination', options: ['bind', 'copy-symlink'] }];
  writeFileSync(join(bundle, 'config.json'), JSON.stringify({ ...spec, mounts }));
  const compiled = compile({ id: 'any', bundle });
  const step = compiled.plan.steps.find((one) => one.verb === 'bind' && one.destination === '/destination');

  rmSync(join(bundle, gone));
  const compare = () => compareLink(compiled, step?.step ?? -1, openSync(rootfs, 'r'));
  const path = `/mounts/${mounts.length - 1}`;
  expect(compare).toThrow(expect.objectContaining({ code: 'linux/readlink', path, hint: expect.any(String) }));
  expect(compare).toThrow(/^copy-symlink: readlink\(".*(source|destination)"\) failed: ENOENT$/);
  rmSync(bundle, { recursive: true });
  mkdirSync(bundle);
});
