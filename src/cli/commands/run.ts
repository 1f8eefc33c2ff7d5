import { run } from '../../container/run.ts';
import type { Action } from '../command.ts';
import { launchOptions, loadForeground, loadSideBySide } from '../launch-options.ts';

const action: Action = async (context, values, [id = '']) => {
  const options = launchOptions(context, values, id);
  const detach = values.detach === true;
  const signals = await (detach ? loadSideBySide() : loadForeground(options.preserveFds));
  return run({
    ...options,
    detach,
    keep: values.keep === true,
    signals,
    isSubreaper: !detach && !values['no-subreaper'],
    notifySocket: process.env.NOTIFY_SOCKET || undefined,
  });
};

export default action;
