import { basename, join } from 'node:path';
import type { Rootless } from '../container/cgroup-access.ts';
import { OrlopError } from '../error.ts';
import { isInUserNamespace } from '../linux/user-namespace.ts';
import type { CgroupManager } from '../spec/types.ts';
import { parse } from './arguments.ts';
import { type Context, text, type Values } from './command.ts';
import { COMMANDS } from './commands.ts';
import { EVERYWHERE, GLOBALS } from './globals.ts';
import { Log } from './log.ts';
import { print, printError } from './output.ts';
import { asOrlopError, renderError } from './render.ts';

/** As runc: 1, and 255 of exec, whose other statuses are the process's. */
const FAILED = 1;

export async function main(argv: string[]): Promise<number> {
  let log = new Log();
  let context: Context | undefined;
  try {
    // Global options stand before the command, its own behind it.
    const { values, positionals } = parse(argv, GLOBALS, true);
    const [command, ...rest] = positionals;
    log = new Log(text(values, 'log'), text(values, 'log-format'), values.debug === true);
    if (values['systemd-log']) log.deliver = (await import('./journald.ts')).openJournal();
    if (values.version) return show((await import('./help.ts')).versionText());
    if (values.help || command === undefined || command === 'help') {
      return show((await import('./help.ts')).mainHelp());
    }
    context = newContext(values, log);
    return await dispatch(context, command, rest);
  } catch (error) {
    fail(error, log, context);
    return context?.failure ?? FAILED;
  }
}

async function dispatch(context: Context, name: string, rest: string[]): Promise<number> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    throw new OrlopError('usage/invalid', `"${name}" is not a command`, { hint: '"orlop --help" lists the commands' });
  }
  context.failure = command.failure;
  const { values, positionals } = parse(rest, { ...command.options, ...EVERYWHERE }, command.endsEarly);
  if (values.help) return show((await import('./help.ts')).commandHelp(name, command));
  const [least, most] = command.arity;
  if (positionals.length < least || positionals.length > most) {
    throw new OrlopError('usage/invalid', `${name}: ${positionals.length} arguments`, {
      hint: `orlop ${name} [OPTION...] ${command.usage}`,
    });
  }
  if (/^(NEW-)?ID( |$)/.test(command.usage)) context.log.id = positionals[0];
  const { default: action } = await command.load();
  return (await action(context, values, positionals)) ?? 0;
}

function newContext(values: Values, log: Log): Context {
  if (values.root === '') {
    throw new OrlopError('usage/invalid', '--root "": not a directory', { hint: 'name one, or leave the option out' });
  }
  return {
    root: text(values, 'root') ?? defaultRoot(),
    log,
    isDebug: values.debug === true,
    ignoreUnsupported: values['ignore-unsupported'] === true,
    cgroupManager: cgroupManagerOf(values),
    rootless: (text(values, 'rootless') ?? 'auto') as Rootless,
  };
}

function cgroupManagerOf(values: Values): CgroupManager {
  const manager = text(values, 'cgroup-manager') as CgroupManager | undefined;
  if (!values['systemd-cgroup']) return manager ?? 'cgroupfs';
  if (manager === undefined || manager === 'systemd') return 'systemd';
  throw new OrlopError('usage/invalid', `--systemd-cgroup and --cgroup-manager ${manager} exclude each other`);
}

/** As runc: root of the machine keeps it in one place, everybody else in his own. */
function defaultRoot(): string {
  const { XDG_RUNTIME_DIR: directory, USER } = process.env;
  if (!directory || (process.geteuid?.() === 0 && (USER === 'root' || !isInUserNamespace()))) return '/run/orlop';
  return join(directory, 'orlop');
}

function show(output: string): number {
  print(output);
  return 0;
}

/** Every error ends here: rendered for people, and a line in the log for engines. */
function fail(error: unknown, log: Log, context: Context | undefined): void {
  const known = asOrlopError(error);
  const place =
    known.line === undefined
      ? ''
      : ` (${basename(context?.configFile ?? 'config.json')}:${known.line}:${known.column} ${known.path})`;
  if (log.isKept()) {
    const { code, path, line, hint } = known;
    try {
      log.write('error', `${known.message}${place}`, { code, path, line, hint });
    } catch (second) {
      printError(renderError(asOrlopError(second), undefined));
    }
  }
  printError(renderError(known, context?.configFile));
  if (context?.isDebug) printError(`${stackOf(known.cause) ?? known.stack}\n`);
}

const stackOf = (cause: unknown): string | undefined => (cause instanceof Error ? cause.stack : undefined);
