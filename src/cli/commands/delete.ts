import { remove } from '../../container/delete.ts';
import type { Action } from '../command.ts';

const action: Action = (context, values, [id = '']) => {
  remove(context.root, id, values.force === true, context.log);
  return 0;
};

export default action;
