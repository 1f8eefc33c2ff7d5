import { BindStep } from '../plan/mounts';
import { Call } from './calls';
import { PATH_MAX } from './constants';
import { Context, RecordKind } from './context';
import { EEXIST, ENOENT } from './errno';
import { Label } from './label';
import { nameOf, openDirectory, parentOf } from './lower-path';
import { rightsMessage } from './rights';

/**
 * copy-symlink: a source that is a symbolic link, open in `context.mount`, is made again at the destination, and it goes
 * on at `done`; whatever else it is goes on here, to be bound. Where something is at the destination already, rows cannot
 * compare two texts: the host does.
 */
export function lowerCopyLink(context: Context, step: BindStep, done: Label): void {
  const program = context.program;
  const bind = new Label('bind');
  const exists = new Label('exists');
  const copied = new Label('copied');
  // One byte less than there is room for: the text ends with a zero.
  const text = program.area('link', PATH_MAX);
  program
    .call(
      Call.READLINKAT,
      program.load(context.mount),
      program.text(''),
      program.at(text),
      program.number(PATH_MAX - 1),
    )
    .tolerate(ENOENT, bind);
  openDirectory(context, parentOf(step.destination), context.target);
  program
    .call(Call.SYMLINKAT, program.at(text), program.load(context.target), program.text(nameOf(step.destination)))
    .tolerate(EEXIST, exists);
  program.jump(copied);
  program.place(exists);
  const message = rightsMessage(context, RecordKind.LINK, program.step, 'directory');
  context.openPlain(program.load(context.target), '.').into(message.fd);
  message.send(context);
  context.readAnswer();
  program.place(copied);
  context.close(context.target);
  context.close(context.mount);
  program.jump(done);
  program.place(bind);
}
