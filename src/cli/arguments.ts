// Options as getopt_long(3) reads them: `--name VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`, `-ab` for two switches,
// and `--` before words that only look like options. Where a value may be left out only `--name=VALUE` gives one.
//
// Not node:util's parseArgs: loading that module takes Bun 1.5 ms, of the 4 in which a command begins.

import { OrlopError } from '../error.ts';
import type { Options, Values } from './command.ts';

export interface Arguments {
  values: Values;
  positionals: string[];
}

/** With `endsEarly` the first argument ends the options: what follows it is for somebody else. */
export function parse(words: readonly string[], options: Options, endsEarly = false): Arguments {
  const values: Values = {};
  const positionals: string[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') return { values, positionals: [...positionals, ...rest] };
    if (word.startsWith('--')) takeLong(word.slice(2), rest, options, values);
    else if (word.startsWith('-') && word !== '-') takeShort(word.slice(1), rest, options, values);
    else if (endsEarly) return { values, positionals: [word, ...rest] };
    else positionals.push(word);
  }
  return { values, positionals };
}

function takeLong(word: string, rest: string[], options: Options, values: Values): void {
  const [name, value] = cut(word, word.indexOf('='));
  if (!Object.hasOwn(options, name)) throw wrong(`unknown option --${name}`);
  if (options[name]?.value === undefined) {
    if (value !== undefined) throw wrong(`option --${name} takes no value`);
    values[name] = true;
  } else take(name, value ?? options[name]?.implied ?? rest.shift(), options, values);
}

function takeShort(word: string, rest: string[], options: Options, values: Values): void {
  for (let at = 0; at < word.length; at++) {
    const [name, option] = Object.entries(options).find(([, { short }]) => short === word[at]) ?? [];
    if (name === undefined) throw wrong(`unknown option -${word[at]}`);
    if (option?.value === undefined) values[name] = true;
    else {
      take(name, at + 1 < word.length ? word.slice(at + 1) : (option?.implied ?? rest.shift()), options, values);
      return;
    }
  }
}

function take(name: string, value: string | undefined, options: Options, values: Values): void {
  if (value === undefined) throw wrong(`option --${name} needs a value: ${options[name]?.value}`);
  const { words, multiple } = options[name] ?? {};
  if (words && !words.includes(value)) {
    throw wrong(`--${name} ${value}: not a ${options[name]?.value?.toLowerCase()}`, `use ${words.join(' or ')}`);
  }
  if (multiple) values[name] = [...((values[name] as string[] | undefined) ?? []), value];
  else values[name] = value;
}

function cut(word: string, at: number): [string, string?] {
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

function wrong(message: string, hint = '--help shows the options'): OrlopError {
  return new OrlopError('usage/invalid', message, { hint });
}
