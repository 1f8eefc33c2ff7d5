import { update } from '../../container/update.ts';
import { OrlopError } from '../../error.ts';
import { type Action, text, type Values } from '../command.ts';
import { readInput } from '../input.ts';

const action: Action = (context, values, [id = '']) => {
  const schemata = schemataOf(values);
  const file = text(values, 'resources');
  const flags = Object.keys(FIELDS).filter((flag) => values[flag] !== undefined);
  if (file !== undefined && flags.length > 0) {
    throw new OrlopError('usage/invalid', `--resources and --${flags[0]} exclude each other`, {
      hint: 'put everything into the file, or use options alone',
    });
  }
  if (file !== undefined) context.configFile = file === '-' ? '(standard input)' : file;
  const resources = file === undefined ? Buffer.from(asJson(values, flags)) : readInput(file);
  try {
    update({
      root: context.root,
      id,
      resources,
      schemata,
      ignoreUnsupported: context.ignoreUnsupported,
      warn: ({ message, path }) => context.log.write('warning', `${flagAt(path, flags) ?? path}: ${message}`),
    });
  } catch (error) {
    throw file === undefined ? namingFlag(error, values, flags) : error;
  }
  return 0;
};

type Form = (flag: string, value: string) => string;

/** The field of linux.resources that an option stands for, and how its value becomes JSON. */
const FIELDS: Readonly<Record<string, readonly [path: string, form: Form]>> = {
  'blkio-weight': ['/blockIO/weight', integer],
  'cpu-period': ['/cpu/period', integer],
  'cpu-quota': ['/cpu/quota', integer],
  'cpu-burst': ['/cpu/burst', integer],
  'cpu-share': ['/cpu/shares', integer],
  'cpu-rt-period': ['/cpu/realtimePeriod', integer],
  'cpu-rt-runtime': ['/cpu/realtimeRuntime', integer],
  'cpuset-cpus': ['/cpu/cpus', (_flag, value) => JSON.stringify(value)],
  'cpuset-mems': ['/cpu/mems', (_flag, value) => JSON.stringify(value)],
  'cpu-idle': ['/cpu/idle', integer],
  memory: ['/memory/limit', bytes],
  'memory-reservation': ['/memory/reservation', bytes],
  'memory-swap': ['/memory/swap', bytes],
  'kernel-memory': ['/memory/kernel', bytes],
  'kernel-memory-tcp': ['/memory/kernelTCP', bytes],
  'pids-limit': ['/pids/limit', integer],
};

/** Written digit by digit: a limit may be greater than what a JavaScript number holds. */
function asJson(values: Values, flags: string[]): string {
  const sections = new Map<string, string[]>();
  for (const flag of flags) {
    const [path, form] = FIELDS[flag] as (typeof FIELDS)[string];
    const [, section = '', key = ''] = path.split('/');
    const field = `"${key}":${form(flag, text(values, flag) as string)}`;
    sections.set(section, [...(sections.get(section) ?? []), field]);
  }
  return `{${[...sections].map(([section, fields]) => `"${section}":{${fields.join(',')}}`).join(',')}}`;
}

function integer(flag: string, value: string): string {
  if (/^-?\d+$/.test(value)) return BigInt(value).toString();
  throw new OrlopError('usage/invalid', `--${flag} ${value}: not a whole number`);
}

const UNITS = 'kmgtp';

/** `512m`, `1.5G`, `64KiB`: units are powers of 1024, as Docker's and runc's are. -1 is no limit. */
function bytes(flag: string, value: string): string {
  const [, sign = '', whole = '', fraction = '', unit = ''] =
    /^(-?)(\d+)(?:\.(\d{1,9}))? ?(?:([kmgtp]?)(?:i?b)?)$/i.exec(value) ?? [];
  if (whole === '') {
    throw new OrlopError('usage/invalid', `--${flag} ${value}: not a size`, {
      hint: 'write bytes, or a number with k, m, g or t such as 512m; -1 is no limit',
    });
  }
  const factor = 1024n ** BigInt(unit === '' ? 0 : UNITS.indexOf(unit.toLowerCase()) + 1);
  const part = fraction === '' ? 0n : (BigInt(fraction) * factor) / 10n ** BigInt(fraction.length);
  return `${sign}${BigInt(whole) * factor + part}`;
}

/** Lines for Intel RDT, which are no part of linux.resources, and what they look like. */
const SCHEMATA: Readonly<Record<string, string>> = {
  'l3-cache-schema': 'L3:0=ff',
  'mem-bw-schema': 'MB:0=50',
};

function schemataOf(values: Values): string[] {
  return Object.keys(SCHEMATA).flatMap((flag) => {
    const line = text(values, flag);
    if (line === undefined) return [];
    if (/^\w+:[^\n]+$/.test(line)) return [line];
    throw new OrlopError('usage/invalid', `--${flag} ${line}: not a line of schemata`, {
      hint: `such as "${SCHEMATA[flag]}"`,
    });
  });
}

function flagAt(path: string | undefined, flags: string[]): string | undefined {
  const flag = flags.find((name) => FIELDS[name]?.[0] === path);
  return flag === undefined ? undefined : `--${flag}`;
}

/** The user has written options, and no document that an error could point into. */
function namingFlag(error: unknown, values: Values, flags: string[]): unknown {
  if (!(error instanceof OrlopError)) return error;
  const { code, message, path, hint, cause } = error;
  const flag = flagAt(path, flags);
  if (flag === undefined) return error;
  const bare = message.startsWith(`${path}: `) ? message.slice(`${path}: `.length) : message;
  return new OrlopError(code, `${flag} ${text(values, flag.slice(2))}: ${bare}`, { hint, cause });
}

export default action;
