import { create } from '../../container/create.ts';
import type { Action } from '../command.ts';
import { launchOptions } from '../launch-options.ts';

const action: Action = (context, values, [id = '']) => {
  create(launchOptions(context, values, id)).entry.close();
  return 0;
};

export default action;
