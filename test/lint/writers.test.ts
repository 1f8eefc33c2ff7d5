import { describe, expect, test } from 'vitest';
import { defaultSpec, rootlessSpec } from '../../src/container/default-spec.ts';
import { file, lint } from './linting.ts';

// What is told of the configs that are not written by hand. Whoever takes such a default as it is has done nothing wrong:
// only `strict`, in which all advice is an error, may call it one.

/** As fixtures/configs/ has them, and what orlop itself writes. */
const WRITERS: Record<string, string> = {
  'runc spec': file('fixtures/configs/runc.json'),
  'runc spec --rootless': file('fixtures/configs/runc-rootless.json'),
  'crun spec': file('fixtures/configs/crun.json'),
  'orlop spec': JSON.stringify(defaultSpec()),
  'orlop spec --rootless': JSON.stringify(rootlessSpec(1000, 1000)),
  Docker: file('fixtures/configs/docker.json'),
  Podman: file('fixtures/configs/podman.json'),
  containerd: file('fixtures/configs/containerd.json'),
};

const PRESETS = ['spec', 'recommended', 'hardened'] as const;

describe.each(Object.entries(WRITERS))('%s', (_name, config) => {
  test.each(PRESETS)('has no errors in %s', (preset) => {
    expect(lint(config, { preset }).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('follows the spec without a warning', () => expect(lint(config, { preset: 'spec' })).toEqual([]));
});

/** Who changes a rule sees here what users will: `vitest -u` writes the file anew. */
test('all that is said of them is in fixtures/configs/findings.txt', async () => {
  const lines: string[] = [];
  for (const [name, config] of Object.entries(WRITERS)) {
    let before: string[] = [];
    for (const preset of PRESETS) {
      const found = lint(config, { preset }).map(
        ({ severity, rule, path, message }) => `  ${severity} ${rule} ${path} ${message}`,
      );
      const more = found.filter((line) => !before.includes(line));
      lines.push(`${name}, ${preset}: ${found.length}`, ...more);
      before = found;
    }
    lines.push('');
  }
  await expect(lines.join('\n')).toMatchFileSnapshot('../../fixtures/configs/findings.txt');
});
