// The README is true: its shell blocks run as they stand, and its tables name every command and option.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { builds, Orlop } from './support/orlop.ts';

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const blocks = [...README.matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(([, language, text]) => ({
  language,
  text: text ?? '',
}));
const place = new Workplace('readme');
afterAll(() => place.remove());

function block(words: string): string {
  const found = blocks.find(({ text }) => text.includes(words));
  if (!found) throw new Error(`README has no block with ${words}`);
  return found.text;
}

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  leavesNothing(place, () => orlop);

  it('makes the bundle and runs it', () => {
    const home = place.path(`use-${build.name}`);
    mkdirSync(home);
    const command = join(home, 'orlop');
    writeFileSync(command, `#!/bin/sh\nexec ${build.argv.join(' ')} --root ${orlop.root} "$@"\n`);
    chmodSync(command, 0o755);
    writeFileSync(join(home, 'script'), block('orlop spec'));
    const { stdout, status } = spawnSync('script', ['-qec', 'sh -e ./script', '/dev/null'], {
      cwd: home,
      env: { ...process.env, PATH: `${home}:${process.env.PATH}` },
      input: 'echo "shell $$"; exit 4\n',
      encoding: 'utf8',
    });
    expect(stdout).toContain('shell 1');
    expect(status).toBe(4);
  });

  it('shows errors as they are', () => {
    const bundle = place.bundle((config) => {
      for (const mount of config.mounts) if (mount.type === 'mqueue') mount.type = 'mqueu';
    });
    const said = orlop.run(bundle, place.id()).stderr.replaceAll(bundle.directory, '/bundle');
    const [first, , , , help] = block('mount of "mqueu"').trimEnd().split('\n');
    expect(said).toContain(first);
    expect(said).toContain(help?.trim());
  });

  it('shows what changes as it is', () => {
    const [before, after] = [
      place.bundle(),
      place.bundle((config) => {
        for (const set of ['bounding', 'permitted', 'effective'])
          config.process.capabilities[set].push('CAP_SYS_ADMIN');
        config.mounts.push({ destination: '/etc', source: '/etc', options: ['rbind'] });
        config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'network');
      }),
    ];
    const said = orlop.call(['plan', '--diff', before.config, after.config]).ok().stdout;
    // Of the places only the pointers: lines are those of the test's configs.
    const shape = (text: string): string => text.replace(/ +(?:\d+ )?→ (?:\d+ )?(?=\/)/g, ' → ').trimEnd();
    const shown = shape(block('old.json → new.json')).split('\n').slice(2);
    expect(shape(said).split('\n').slice(2)).toEqual(shown);
  });
});

describe.each(Object.entries(COMMANDS))('%s', (name, command) => {
  const row = README.split('\n').find((line) => /^\| `/.test(line) && line.includes(`\`${name}`));

  it('is in the table', () => expect(row).toBeDefined());

  it.each(Object.keys(command.options).filter((option) => !command.options[option]?.isHidden))('has --%s', (option) => {
    const shared = name === 'run' && README.includes('those of create') ? README : row;
    expect(shared).toContain(`--${option}`);
  });
});
