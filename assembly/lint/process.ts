import { NONE } from '../json/document';
import { cleanPath } from '../plan/paths';
import { Diagnostic, Severity } from '../report';
import { Context } from './context';
import { fixing, quote } from './edits';
import { Explanation, Fixable, Preset, Rule } from './rule';

export class ProcessMissing extends Rule {
  constructor() {
    super('OCI101', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'there is no process',
      'The container can be created, and never started.',
      '{"process":null}',
      '{"process":{"user":{"uid":0,"gid":0},"args":["/bin/sh"],"cwd":"/"}}',
      'runtime-spec config.md#process',
    );
  }

  /** A process of the wrong type is told of already. */
  override complete(context: Context, _finding: Diagnostic): bool {
    return context.document.member(context.document.root, 'process') == NONE;
  }
}

export class ArgsEmpty extends Rule {
  constructor() {
    super('OCI102', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'process.args names no program',
      'There is nothing to execute, and start fails.',
      '{"process":{"args":[]}}',
      '{"process":{"args":["/bin/sh"]}}',
      'runtime-spec config.md#process; man 3 execvp',
    );
  }

  /** Arguments of the wrong type are told of already. */
  override complete(context: Context, finding: Diagnostic): bool {
    const process = context.process;
    return !process || finding.node != process.node || context.document.member(process.node, 'args') == NONE;
  }
}

export class CwdNotAbsolute extends Rule {
  constructor() {
    super('OCI103', Severity.ERROR, Preset.SPEC, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'process.cwd is not absolute',
      'Runtimes refuse it: there is nothing that it could be relative to.',
      '{"process":{"cwd":"srv/app"}}',
      '{"process":{"cwd":"/srv/app"}}',
      'runtime-spec config.md#process',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const cwd = context.process!.cwd!;
    if (cwd.value.includes('\0')) return true;
    const absolute = cleanPath(cwd.value);
    fixing(context.document, finding, `write "${absolute}"`, true).replace(cwd.node, quote(absolute));
    return true;
  }
}

export class UserWithoutIds extends Rule {
  constructor() {
    super('OCI104', Severity.ERROR, Preset.SPEC, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'process.user has no uid or gid',
      'Runtimes take 0 for what is missing, so the process is root without anybody having said so.',
      '{"process":{"user":{"uid":1000,"gid":null}}}',
      '{"process":{"user":{"uid":1000,"gid":1000}}}',
      'runtime-spec config.md#posix-platform-user',
    );
  }

  override check(context: Context): void {
    const process = context.process;
    if (!process) return;
    const document = context.document;
    const user = process.user;
    if (!user) {
      if (document.member(process.node, 'user') != NONE) return;
      const help = 'add "user" with uid and gid';
      const finding = this.found(context, process.node, 'the process has no user: runtimes take root', help);
      fixing(document, finding, 'say that it is root', true).set(process.node, 'user', '{ "uid": 0, "gid": 0 }');
      return;
    }
    const ids = ['uid', 'gid'];
    for (let index = 0; index < ids.length; index++) {
      if (document.member(user.node, ids[index]) != NONE) continue;
      const message = `the user has no ${ids[index]}: runtimes take 0`;
      const finding = this.found(context, user.node, message, `add "${ids[index]}"`);
      fixing(document, finding, `say that it is 0`, true).set(user.node, ids[index], '0');
    }
  }
}

export class ConsoleSizeWithoutTerminal extends Rule {
  constructor() {
    super('OCI108', Severity.WARNING, Preset.RECOMMENDED, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'process.consoleSize without a terminal',
      'Runtimes ignore it.',
      '{"process":{"terminal":false,"consoleSize":{"height":24,"width":80}}}',
      '{"process":{"terminal":false}}',
      'runtime-spec config.md#process',
    );
  }

