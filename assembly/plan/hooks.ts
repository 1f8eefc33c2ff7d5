import { Writer } from '../json/writer';
import { Hook, Hooks } from '../spec/hooks';
import { List } from '../spec/value';
import { plainTexts } from './execute';
import { hasNul } from './paths';
import { Planner } from './planner';
import { Actor, Step, Verb, writeTexts } from './step';

/** The last integer that JavaScript holds: who waits for so many seconds does not notice the rest. */
const LONGEST_TIMEOUT: i64 = (1 << 53) - 1;

/** A program that runs beside the container: the host's, or, for createContainer and startContainer, the container's. */
export class HookStep extends Step {
  args: string[] = [];
  env: string[] = [];
  /** Without an environment of its own, as under runc: that of the caller, or of the process ('' with one). */
  inherits: string = '';
  /** Seconds, 0 for no limit. */
  timeout: i64 = 0;

  constructor(
    /** The key in config.json. */
    public kind: string,
    public file: string,
    node: i32,
  ) {
    super(Verb.HOOK, node);
  }

  override describe(): string {
    return `${this.kind} hook "${this.file}"`;
  }

  override write(writer: Writer): void {
    this.writeCommand(writer);
    writer.fieldInteger('environment', this.env.length);
  }

  override writeDetail(writer: Writer): void {
    writeTexts(writer, 'env', this.env);
  }

  /** With the environment itself, for who runs it. */
  writeWhole(writer: Writer): void {
    this.writeCommand(writer);
    writeTexts(writer, 'env', this.env);
  }

  private writeCommand(writer: Writer): void {
    writer.field('kind', this.kind);
    writer.field('file', this.file);
    writeTexts(writer, 'args', this.args);
    if (this.inherits != '') writer.field('inherits', this.inherits);
    if (this.timeout) writer.fieldInteger('timeout', this.timeout);
  }
}

/** runtime-spec config.md#posix-platform-hooks: those of create, when the mounts are made and before the root changes. */
export function planEarlyHooks(planner: Planner): void {
  const hooks = planner.spec.hooks;
  if (!hooks) return;
  const before = planner.steps.length;
  planKind(planner, hooks.prestart, 'prestart', Actor.HOST);
  planKind(planner, hooks.createRuntime, 'createRuntime', Actor.HOST);
  planKind(planner, hooks.createContainer, 'createContainer', Actor.INIT);
  planner.hasEarlyHooks = planner.steps.length > before;
}

/** As the process that is going to be: its user, its capabilities, its working directory. */
export function planStartContainer(planner: Planner): void {
  const hooks: Hooks | null = planner.spec.hooks;
  if (hooks) planKind(planner, hooks.startContainer, 'startContainer', Actor.INIT);
}

export function planPoststart(planner: Planner): void {
  const hooks = planner.spec.hooks;
  if (hooks) planKind(planner, hooks.poststart, 'poststart', Actor.HOST);
}

export function planPoststop(planner: Planner): void {
  const hooks = planner.spec.hooks;
  if (hooks) planKind(planner, hooks.poststop, 'poststop', Actor.HOST);
}

function planKind(planner: Planner, hooks: List<Hook> | null, kind: string, actor: Actor): void {
  if (!hooks) return;
  for (let index = 0; index < hooks.items.length; index++) {
    const step = readHook(planner, hooks.items[index], kind);
    if (step) planner.add(step.by(actor));
  }
}

function readHook(planner: Planner, hook: Hook, kind: string): HookStep | null {
  const path = hook.path;
  if (!path) return null;
  if (hasNul(path.value)) {
    planner.error('OCI013', path.node, 'the path holds a NUL character', 'remove it');
    return null;
  }
  if (!path.value.startsWith('/')) {
    planner.error(
      'OCI701',
      path.node,
      `the hook's path "${path.value}" is not absolute`,
      kind == 'startContainer' ? 'name the program from the root of the container' : 'name the program from the root',
    );
    return null;
  }
  const step = new HookStep(kind, path.value, hook.node);
  const args = hook.args;
  if (args) step.args = plainTexts(planner, args);
  if (step.args.length == 0) step.args.push(path.value);
  const env = hook.env;
  if (env) step.env = plainTexts(planner, env);
  else step.inherits = kind == 'createContainer' || kind == 'startContainer' ? 'process' : 'caller';
  const timeout = hook.timeout;
  if (timeout) step.timeout = min(timeout.value, LONGEST_TIMEOUT);
  return step;
}
