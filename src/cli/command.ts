import type { Rootless } from '../container/cgroup-access.ts';
import { OrlopError } from '../error.ts';
import type { CgroupManager } from '../spec/types.ts';
import type { Log } from './log.ts';

export interface Option {
  short?: string;
  /** Absent: a switch. Present: it takes a value, called so in the help. */
  value?: string;
  /** The value of the option alone: `--fix`. Another has to stand in the same word then: `--fix=unsafe`. */
  implied?: string;
  multiple?: boolean;
  /** All that the value may be. */
  words?: readonly string[];
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
  cgroupManager: CgroupManager;
  /** Whether a caller who may make no cgroup does without. */
  rootless: Rootless;
  /** The config that an error points into, once the command knows it. */
  configFile?: string;
  /** The status of an error of the command. */
  failure?: number | undefined;
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
  throw new OrlopError('usage/invalid', `--${name} ${value}: not a number from ${least} to ${most}`, {
    hint: 'write it in decimal digits, within these bounds',
  });
}
