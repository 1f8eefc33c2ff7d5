import { start } from '../../container/start.ts';
import type { Action } from '../command.ts';

const action: Action = (context, _values, [id = '']) => {
  start(context.root, id, context.log);
  return 0;
};

export default action;
