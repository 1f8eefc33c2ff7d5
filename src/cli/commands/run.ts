import { run } from '../../container/run.ts';
import type { Action } from '../command.ts';
import { launchOptions, loadSideBySide } from '../launch-options.ts';

const action: Action = async (context, values, [id = '']) => {
  const options = launchOptions(context, values, id);
  const detach = values.detach === true;
  const { facts, signals } = await loadSideBySide(detach ? undefined : 3 + (options.preserveFds ?? 0));
  return run({
    ...options,
    facts,
    detach,
    keep: values.keep === true,
    signals,
    isSubreaper: !detach && !values['no-subreaper'],
    notifySocket: process.env.NOTIFY_SOCKET || undefined,
  });
};

export default action;
