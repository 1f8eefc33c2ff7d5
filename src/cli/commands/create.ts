import { create } from '../../container/create.ts';
import type { Action } from '../command.ts';
import { launchOptions, loadSideBySide } from '../launch-options.ts';

const action: Action = async (context, values, [id = '']) => {
  const options = launchOptions(context, values, id);
  const { facts } = await loadSideBySide();
  create({ ...options, facts }).entry.close();
  return 0;
};

export default action;
