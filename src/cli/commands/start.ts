import { start } from '../../container/start.ts';
import type { Action } from '../command.ts';

const action: Action = (context, _values, [id = '']) => {
  start(context.root, id, context.log, process.env.NOTIFY_SOCKET || undefined);
  return 0;
};

export default action;
