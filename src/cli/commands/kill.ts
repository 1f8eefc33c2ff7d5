import { kill, parseSignal } from '../../container/kill.ts';
import type { Action } from '../command.ts';

const action: Action = (context, values, [id = '', signal = 'SIGTERM']) => {
  kill(context.root, id, parseSignal(signal), values.all === true);
  return 0;
};

export default action;
