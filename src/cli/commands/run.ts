import { run } from '../../container/run.ts';
import { catchSignals } from '../../linux/signal-queue.ts';
import type { Action } from '../command.ts';
import { launchOptions, loadSideBySide } from '../launch-options.ts';

const action: Action = async (context, values, [id = '']) => {
  await loadSideBySide();
  const options = launchOptions(context, values, id);
  const detach = values.detach === true;
  return run({
    ...options,
    detach,
    keep: values.keep === true,
    // Before anything is made: a signal must not leave half a container.
    signals: detach ? undefined : catchSignals(3 + (options.preserveFds ?? 0)),
    isSubreaper: !detach && !values['no-subreaper'],
    notifySocket: process.env.NOTIFY_SOCKET || undefined,
  });
};

export default action;
