import { Writer } from '../json/writer';
import { Process } from '../spec/process';
import { List, Value } from '../spec/value';
import { NOTIFY_DIRECTORY } from './mounts';
import { hasNul } from './paths';
import { Planner } from './planner';
import { Step, Verb, writeTexts } from './step';

/** Which files are tried, in PATH's order, and with what. */
export class ExecuteStep extends Step {
  candidates: string[] = [];
  /** Whether `candidates` come from PATH. */
  isSearched: bool = false;

  constructor(
    public args: string[],
    public env: string[],
    node: i32,
  ) {
    super(Verb.EXECUTE, node);
  }

  override describe(): string {
    return `exec of "${this.args[0]}"`;
  }

  override write(writer: Writer): void {
    writeTexts(writer, 'args', this.args);
    writeTexts(writer, 'candidates', this.candidates);
    writer.fieldInteger('environment', this.env.length);
  }

  override writeDetail(writer: Writer): void {
    writeTexts(writer, 'env', this.env);
  }
}

/** The program with its arguments and environment, and where it may be found. */
export function planExecute(planner: Planner, process: Process): ExecuteStep | null {
  const args = process.args;
  if (!args || args.items.length == 0) {
    planner.error(
      'OCI102',
      args ? args.node : process.node,
      'process.args names no program',
      'list the program and its arguments',
    );
    return null;
  }
  const file = args.items[0];
  if (file.value == '') {
    planner.error('OCI102', file.node, 'the program in process.args[0] is the empty string', 'name the program');
    return null;
  }
  const env = readEnvironment(planner, process.env);
  const step = new ExecuteStep(plainTexts(planner, args), env, file.node);
  if (file.value.includes('/')) {
    step.candidates.push(file.value);
    return step;
  }
  // execvp(3): each directory of the container's PATH; an empty one is the working directory
  step.isSearched = true;
  const directories = pathOf(env).split(':');
  for (let index = 0; index < directories.length; index++) {
    const directory = directories[index];
    step.candidates.push(directory == '' ? `./${file.value}` : `${directory}/${file.value}`);
  }
  return step;
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function pathOf(env: string[]): string {
  for (let index = 0; index < env.length; index++) {
    if (env[index].startsWith('PATH=')) return env[index].substring(5);
  }
  return DEFAULT_PATH;
}

/** NAME=VALUE each; of a name that comes twice the last wins, as under runc. Where HOME is missing the host looks it up. */
function readEnvironment(planner: Planner, list: List<Value<string>> | null): string[] {
  const env: string[] = [];
  const places = new Map<string, i32>();
  if (list) {
    const texts = plainTexts(planner, list);
    for (let index = 0; index < texts.length; index++) {
      const equals = texts[index].indexOf('=');
      if (equals <= 0) {
        planner.error(
          'OCI105',
          list.items[index].node,
          `"${texts[index]}" is not NAME=VALUE`,
          'write the variable with its value',
        );
        continue;
      }
      setVariable(env, places, texts[index]);
    }
  }
  const added = planner.request.environment;
  for (let index = 0; index < added.length; index++) setVariable(env, places, added[index]);
  if (planner.request.notify != '') setVariable(env, places, `NOTIFY_SOCKET=${NOTIFY_DIRECTORY}/notify.sock`);
  planner.needsHome = !places.has('HOME');
  return env;
}

function setVariable(env: string[], places: Map<string, i32>, text: string): void {
  const name = text.substring(0, text.indexOf('='));
  if (places.has(name)) env[places.get(name)] = text;
  else {
    places.set(name, env.length);
    env.push(text);
  }
}

/** Texts that the kernel takes as they are. */
export function plainTexts(planner: Planner, list: List<Value<string>>): string[] {
  const texts: string[] = [];
  for (let index = 0; index < list.items.length; index++) {
    const item = list.items[index];
    if (hasNul(item.value))
      planner.error('OCI013', item.node, 'the text holds a NUL character, which ends it in the kernel', 'remove it');
    texts.push(item.value);
  }
  return texts;
}
