import { ABI_VERSION, OCI_VERSION, VERSION } from '../version.ts';
import type { Command, Options } from './command.ts';
import { COMMANDS } from './commands.ts';
import { GLOBALS } from './globals.ts';

/** In runc's form: engines show the first line, Docker looks for the others. */
export function versionText(): string {
  return `orlop version ${VERSION}\ncommit: v${VERSION}\nspec: ${OCI_VERSION}\nabi: ${ABI_VERSION}\n`;
}

export function mainHelp(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return `orlop ${VERSION}: makes OCI containers from a program of system calls

orlop [OPTION...] COMMAND [OPTION...] [ARGUMENT...]

Commands:
${commands.join('\n')}

Options:
${optionLines(GLOBALS)}
"orlop COMMAND --help" says more of a command.
`;
}

export function commandHelp(name: string, command: Command): string {
  const options = Object.keys(command.options).length > 0 ? `\nOptions:\n${optionLines(command.options)}` : '';
  return `orlop ${name} [OPTION...] ${command.usage}\n\n${command.summary}\n${options}`;
}

function optionLines(options: Options): string {
  const shown = Object.entries(options).filter(([, option]) => !option.isHidden);
  const lines = shown.map(([name, option]) => {
    const { value, implied } = option;
    const shownValue = value === undefined ? '' : implied === undefined ? ` ${value}` : `[=${value}]`;
    const left = `${option.short ? `-${option.short}, ` : '    '}--${name}${shownValue}`;
    return `  ${left.padEnd(28)} ${option.help}\n`;
  });
  return lines.join('');
}
