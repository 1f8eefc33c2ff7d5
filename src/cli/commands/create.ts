import { create } from '../../container/create.ts';
import type { Action } from '../command.ts';
import { launchOptions, loadSideBySide } from '../launch-options.ts';

const action: Action = async (context, values, [id = '']) => {
  await loadSideBySide();
  create(launchOptions(context, values, id)).entry.close();
  return 0;
};

export default action;
