import { type ContainerState, listStates } from '../../container/state.ts';
import { type Action, choice } from '../command.ts';
import { print } from '../output.ts';

const action: Action = (context, values) => {
  const format = choice(values, 'format', ['table', 'json']);
  // One that cannot be read must not hide the others.
  const states = listStates(context.root, (error) => context.log.write('warning', (error as Error).message));
  if (values.quiet) print(states.map(({ id }) => `${id}\n`).join(''));
  else if (format === 'json') print(`${JSON.stringify(states)}\n`);
  else print(table(states));
  return 0;
};

function table(states: ContainerState[]): string {
  const rows = [['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER']];
  for (const { id, pid, status, bundle, created, owner } of states) {
    rows.push([id, String(pid), status, bundle, created, owner]);
  }
  const widths = rows[0]?.map((_, column) => Math.max(12, ...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

export default action;
