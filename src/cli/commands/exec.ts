import { readFileSync } from 'node:fs';
import { sendMaster, sendPidfd } from '../../container/console-socket.ts';
import { type ExecOptions, exec } from '../../container/exec.ts';
import { Store } from '../../container/store.ts';
import { OrlopError } from '../../error.ts';
import { type Action, number, text, texts, type Values } from '../command.ts';
import { loadSideBySide, warnTo } from '../launch-options.ts';

const action: Action = async (context, values, [id = '', ...args]) => {
  const processFile = text(values, 'process');
  if (processFile === undefined && args.length === 0) {
    throw new OrlopError('usage/invalid', 'exec: no program to run', {
      hint: 'orlop exec [OPTION...] ID PROGRAM [ARGUMENT...], or --process FILE',
    });
  }
  const process = processFile === undefined ? undefined : readProcess(processFile);
  // Where an error points to: the container's own config if there is no other.
  context.configFile = processFile ?? new Store(context.root).open(id, false).file('config.json');
  const detach = values.detach === true;
  const preserveFds = number(values, 'preserve-fds', 0, 1024);
  const { facts, signals } = await loadSideBySide(detach ? undefined : 3 + (preserveFds ?? 0));
  const socket = text(values, 'console-socket');
  const pidfdSocket = text(values, 'pidfd-socket');
  return exec({
    root: context.root,
    id,
    facts,
    process,
    changes: changesOf(values, args),
    cgroups: texts(values, 'cgroup'),
    detach,
    isPausedIgnored: values['ignore-paused'] === true,
    pidFile: text(values, 'pid-file'),
    preserveFds,
    signals,
    isSubreaper: !detach,
    ignoreUnsupported: context.ignoreUnsupported,
    console: socket === undefined ? undefined : (master) => sendMaster(socket, master),
    pidfd: pidfdSocket === undefined ? undefined : (pidfd) => sendPidfd(pidfdSocket, pidfd),
    warn: warnTo(context),
  });
};

function changesOf(values: Values, args: string[]): ExecOptions['changes'] {
  const changes: ExecOptions['changes'] = {
    args,
    env: texts(values, 'env'),
    additionalGids: texts(values, 'additional-gids').map((gid) => idOf('additional-gids', gid)),
    capabilities: texts(values, 'cap'),
    noNewPrivileges: values['no-new-privs'] === true,
    terminal: values.tty === true,
  };
  const cwd = text(values, 'cwd');
  if (cwd !== undefined) changes.cwd = cwd;
  const apparmor = text(values, 'apparmor');
  if (apparmor !== undefined) changes.apparmorProfile = apparmor;
  const label = text(values, 'process-label');
  if (label !== undefined) changes.selinuxLabel = label;
  const user = text(values, 'user');
  if (user === undefined) return changes;
  const [uid = '', gid, ...rest] = user.split(':');
  if (rest.length > 0)
    throw new OrlopError('usage/invalid', `--user ${user}: not UID or UID:GID`, {
      hint: 'write numbers, the group behind a colon',
    });
  changes.uid = idOf('user', uid);
  if (gid !== undefined) changes.gid = idOf('user', gid);
  return changes;
}

/** 4294967295 is -1 to the kernel: not an id, but "as it is". */
function idOf(option: string, id: string): number {
  if (/^\d{1,10}$/.test(id) && Number(id) < 0xffff_ffff) return Number(id);
  throw new OrlopError('usage/invalid', `--${option} ${id}: not a number from 0 to 4294967294`, {
    hint: 'names are those of the container, which only it knows',
  });
}

function readProcess(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new OrlopError('spec/invalid', `open("${file}") failed: ${code}`, {
      hint: '--process names a file with an object in the form of "process" in config.json',
      cause,
    });
  }
}

export default action;
