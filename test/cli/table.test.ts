// README's tables of commands and flags: ours say what orlop has, those of runc and crun what the installed ones print of
// themselves. youki no distribution has: its column is read from its source.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Options } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { EVERYWHERE, GLOBALS } from '../../src/cli/globals.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

type Runtime = 'orlop' | 'runc' | 'crun' | 'youki';

/** A command, or one of its flags; of what stands before a command the name is empty. */
interface Row {
  command: string;
  flag: string | undefined;
  cells: Record<Runtime, string>;
}

const cellsOf = (line: string): string[] =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
const codesOf = (cell: string): string[] => [...cell.matchAll(/`([^`]*)`/g)].map(([, code]) => code as string);

/** Rows of one flag each. Those that tell of behaviour, and have no flag, are not for here. */
function compared(): Row[] {
  const section = readme.slice(readme.indexOf('\n### Beside other runtimes\n'));
  const lines = section.slice(0, section.indexOf('\n### ', 10)).split('\n');
  const rows: Row[] = [];
  let heading = 'commands';
  for (const [first = '', orlop = '', runc = '', crun = '', youki = ''] of lines
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map(cellsOf)) {
    const bold = /^\*\*(.*)\*\*$/.exec(first)?.[1];
    if (bold) {
      heading = bold;
      continue;
    }
    const words = first.slice(0, first.indexOf('`')).replaceAll(',', ' ').trim();
    const owners =
      heading === 'commands' || heading === 'before the command'
        ? ['']
        : (words || heading.replaceAll(',', ' ')).split(/\s+/);
    const cells = { orlop, runc, crun, youki };
    for (const code of codesOf(first)) {
      if (heading === 'commands') rows.push({ command: code, flag: undefined, cells });
      else for (const command of owners) rows.push({ command, flag: code.replace(/^--/, ''), cells });
    }
  }
  return rows;
}

const rows = compared();
const nameOf = ({ command, flag }: Pick<Row, 'command' | 'flag'>): string =>
  [command, flag === undefined ? '' : `--${flag}`].filter(Boolean).join(' ');
const isThere = (cell: string): boolean => cell !== '–';
const flagsOf = (options: Options): string[] => Object.keys(options).filter((name) => !(name in EVERYWHERE));

describe('the table beside other runtimes', () => {
  test('has rows', () => {
    expect(rows.length).toBeGreaterThan(100);
    for (const { cells } of rows) expect(Object.values(cells)).not.toContain('');
  });

  test('says nothing twice', () => {
    const names = rows.map(nameOf);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test('has every command and flag of orlop, and no other', () => {
    const own = [
      ...Object.keys(COMMANDS),
      ...flagsOf(GLOBALS)
        .filter((flag) => flag !== 'version')
        .map((flag) => `--${flag}`),
      ...Object.entries(COMMANDS).flatMap(([command, { options }]) =>
        flagsOf(options).map((flag) => `${command} --${flag}`),
      ),
    ];
    // What these take has nothing beside it: the first table has it.
    const alone = /^(plan|check|lint|lsp|demo|completion) --/;
    expect(
      rows
        .filter(({ cells }) => isThere(cells.orlop))
        .map(nameOf)
        .sort(),
    ).toEqual(own.filter((name) => !alone.test(name)).sort());
  });
});

test.each(Object.entries(COMMANDS))('the table of commands has all of %s', (command, { options }) => {
  const table = readme.slice(readme.indexOf('\n### Commands\n'), readme.indexOf('\nBefore the command: '));
  const lines = table.split('\n').filter((line) => line.startsWith('| `'));
  const own = lines.map(cellsOf).find(([first = '']) => codesOf(first).some((code) => code.split(' ')[0] === command));
  const asCreate = own?.[2]?.includes('those of create') ? Object.keys(COMMANDS.create?.options ?? {}) : [];
  const said = new Set([
    ...asCreate,
    ...codesOf(own?.[2] ?? '').flatMap((code) =>
      [...code.matchAll(/--([a-zA-Z0-9-]+)/g)].map(([, flag]) => flag as string),
    ),
  ]);
  expect([...said].sort()).toEqual(flagsOf(options).sort());
});

test('and the line below it what stands before a command', () => {
  const line = /^Before the command: .*$/m.exec(readme)?.[0] ?? '';
  const said = codesOf(line).flatMap((code) => [...code.matchAll(/(?<!\S)--([a-z0-9-]+)/g)].map(([, flag]) => flag));
  expect(said.sort()).toEqual(flagsOf(GLOBALS).sort());
});

/** What the columns know and Debian's versions do not: they are older, and its crun is built without CRIU. */
const NEWER: Record<string, readonly string[]> = {
  runc: [
    'create --pidfd-socket',
    'run --pidfd-socket',
    'exec --pidfd-socket',
    'update --cpu-burst',
    'update --cpu-idle',
  ],
  crun: [
    'features',
    'checkpoint',
    'restore',
    'run --keep',
    'update --l3-cache-schema',
    'update --mem-bw-schema',
    'mounts',
  ],
};
/** What they do not print of themselves: works, or has no effect. */
const UNTOLD: Record<string, readonly string[]> = {
  runc: ['completion', 'update --kernel-memory', 'update --kernel-memory-tcp'],
  crun: ['--log-level', '--systemd-log'],
};
/** Of neither table: what every program has, what has been taken out since, the flags of what orlop does not do at all. */
const BESIDES = /^(.*--(help|usage|version)|--criu|help|(checkpoint|restore) --.*)$/;

/** The names in the help of one of them, as in the table. */
function helpOf(program: string): Set<string> {
  const print = (...words: string[]): string => {
    const done = spawnSync(program, [...words, '--help'], { encoding: 'utf8' });
    return done.stdout + done.stderr;
  };
  const flags = (text: string): string[] =>
    [...text.matchAll(/^ +(?:-\S, )*--([a-z0-9-]+)/gm)].map(([, flag]) => flag as string);
  const top = print();
  const commands = [...(top.split('COMMANDS:')[1]?.split('\n\n')[0] ?? '').matchAll(/^\s+([a-z]+)/gm)].map(
    ([, command]) => command as string,
  );
  return new Set([
    ...commands,
    ...flags(top).map((flag) => `--${flag}`),
    ...commands.flatMap((command) => flags(print(command)).map((flag) => `${command} --${flag}`)),
  ]);
}

describe.each(['runc', 'crun'] as const)('the column of %s', (program) => {
  const isInstalled = spawnSync(program, ['--version']).error === undefined;
  if (!isInstalled) console.warn(`table.test.ts: skipped: ${program} is missing: apt-get install ${program}`);
  const help = isInstalled ? helpOf(program) : new Set<string>();

  test.skipIf(!isInstalled)('has what it prints of itself', () => {
    const known = new Set(rows.filter(({ cells }) => isThere(cells[program])).map(nameOf));
    expect([...help].filter((name) => !known.has(name) && !BESIDES.test(name))).toEqual([]);
  });

  test.skipIf(!isInstalled)('and what it does not, if for a reason', () => {
    const excused = new Set([...(NEWER[program] ?? []), ...(UNTOLD[program] ?? [])]);
    const claimed = rows.filter(({ cells }) => isThere(cells[program])).map(nameOf);
    expect(claimed.filter((name) => !help.has(name) && !excused.has(name))).toEqual([]);
    for (const name of excused) expect(claimed).toContain(name);
  });
});
