import { OrlopError } from '../../error.ts';
import type { Action } from '../command.ts';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { zshScript } from '../completion/zsh.ts';
import { print } from '../output.ts';

const SCRIPTS: Readonly<Record<string, () => string>> = { bash: bashScript, zsh: zshScript, fish: fishScript };

const action: Action = (_context, _values, [shell = '']) => {
  if (!Object.hasOwn(SCRIPTS, shell)) {
    throw new OrlopError('usage/invalid', `completion: "${shell}" is no shell that it is for`, {
      hint: `use ${Object.keys(SCRIPTS).join(', ')}`,
    });
  }
  print(SCRIPTS[shell]?.() ?? '');
  return 0;
};

export default action;