  /** Some engines write a size of 0 by 0 for "none". */
  override check(context: Context): void {
    const process = context.process;
    const size = process ? process.consoleSize : null;
    if (!process || !size) return;
    const terminal = process.terminal;
    const height = size.height;
    const width = size.width;
    if ((terminal && terminal.value) || !height || !width || (height.value == 0 && width.value == 0)) return;
    const message = 'consoleSize is for a terminal, and the process has none';
    const finding = this.found(context, size.node, message, 'remove it, or set "terminal"');
    fixing(context.document, finding, 'remove consoleSize', true).remove(size.node);
  }
}

export class OomScoreRange extends Rule {
  constructor() {
    super('OCI116', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'process.oomScoreAdj is outside of -1000 to 1000',
      "The kernel refuses it; with runc 1.1 all that is said is: can't get final child's PID from pipe: EOF.",
      '{"process":{"oomScoreAdj":5000}}',
      '{"process":{"oomScoreAdj":500}}',
      'man 5 proc, /proc/PID/oom_score_adj',
    );
  }
}

/** What people write for 022, 027, 033, 037 and 077, and never mean. */
const DECIMAL_MASKS: u64[] = [22, 27, 37, 77];

export class UmaskRange extends Rule {
  constructor() {
    super('OCI117', Severity.ERROR, Preset.SPEC, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'process.user.umask is above 0777, or an octal number without its conversion',
      'JSON has decimal numbers only: a umask of 22 is 026 in octal, which takes other rights away than 022 does.',
      '{"process":{"user":{"umask":77}}}',
      '{"process":{"user":{"umask":63}}}',
      'runtime-spec config.md#posix-platform-user; man 2 umask',
    );
  }

  override check(context: Context): void {
    const process = context.process;
    const user = process ? process.user : null;
    const umask = user ? user.umask : null;
    if (!umask || (umask.value <= 0o777 && !DECIMAL_MASKS.includes(umask.value))) return;
    const message = `umask ${umask.value} is ${octal(umask.value)} in octal`;
    const meant = fromOctalDigits(umask.value);
    if (meant < 0 || meant > 0o777) {
      this.found(context, umask.node, message, 'it goes from 0 to 0777, which is 511');
      return;
    }
    const help = `JSON has decimal numbers only: 0${umask.value} is ${meant}`;
    const finding = this.found(context, umask.node, message, help);
    fixing(context.document, finding, `write ${meant}`, false).replace(umask.node, meant.toString());
  }
}

/** `0644` */
export function octal(value: u64): string {
  return `0${value.toString(8)}`;
}

/** 420 for 644; -1 if a digit is none of octal numbers. */
export function fromOctalDigits(value: u64): i64 {
  let result: i64 = 0;
  let place: i64 = 1;
  for (let rest = value; rest > 0; rest /= 10) {
    const digit = rest % 10;
    if (digit > 7 || place > 0o7777) return -1;
    result += <i64>digit * place;
    place *= 8;
  }
  return result;
}

export class TerminalWithoutConsole extends Rule {
  constructor() {
    super('OCI122', Severity.INFO, Preset.STRICT);
  }

  override explain(): Explanation {
    return new Explanation(
      'the process has a terminal, so a detached start needs a console socket',
      'Without --console-socket nobody holds the other end of the terminal, and runtimes refuse to detach.',
      '{"process":{"terminal":true}}',
      '{"process":{"terminal":false}}',
      'runc docs/terminals.md',
    );
  }

  override check(context: Context): void {
    const process = context.process;
    const terminal = process ? process.terminal : null;
    if (!terminal || !terminal.value) return;
    const message = 'with a terminal a detached start needs --console-socket';
    this.found(context, terminal.node, message, 'set it to false for a service');
  }
}

export class NewPrivileges extends Rule {
  constructor() {
    super('OCI906', Severity.WARNING, Preset.HARDENED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'the process can gain privileges',
      'Without noNewPrivileges a setuid program in the container gives what its file says, whatever process.user is.',
      '{"process":{"noNewPrivileges":false}}',
      '{"process":{"noNewPrivileges":true}}',
      'man 2 prctl, PR_SET_NO_NEW_PRIVS; runtime-spec config.md#linux-process',
    );
  }

  override check(context: Context): void {
    const process = context.process;
    if (!process) return;
    const flag = process.noNewPrivileges;
    if (flag && flag.value) return;
    const message = 'setuid programs can give the process more privileges';
    const finding = this.found(context, flag ? flag.node : process.node, message, 'set "noNewPrivileges": true');
    fixing(context.document, finding, 'set noNewPrivileges', false).set(process.node, 'noNewPrivileges', 'true');
  }
}
