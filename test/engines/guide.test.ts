// What ENGINES.md says of Podman, as it stands there but for the paths and what keeps it in its own place.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { IMAGE } from './support/image.ts';
import { PodmanSite } from './support/podman.ts';

const guide = readFileSync(join(import.meta.dirname, '../../ENGINES.md'), 'utf8');
const podman = new PodmanSite('guide');
beforeAll(() => podman.ready());
afterAll(() => podman.remove());

/** The block of a language behind a heading. */
function block(heading: string, language: string): string {
  const section = guide.slice(guide.indexOf(`\n## ${heading}\n`));
  const found = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(section)?.[1];
  if (found === undefined) throw new Error(`ENGINES.md has no ${language} behind ${heading}`);
  return found;
}

it('containers.conf makes orlop the runtime of Podman', () => {
  const { site } = podman;
  const file = site.path('guide.conf');
  const containers = '[containers]\nnetns = "none"\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n';
  const text = `${containers}${block('Podman', 'toml')}`
    .replace(
      '[engine]\n',
      `[engine]\nlock_type = "file"\nevents_logger = "none"\ntmp_dir = "${site.path('podman-tmp')}"\n`,
    )
    .replace('/usr/local/bin/orlop', site.path('orlop'));
  writeFileSync(file, text);
  const env = { CONTAINERS_CONF: file, CONTAINERS_STORAGE_CONF: site.path('storage.conf') };
  const name = site.place.id();
  const cgroup = ['--cgroup-parent', `/${site.place.tag}`];
  const words = ['run', ...cgroup, '--name', name, IMAGE];
  expect(site.call(['podman', ...words, 'echo', 'hello'], { env }).ok().stdout).toBe('hello\n');
  const inspected = site.call(['podman', 'inspect', '--format', '{{.OCIRuntime}}', name], { env }).ok();
  site.call(['podman', 'rm', '--force', name], { env }).ok();
  expect(inspected.stdout).toBe('orlop\n');
});
