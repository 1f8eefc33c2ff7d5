import { parseArgs } from 'node:util';
import { OrlopError } from '../error.ts';
import type { Log } from './log.ts';

export interface Option {
  short?: string;
  /** Absent: a switch. Present: it takes a value, called so in the help. */
  value?: string;
  multiple?: boolean;
  help: string;
  /** Taken for the sake of old callers: neither help nor completion tell of it. */
  isHidden?: boolean;
}

export type Options = Readonly<Record<string, Option>>;
export type Values = Record<string, string | boolean | string[] | undefined>;

/** What every command gets. */
export interface Context {
  root: string;
  log: Log;
  isDebug: boolean;
  ignoreUnsupported: boolean;
  /** The config that an error points into, once the command knows it. */
  configFile?: string;
}

export interface Command {
  summary: string;
  /** The positional arguments, as the help shows them. */
  usage: string;
  /** Least and most positional arguments. */
  arity: readonly [number, number];
  options: Options;
  /** Options stand before the first argument: what follows it is for another program. */
  endsEarly?: boolean;
  /** The status of an error, 1 if not given. */
  failure?: number;
  /** Loaded when the command is called: no command pays for another. */
  load(): Promise<{ default: Action }>;
}

/** Answers the exit status, 0 if nothing. */
export type Action = (
  context: Context,
  values: Values,
  args: string[],
) => number | undefined | Promise<number | undefined>;

/** node:util does the parsing; its errors become ours. With `endsEarly` the first argument ends the options. */
export function parse(args: string[], options: Options, endsEarly = false): { values: Values; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: joined(args, options, endsEarly),
      allowPositionals: true,
      options: Object.fromEntries(
        Object.entries(options).map(([name, option]) => [
          name,
          {
            type: option.value === undefined ? ('boolean' as const) : ('string' as const),
            ...(option.short === undefined ? {} : { short: option.short }),
            ...(option.multiple === undefined ? {} : { multiple: option.multiple }),
          },
        ]),
      ),
    });
    return { values: values as Values, positionals };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.split('. ')[0] : String(cause);
    throw new OrlopError('usage/invalid', message ?? 'wrong usage', { hint: '--help shows the options', cause });
  }
}

/** `--memory -1` as `--memory=-1`: the word behind an option is its value, whatever it looks like. */
function joined(args: string[], options: Options, endsEarly: boolean): string[] {
  const words: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const word = args[index] as string;
    const isArgument = !word.startsWith('-') || word === '-';
    if (word === '--' || (isArgument && endsEarly)) {
      const rest = args.slice(index);
      return [...words, ...(word === '--' ? rest : ['--', ...rest])];
    }
    const name = valued(word, options);
    const value = args[index + 1];
    if (isArgument || name === undefined || value === undefined) words.push(word);
    else {
      words.push(`--${name}=${value}`);
      index++;
    }
  }
  return words;
}

/** The long name, if the word is an option that takes the next one as its value. */
function valued(word: string, options: Options): string | undefined {
  const found = Object.entries(options).find(
    ([name, { short }]) => word === `--${name}` || (short !== undefined && word === `-${short}`),
  );
  return found?.[1].value === undefined ? undefined : found[0];
}

export function text(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** All values of an option that may come several times. */
export function texts(values: Values, name: string): string[] {
  const value = values[name];
  return Array.isArray(value) ? value : [];
}

/** A whole number of an option, or an error that names it. */
export function number(values: Values, name: string, least: number, most: number): number | undefined {
  const value = text(values, name);
  if (value === undefined) return undefined;
  const parsed = Number(value);
  if (/^\d+$/.test(value) && parsed >= least && parsed <= most) return parsed;
  throw new OrlopError('usage/invalid', `--${name} ${value}: not a number from ${least} to ${most}`);
}

/** One of the words, the first if the option is not there. */
export function choice<T extends string>(values: Values, name: string, words: readonly [T, ...T[]]): T {
  const value = text(values, name) ?? words[0];
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw new OrlopError('usage/invalid', `--${name} ${value}: not a ${name}`, { hint: `use ${words.join(' or ')}` });
}
