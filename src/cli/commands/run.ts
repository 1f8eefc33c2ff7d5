import { run } from '../../container/run.ts';
import { setChildSubreaper } from '../../linux/process.ts';
import type { Action } from '../command.ts';
import { launchOptions, loadSideBySide } from '../launch-options.ts';

const action: Action = async (context, values, [id = '']) => {
  await loadSideBySide();
  const detach = values.detach === true;
  if (!detach && !values['no-subreaper']) setChildSubreaper(true);
  const notifySocket = process.env.NOTIFY_SOCKET || undefined;
  return run({ ...launchOptions(context, values, id), detach, keep: values.keep === true, notifySocket });
};

export default action;
