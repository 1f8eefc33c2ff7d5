import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from '../../src/cli/arguments.ts';
import type { Options } from '../../src/cli/command.ts';

const OPTIONS: Options = {
  bundle: { short: 'b', value: 'DIR', help: '' },
  env: { short: 'e', value: 'NAME=VALUE', multiple: true, help: '' },
  detach: { short: 'd', help: '' },
  all: { short: 'a', help: '' },
};

test('a value that may be left out stands in the same word', () => {
  const options: Options = {
    fix: { short: 'x', value: 'WHICH', words: ['safe', 'unsafe'], implied: 'safe', help: '' },
  };
  const read = (line: string) => parse(line.split(' '), options);
  expect(read('--fix unsafe')).toEqual({ values: { fix: 'safe' }, positionals: ['unsafe'] });
  expect(read('--fix=unsafe one')).toEqual({ values: { fix: 'unsafe' }, positionals: ['one'] });
  expect(read('-x unsafe')).toEqual({ values: { fix: 'safe' }, positionals: ['unsafe'] });
  expect(read('-xunsafe one')).toEqual({ values: { fix: 'unsafe' }, positionals: ['one'] });
  expect(() => read('--fix=')).toThrow('not a which');
});

const read = (line: string, endsEarly = false) => parse(line.split(' '), OPTIONS, endsEarly);

test.each([
  ['--bundle /b one', { bundle: '/b' }, ['one']],
  ['--bundle=/b=c one', { bundle: '/b=c' }, ['one']],
  ['--bundle= one', { bundle: '' }, ['one']],
  ['-b /b -da one', { bundle: '/b', detach: true, all: true }, ['one']],
  ['one -db/b two', { detach: true, bundle: '/b' }, ['one', 'two']],
  ['-e A=1 --env B=2', { env: ['A=1', 'B=2'] }, []],
  ['--bundle -1 -', { bundle: '-1' }, ['-']],
  ['-d -- -a --bundle', { detach: true }, ['-a', '--bundle']],
])('%s', (line, values, positionals) => {
  expect(read(line)).toEqual({ values, positionals });
});

test('the first argument may end the options', () => {
  expect(read('-d one -a -- two', true)).toEqual({ values: { detach: true }, positionals: ['one', '-a', '--', 'two'] });
});

test.each([
  ['--bundel /b', 'unknown option --bundel'],
  ['--constructor', 'unknown option --constructor'],
  ['-dx', 'unknown option -x'],
  ['--detach=yes', 'option --detach takes no value'],
  ['one --bundle', 'option --bundle needs a value: DIR'],
  ['-db', 'option --bundle needs a value: DIR'],
])('%s is refused: %s', (line, message) => {
  expect(() => read(line)).toThrow(expect.objectContaining({ code: 'usage/invalid', message }));
});

describe('as node:util reads them', () => {
  const reference = (args: string[]) => {
    try {
      const options = Object.fromEntries(
        Object.entries(OPTIONS).map(([name, { short, value, multiple }]) => [
          name,
          {
            type: value === undefined ? ('boolean' as const) : ('string' as const),
            short: short ?? '',
            multiple: multiple === true,
          },
        ]),
      );
      const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
      return { values: { ...values }, positionals };
    } catch {
      return undefined;
    }
  };
  const word = fc.constantFrom(
    ...[
      'one',
      '-',
      '--',
      '-d',
      '-a',
      '-da',
      '-ad',
      '-b',
      '-b=x',
      '-bx',
      '-dbx',
      '-e',
      '-eA',
      '-x',
      '--bundle',
      '--env',
    ],
    ...['--bundle=', '--bundle=x', '--env=A', '--detach', '--detach=', '--all', '--unknown', '/b', 'A=1', ''],
  );

  test('any line that it takes', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (args) => {
        const expected = reference(args);
        if (!expected) return;
        taken++;
        expect(parse(args, OPTIONS)).toEqual(expected);
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(300);
  });
});
