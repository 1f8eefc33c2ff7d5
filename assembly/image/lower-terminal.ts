import { TerminalStep } from '../plan/process';
import { Call } from './calls';
import {
  AT_EMPTY_PATH,
  AT_FLAGS,
  O_CLOEXEC,
  O_NOCTTY,
  O_RDWR,
  OPEN_FLAGS,
  OPEN_TREE,
  OPEN_TREE_CLONE,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  TIOCGPTPEER,
  TIOCSCTTY,
  TIOCSPTLCK,
  TIOCSWINSZ,
} from './constants';
import { Context, RecordKind } from './context';
import { openNode } from './lower-device';
import { atCwd } from './lower-launcher';
import { attach } from './lower-path';
import { rightsMessage } from './rights';

/**
 * man 4 pts: the pair is made in the container's own devpts, its slave opened through the master and never by a path of
 * the container. The master goes to the host, the slave becomes /dev/console, the controlling terminal and fds 0–2.
 */
export function lowerTerminal(context: Context, step: TerminalStep): void {
  const program = context.program;
  const isExec = context.planner.isExec;
  if (isExec) openOwnRoot(context);
  const message = rightsMessage(context, RecordKind.CONSOLE, 0, 'master');
  const master = message.fd;
  program
    .call(
      Call.OPENAT2,
      program.load(context.root),
      program.text('dev/pts/ptmx'),
      program.how(
        program.flags(O_RDWR | O_NOCTTY | O_CLOEXEC, OPEN_FLAGS),
        0,
        RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS,
      ),
      program.number(24),
    )
    .into(master);
  const unlocked = program.area('0', 8);
  program.call(Call.IOCTL, program.load(master), program.named(TIOCSPTLCK, 'TIOCSPTLCK'), program.at(unlocked));
  program
    .call(
      Call.IOCTL,
      program.load(master),
      program.named(TIOCGPTPEER, 'TIOCGPTPEER'),
      program.flags(O_RDWR | O_NOCTTY | O_CLOEXEC, OPEN_FLAGS),
    )
    .into(context.source);
  if (step.height || step.width) {
    const size = program.area(`{${step.height}, ${step.width}}`, 8);
    program.put32(size, 0, <u32>(step.height | (step.width << 16)));
    program.call(Call.IOCTL, program.load(master), program.named(TIOCSWINSZ, 'TIOCSWINSZ'), program.at(size));
  }
  if (step.uid) {
    program.call(
      Call.FCHOWNAT,
      program.load(context.source),
      program.text(''),
      program.number(step.uid),
      program.named(<u64>-1, '-1'),
      program.flags(AT_EMPTY_PATH, AT_FLAGS),
    );
  }
  if (!isExec) bindConsole(context);
  program.call(Call.IOCTL, program.load(context.source), program.named(TIOCSCTTY, 'TIOCSCTTY'), program.number(0));
  // Last: who takes the master may hang up at once, and a terminal that was hung up becomes nobody's.
  message.send(context);
  for (let fd = 0; fd < 3; fd++)
    program.call(Call.DUP3, program.load(context.source), program.number(fd), program.number(0));
  context.close(context.source);
}

/** The console of a container is the terminal of its first process. */
function bindConsole(context: Context): void {
  const program = context.program;
  openNode(context, '/dev/console');
  program
    .call(
      Call.OPEN_TREE,
      program.load(context.source),
      program.text(''),
      program.flags(OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH, OPEN_TREE),
    )
    .into(context.mount);
  attach(context);
}

/** Who has entered a container finds its root at "/". */
function openOwnRoot(context: Context): void {
  const program = context.program;
  context.openPlain(atCwd(program), '/').into(context.root);
}
