import { NONE } from '../json/document';
import { Severity } from '../report';
import { List, Value } from '../spec/value';
import { Context } from './context';
import { fixing } from './edits';
import { Explanation, Fixable, Preset, Rule } from './rule';

function environmentOf(context: Context): List<Value<string>> | null {
  const process = context.process;
  return process ? process.env : null;
}

/** '' for what is no NAME=VALUE. */
function nameOf(text: string): string {
  const equals = text.indexOf('=');
  return equals <= 0 ? '' : text.substring(0, equals);
}

export class EnvWithoutName extends Rule {
  constructor() {
    super('OCI105', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'an entry of process.env is not NAME=VALUE',
      'runc refuses it; elsewhere the program gets a line that no library finds.',
      '{"process":{"env":["PATH=/bin","DEBUG"]}}',
      '{"process":{"env":["PATH=/bin","DEBUG=1"]}}',
      'runtime-spec config.md#process; man 7 environ',
    );
  }
}

export class DuplicateEnv extends Rule {
  constructor() {
    super('OCI106', Severity.WARNING, Preset.RECOMMENDED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'an environment variable is set twice',
      'runc keeps the last value, others hand both to the program, whose library then takes the first.',
      '{"process":{"env":["PATH=/bin","MODE=a","MODE=b"]}}',
      '{"process":{"env":["PATH=/bin","MODE=b"]}}',
      'runtime-spec config.md#process; man 7 environ',
    );
  }

  override check(context: Context): void {
    const env = environmentOf(context);
    if (!env) return;
    const seen = new Map<string, i32>();
    for (let index = 0; index < env.items.length; index++) {
      const item = env.items[index];
      const name = nameOf(item.value);
      if (name == '') continue;
      if (seen.has(name) && !context.findings.omits(this.id, Severity.WARNING)) {
        const first = seen.get(name);
        const message = `the environment variable ${name} is set twice`;
        const finding = this.found(context, item.node, message, 'keep one of them; runc takes the last');
        finding.relate(first, 'set here first');
        fixing(context.document, finding, `remove the first ${name}`, false).remove(first);
      }
      seen.set(name, item.node);
    }
  }
}

export class ProgramWithoutPath extends Rule {
  constructor() {
    super('OCI107', Severity.WARNING, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'the program is to be found by PATH, and there is none',
      'Each runtime then searches its own list of directories, or none at all.',
      '{"process":{"args":["sh"]}}',
      '{"process":{"args":["/bin/sh"]}}',
      'man 3 execvp; runtime-spec config.md#process',
    );
  }

  override check(context: Context): void {
    const process = context.process;
    const args = process ? process.args : null;
    if (!args || args.items.length == 0) return;
    const program = args.items[0];
    if (program.value == '' || program.value.includes('/')) return;
    const env = environmentOf(context);
    if (env)
      for (let index = 0; index < env.items.length; index++) if (nameOf(env.items[index].value) == 'PATH') return;
    const shown = context.document.shownSource(program.node);
    const message = `${shown} is searched for in PATH, and process.env has none`;
    this.found(context, program.node, message, 'set PATH in process.env, or name the file from the root');
  }
}

/** Parts of names that hold secrets; upper case, as names of variables are. */
const SECRETS: string[] = [
  'PASSWORD',
  'PASSWD',
  'PASSPHRASE',
  'SECRET',
  'TOKEN',
  'API_KEY',
  'APIKEY',
  'ACCESS_KEY',
  'PRIVATE_KEY',
  'CREDENTIAL',
  '_PWD',
];

/** Ends of names that say where something is rather than what. */
const PLACES: string[] = ['_FILE', '_PATH', '_DIR', '_URL', '_URI', '_NAME', '_ID', '_HOST', '_PORT'];

/** Beginnings of keys that services give out. */
const KEYS: string[] = ['AKIA', 'ASIA', 'ghp_', 'github_pat_', 'glpat-', 'xoxb-', 'xoxp-', 'sk_live_', '-----BEGIN'];

export class SecretInEnv extends Rule {
  constructor() {
    super('OCI922', Severity.WARNING, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      'an environment variable seems to hold a secret',
      'It is in the config, in /proc/PID/environ, in what every child inherits, and in most logs of crashes.',
      '{"process":{"env":["PATH=/bin","DB_PASSWORD=hunter2"]}}',
      '{"process":{"env":["PATH=/bin","DB_PASSWORD_FILE=/run/secrets/db"]}}',
      'CIS Docker Benchmark 4.10; man 5 proc, /proc/PID/environ',
    );
  }

  /** The value is never shown. */
  override check(context: Context): void {
    const env = environmentOf(context);
    if (!env) return;
    for (let index = 0; index < env.items.length; index++) {
      const item = env.items[index];
      const name = nameOf(item.value);
      if (name == '' || !isSecret(name.toUpperCase(), item.value.substring(name.length + 1))) continue;
      const message = `the value of ${name} looks like a secret`;
      this.found(context, item.node, message, 'put it into a file that only the process can read, and name that');
    }
  }
}

function isSecret(name: string, value: string): bool {
  if (value == '' || value.startsWith('/')) return false;
  for (let index = 0; index < KEYS.length; index++) if (value.startsWith(KEYS[index])) return true;
  if (hasPassword(value)) return true;
  for (let index = 0; index < PLACES.length; index++) if (name.endsWith(PLACES[index])) return false;
  for (let index = 0; index < SECRETS.length; index++) if (name.indexOf(SECRETS[index]) != NONE) return true;
  return false;
}

/** RFC 3986 section 3.2.1: `scheme://user:password@host`. */
function hasPassword(url: string): bool {
  const scheme = url.indexOf('://');
  if (scheme <= 0) return false;
  const slash = url.indexOf('/', scheme + 3);
  const at = url.substring(0, slash == NONE ? url.length : slash).lastIndexOf('@');
  const colon = url.indexOf(':', scheme + 3);
  return colon != NONE && colon + 1 < at;
}
