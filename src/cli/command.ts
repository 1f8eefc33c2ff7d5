import { parseArgs } from 'node:util';
import { OrlopError } from '../error.ts';
import type { Log } from './log.ts';

export interface Option {
  short?: string;
  /** Absent: a switch. Present: it takes a value, called so in the help. */
  value?: string;
  multiple?: boolean;
  help: string;
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
  /** Words behind the first operand are not orlop's: they may look like options. */
  isOpenEnded?: boolean;
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

/** node:util does the parsing; its errors become ours. */
export function parse(args: string[], options: Options): { values: Values; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({
      args,
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

export function text(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** All values of an option that may come several times. */
export function texts(values: Values, name: string): string[] {
  const value = values[name];
  return Array.isArray(value) ? value : [];
}

/** Where the options end and the operands begin: the index of the first word that is neither an option nor its value. */
export function endOfOptions(words: readonly string[], options: Options): number {
  let index = 0;
  for (; index < words.length; index++) {
    const word = words[index] as string;
    if (word === '--' || word === '-' || !word.startsWith('-')) break;
    if (takesNext(word, options)) index++;
  }
  return index;
}

/** `--name`, `-n` or the last of `-abn`, where n takes a value; not `--name=value` or `-nvalue`. */
function takesNext(word: string, options: Options): boolean {
  if (word.startsWith('--')) return options[word.slice(2)]?.value !== undefined;
  const letters = word.slice(1);
  for (let index = 0; index < letters.length; index++) {
    const option = Object.values(options).find(({ short }) => short === letters[index]);
    if (option?.value !== undefined) return index === letters.length - 1;
  }
  return false;
}

/** A whole number of an option, or an error that names it. */
export function number(values: Values, name: string, least: number, most: number): number | undefined {
  const value = text(values, name);
  if (value === undefined) return undefined;
  const parsed = Number(value);
  if (/^\d+$/.test(value) && parsed >= least && parsed <= most) return parsed;
  throw new OrlopError('usage/invalid', `--${name} ${value}: not a number from ${least} to ${most}`);
}
