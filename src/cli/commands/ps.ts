import { spawnSync } from 'node:child_process';
import { processes } from '../../container/ps.ts';
import { OrlopError } from '../../error.ts';
import type { Action } from '../command.ts';
import { print } from '../output.ts';

const action: Action = (context, values, [id = '', ...options]) => {
  const pids = processes(context.root, id);
  if (values.format === 'json') print(`${JSON.stringify(pids)}\n`);
  else print(table(pids, options.length > 0 ? options : ['-ef']));
  return 0;
};

/** What ps(1) says, less the lines of other processes. */
function table(pids: number[], options: string[]): string {
  const command = `ps ${options.join(' ')}`;
  const { stdout, stderr, status, error } = spawnSync('ps', options, { encoding: 'utf8', maxBuffer: 1 << 30 });
  if (error) {
    const hint = '"--format json" needs no ps; Debian has it in the package procps';
    throw new OrlopError('linux/execve', `${command}: ${(error as NodeJS.ErrnoException).code}`, { hint });
  }
  if (status !== 0) {
    throw new OrlopError('usage/invalid', `${command} exited with ${status}: ${stderr.trim().split('\n')[0]}`, {
      hint: 'what follows the id are options of ps(1); without any it is -ef',
    });
  }
  const [title = '', ...lines] = stdout.split('\n').filter(Boolean);
  const column = title.trim().split(/\s+/).indexOf('PID');
  if (column < 0) {
    throw new OrlopError('usage/invalid', `${command} shows no column PID`, {
      hint: 'the processes of the container are found by it: give ps options that show it, such as -ef',
    });
  }
  const wanted = new Set(pids);
  const own = lines.filter((line) => wanted.has(Number(line.trim().split(/\s+/)[column])));
  return `${[title, ...own].join('\n')}\n`;
}

export default action;
