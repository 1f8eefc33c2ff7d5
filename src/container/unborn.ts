// A process that is born into a frozen container: it does not run, so it tells nothing, and no signal reaches it.

import { SIGNALS } from '../linux/constants.ts';
import { POLLIN, poll } from '../linux/poll.ts';
import type { SignalQueue } from '../linux/signal-queue.ts';
import { isPaused } from './status.ts';
import type { State } from './store.ts';

/** The wait for it is over: by a signal, or because nobody has asked to wait for a container that is paused. */
export class Unborn extends Error {
  readonly signal: number | undefined;

  constructor(signal?: number) {
    super('the process was born into a frozen container');
    this.signal = signal;
  }
}

/** What ends a process that has made no other arrangements, as this one had no time to. */
const ENDING = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'].map((name) => SIGNALS[name] as number);

const LOOK_MS = 100;
/** An update of device rules freezes for a moment: that is no pause. */
const PATIENCE_MS = 1000;

export interface Waiting {
  state: State;
  isPausedIgnored: boolean;
  signals: SignalQueue | undefined;
}

/** What to do before each receive on the socket of the launch, and the queue as it is to be used afterwards. */
export function waitingFor({ state, isPausedIgnored, signals }: Waiting): {
  awaitWord: (socket: number) => void;
  signals: SignalQueue | undefined;
} {
  // The process gets them when it is there.
  const held: number[] = [];
  const awaitWord = (socket: number): void => {
    for (let paused = 0; poll([{ fd: socket, events: POLLIN }], LOOK_MS)[0] === 0; ) {
      paused = isPaused(state) ? paused + LOOK_MS : 0;
      if (paused === 0) continue;
      held.push(...(signals?.take() ?? []));
      const ending = held.find((signal) => ENDING.includes(signal));
      if (ending !== undefined) throw new Unborn(ending);
      if (!isPausedIgnored && paused >= PATIENCE_MS) throw new Unborn();
    }
  };
  return { awaitWord, signals: signals && { fd: signals.fd, take: () => [...held.splice(0), ...signals.take()] } };
}
