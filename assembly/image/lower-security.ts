import { KeyringStep } from '../plan/security';
import { TextStep } from '../plan/step';
import { Call } from './calls';
import {
  KEYCTL_JOIN_SESSION_KEYRING,
  KEYCTL_SETPERM,
  O_CLOEXEC,
  O_WRONLY,
  OPEN_FLAGS,
  PROC_SUPER_MAGIC,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_XDEV,
  SESSION_KEYRING_PERMISSIONS,
} from './constants';
import { Context } from './context';
import { ENOSYS } from './errno';
import { Label } from './label';
import { O_DIRECTORY, STATFS_SIZE, STATFS_TYPE } from './x86_64';

/** man 5 proc, /proc/PID/attr: what execve changes to. The kernel has the directory of each module since 5.8. */
export function lowerApparmor(context: Context, step: TextStep): void {
  openAttribute(context, 'apparmor/exec');
  writeAttribute(context, `exec ${step.text}`);
  context.close(context.target);
}

export function lowerSelinux(context: Context, step: TextStep): void {
  openAttribute(context, 'exec');
  writeAttribute(context, step.text);
  context.close(context.target);
}

/** Also to be searched by the user's other processes. A kernel without keys needs none. */
export function lowerKeyring(context: Context, step: KeyringStep): void {
  const program = context.program;
  const none = new Label('none');
  if (step.label != '') {
    openAttribute(context, 'keycreate');
    writeAttribute(context, step.label);
    context.close(context.target);
  }
  program
    .call(
      Call.KEYCTL,
      program.named(KEYCTL_JOIN_SESSION_KEYRING, 'KEYCTL_JOIN_SESSION_KEYRING'),
      program.text(step.name),
    )
    .into(context.source)
    .tolerate(ENOSYS, none);
  program.call(
    Call.KEYCTL,
    program.named(KEYCTL_SETPERM, 'KEYCTL_SETPERM'),
    program.load(context.source),
    program.number(SESSION_KEYRING_PERMISSIONS),
  );
  program.place(none);
  if (step.label == '') return;
  // Keys that the process itself makes get the policy's label again.
  openAttribute(context, 'keycreate');
  writeAttribute(context, '');
  context.close(context.target);
}

/**
 * A file of attr in the host's /proc, of the process itself. What is written there decides whether the container is
 * confined, so the file has to be procfs's own, whatever is mounted where (CVE-2019-16884): if it is not, opening it as a
 * directory fails.
 */
function openAttribute(context: Context, name: string): void {
  const program = context.program;
  const verified = new Label('verified');
  const statfs = program.area('statfs', STATFS_SIZE);
  open(context, name, O_WRONLY | O_CLOEXEC);
  program.call(Call.FSTATFS, program.load(context.target), program.at(statfs));
  program.branch(program.field(statfs, STATFS_TYPE, 'statfs.type'), u64.MAX_VALUE, PROC_SUPER_MAGIC, verified);
  open(context, name, O_WRONLY | O_DIRECTORY | O_CLOEXEC);
  program.place(verified);
}

function open(context: Context, name: string, flags: u64): void {
  const program = context.program;
  program
    .call(
      Call.OPENAT2,
      program.load(context.proc),
      program.text(`self/attr/${name}`),
      program.how(program.flags(flags, OPEN_FLAGS), 0, RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS),
      program.number(24),
    )
    .into(context.target);
}

function writeAttribute(context: Context, value: string): void {
  const program = context.program;
  const length = String.UTF8.byteLength(value);
  program.call(Call.WRITE, program.load(context.target), program.text(value), program.number(length));
}
