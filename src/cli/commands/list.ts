import { type ContainerState, listStates } from '../../container/state.ts';
import type { Action } from '../command.ts';
import { print } from '../output.ts';

const action: Action = (context, values) => {
  // One that cannot be read must not hide the others.
  const states = listStates(context.root, (error) => context.log.write('warning', (error as Error).message));
  if (values.quiet) print(states.map(({ id }) => `${id}\n`).join(''));
  else if (values.format === 'json') print(`${JSON.stringify(states)}\n`);
  else print(table(states));
  return 0;
};

/** As runc lays it out: columns of 12 and more, three blanks between them. */
function table(states: ContainerState[]): string {
  const rows = [['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER']];
  for (const { id, pid, status, bundle, created, owner } of states) {
    rows.push([id, String(pid), status, bundle, created, owner]);
  }
  const width = (column: number): number => Math.max(12, ...rows.map((row) => (row[column]?.length ?? 0) + 3));
  const widths = [0, 1, 2, 3, 4].map(width); // nothing follows the owner
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('')}\n`).join('');
}

export default action;
