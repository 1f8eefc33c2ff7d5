import { pause } from '../../container/pause.ts';
import type { Action } from '../command.ts';

const action: Action = (context, _values, [id = '']) => {
  pause(context.root, id);
  return 0;
};

export default action;
