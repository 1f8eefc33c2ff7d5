// What may stand where on a command line, from the table of commands: the part of completion that every shell shares.

import { SIGNALS } from '../../linux/constants.ts';
import type { Option, Options } from '../command.ts';
import { COMMANDS } from '../commands.ts';
import { EVERYWHERE, GLOBALS } from '../globals.ts';

/** What a word is completed with: words that are known, or what the shell or `orlop list -q` knows. */
export type Expected = 'containers' | 'files' | 'directories' | 'programs' | 'nothing' | readonly string[];

export interface Place {
  /** As the help calls it. */
  name: string;
  expects: Expected;
}

export interface OptionGrammar {
  /** `--bundle`, then `-b` if there is a short one. */
  names: string[];
  help: string;
  isMultiple: boolean;
  /** Absent: a switch. */
  value?: Place;
  /** The value may be left out, and is never the next word. */
  isOptional: boolean;
}

export interface CommandGrammar {
  name: string;
  summary: string;
  options: OptionGrammar[];
  arguments: Place[];
  /** The last argument may come again and again. */
  isRepeating: boolean;
  /** No options behind the first argument. */
  endsEarly: boolean;
}

/** What stands before the command; the options of a command stand behind it. */
export function globalOptions(): OptionGrammar[] {
  return optionsOf(GLOBALS);
}

export function commandGrammars(): CommandGrammar[] {
  return Object.entries(COMMANDS).map(([name, { summary, usage, options, endsEarly }]) => {
    const words = usage.split(' ').filter((word) => /\w/.test(word));
    return {
      name,
      summary,
      options: optionsOf({ ...options, ...EVERYWHERE }),
      arguments: words.map((word) => placeOf(word.replaceAll(/[[\]]|\.{3}/g, ''))),
      isRepeating: usage.includes('...'),
      endsEarly: endsEarly === true,
    };
  });
}

function optionsOf(options: Options): OptionGrammar[] {
  const shown = Object.entries(options).filter(([, { isHidden }]) => !isHidden);
  return shown.map(([name, { short, value, words, multiple, implied, help }]: [string, Option]) => ({
    names: [`--${name}`, ...(short === undefined ? [] : [`-${short}`])],
    help,
    isMultiple: multiple === true,
    isOptional: implied !== undefined,
    ...(value === undefined ? {} : { value: words ? { name: value, expects: words } : placeOf(value) }),
  }));
}

/** Words of the table that say what stands in their place. */
const EXPECTED: Readonly<Record<string, Expected>> = {
  ID: 'containers',
  FILE: 'files',
  SOCKET: 'files',
  CONFIG: 'files',
  DIR: 'directories',
  COMMAND: 'programs',
  SIGNAL: [...new Set(Object.values(SIGNALS))].map((number) => signalName(number)),
};

function signalName(number: number): string {
  const [name = ''] = Object.entries(SIGNALS).find(([, one]) => one === number) ?? [];
  return name.slice('SIG'.length);
}

/** `bash|zsh|fish` are the words themselves. */
function placeOf(word: string): Place {
  return { name: word, expects: word.includes('|') ? word.split('|') : (EXPECTED[word] ?? 'nothing') };
}
