import { statsOf, watch } from '../../container/events.ts';
import { type Action, text } from '../command.ts';
import { duration } from '../duration.ts';
import { toJson } from '../json.ts';
import { print } from '../output.ts';

const STDOUT = 1;

const action: Action = (context, values, ids) => {
  const { root, log } = context;
  const interval = duration('interval', text(values, 'interval') ?? '5s');
  const emit = (event: object): boolean => print(`${toJson(event)}\n`);
  if (values.stats) {
    for (const id of new Set(ids)) emit({ type: 'stats', id, data: statsOf(root, id) });
    return 0;
  }
  watch({ root, ids, interval, emit, listener: STDOUT, warn: (message) => log.write('warning', message) });
  return 0;
};

export default action;
