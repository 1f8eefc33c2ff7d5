// runtime-spec config-linux.md#containerprocessstate: the agent that listens at listenerPath gets the listener of a seccomp
// filter, and with it the right to answer for system calls. man 2 seccomp_unotify.

import { OrlopError } from '../error.ts';
import { close } from '../linux/file.ts';
import { pidfdGetfd, pidfdOpen } from '../linux/process.ts';
import { connect, send } from '../linux/socket.ts';
import type { SpecDocument } from '../spec/module.ts';
import type { HostPlan, SeccompStep } from '../spec/types.ts';
import { ociStateOf } from './state.ts';
import type { Status } from './status.ts';
import type { State } from './store.ts';

/** Where the listener is: a descriptor of the process that has loaded the filter. */
export interface Listener {
  pid: number;
  fd: number;
}

/** Takes the listener out of the process and gives it to the agent. The process waits, and nobody keeps the listener. */
export function handOver(
  { plan, document }: { plan: HostPlan; document: SpecDocument },
  { pid, fd }: Listener,
  state: State,
  status: Status,
): void {
  const step = plan.steps.find(({ verb }) => verb === 'seccomp') as SeccompStep;
  const pidfd = pidfdOpen(pid);
  try {
    const listener = pidfdGetfd(pidfd, fd);
    try {
      tell(step, processState(step, pid, state, status), listener);
    } catch (cause) {
      const { message } = cause as Error;
      throw new OrlopError('container/seccomp-agent', `the seccomp agent was not told: ${message}`, {
        ...document.place(step.step),
        hint: `an agent has to listen at linux.seccomp.listenerPath, ${JSON.stringify(step.listenerPath)}`,
      });
    } finally {
      close(listener);
    }
  } finally {
    close(pidfd);
  }
}

function processState(step: SeccompStep, pid: number, state: State, status: Status): string {
  return JSON.stringify({
    ociVersion: state.ociVersion,
    fds: ['seccompFd'],
    pid,
    metadata: step.listenerMetadata,
    state: ociStateOf(state, status),
  });
}

const CHUNK = 4096;

/** One connection for one process; the descriptor comes with the first bytes. */
function tell(step: SeccompStep, text: string, listener: number): void {
  const bytes = Buffer.from(text);
  const socket = connect(step.listenerPath);
  try {
    send(socket, bytes.subarray(0, CHUNK), listener);
    for (let at = CHUNK; at < bytes.length; at += CHUNK) send(socket, bytes.subarray(at, at + CHUNK));
  } finally {
    close(socket);
  }
}
