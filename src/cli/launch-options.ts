import { basename, join, resolve } from 'node:path';
import { activationOf } from '../container/activation.ts';
import { sendMaster, sendPidfd } from '../container/console-socket.ts';
import type { CreateOptions } from '../container/create.ts';
import { type Facts, gatherFacts } from '../linux/facts.ts';
import { catchSignals, type SignalQueue } from '../linux/signal-queue.ts';
import { loadLaunchModule } from '../spec/embedded.ts';
import type { Diagnostic } from '../spec/types.ts';
import { type Context, number, text, type Values } from './command.ts';

/** What create and run have in common. */
export function launchOptions(context: Context, values: Values, id: string): CreateOptions {
  const bundle = resolve(text(values, 'bundle') ?? '.');
  context.configFile = `${bundle}/config.json`;
  const socket = text(values, 'console-socket');
  const pidfdSocket = text(values, 'pidfd-socket');
  const activation = activationOf(process.env, process.pid);
  return {
    root: context.root,
    id,
    bundle,
    pidFile: text(values, 'pid-file'),
    noPivot: values['no-pivot'] === true,
    noNewKeyring: values['no-new-keyring'] === true,
    preserveFds: activation.count + (number(values, 'preserve-fds', 0, 1024) ?? 0),
    environment: activation.environment,
    notify: process.env.NOTIFY_SOCKET ? join(resolve(context.root), id, 'notify') : undefined,
    ignoreUnsupported: context.ignoreUnsupported,
    cgroupManager: context.cgroupManager,
    rootless: context.rootless,
    console: socket === undefined ? undefined : (master) => sendMaster(socket, master),
    pidfd: pidfdSocket === undefined ? undefined : (pidfd) => sendPidfd(pidfdSocket, pidfd),
    journal: context.log,
    warn: warnTo(context),
  };
}

export function warnTo(context: Context): (diagnostic: Diagnostic) => void {
  const file = basename(context.configFile ?? 'config.json');
  return ({ message, line, column, path }) =>
    context.log.write('warning', `${message} (${file}:${line}:${column} ${path})`);
}

/**
 * Loads the native part and the compiler side by side: each takes some milliseconds, and a start has few. What needs only
 * the former is done meanwhile. For a process in the foreground signals are caught, before anything of it is made: none is
 * lost, and none leaves half a container. The queue's fd is at least `lowest`.
 */
export async function loadSideBySide(lowest?: number): Promise<{ facts: Facts; signals: SignalQueue | undefined }> {
  const compiler = loadLaunchModule();
  const facts = gatherFacts();
  const signals = lowest === undefined ? undefined : catchSignals(lowest);
  await compiler;
  return { facts, signals };
}
