import { NONE } from '../json/document';
import { Severity } from '../report';
import { Hook, Hooks } from '../spec/hooks';
import { List } from '../spec/value';
import { Context } from './context';
import { fixing } from './edits';
import { Explanation, Fixable, Preset, Rule } from './rule';

/** All hooks, whatever their kind. */
function allHooks(context: Context): Hook[] {
  const all: Hook[] = [];
  const hooks = context.spec.hooks;
  if (!hooks) return all;
  const lists = listsOf(hooks);
  for (let which = 0; which < lists.length; which++) {
    const list = lists[which];
    if (list) for (let index = 0; index < list.items.length; index++) all.push(list.items[index]);
  }
  return all;
}

function listsOf(hooks: Hooks): (List<Hook> | null)[] {
  return [
    hooks.prestart,
    hooks.createRuntime,
    hooks.createContainer,
    hooks.startContainer,
    hooks.poststart,
    hooks.poststop,
  ];
}

export class RelativeHook extends Rule {
  constructor() {
    super('OCI701', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'the path of a hook is not absolute',
      'The spec requires it: hooks are not searched for in PATH.',
      '{"hooks":{"poststop":[{"path":"notify","timeout":5}]}}',
      '{"hooks":{"poststop":[{"path":"/usr/bin/notify","timeout":5}]}}',
      'runtime-spec config.md#posix-platform-hooks',
    );
  }
}

export class DeprecatedPrestart extends Rule {
  constructor() {
    super('OCI702', Severity.WARNING, Preset.RECOMMENDED, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'hooks.prestart is deprecated',
      'createRuntime is called at the same time, in the same namespaces; createContainer in those of the container.',
      '{"ociVersion":"1.2.0","hooks":{"prestart":[{"path":"/usr/bin/network","timeout":5}]}}',
      '{"ociVersion":"1.2.0","hooks":{"createRuntime":[{"path":"/usr/bin/network","timeout":5}]}}',
      'runtime-spec config.md#prestart',
    );
  }

  /** Two lists would have to become one, in an order that only their author knows. */
  override check(context: Context): void {
    const hooks = context.spec.hooks;
    const prestart = hooks ? hooks.prestart : null;
    if (!hooks || !prestart || prestart.items.length == 0) return;
    const help = 'use createRuntime; createContainer and startContainer run in the container';
    const finding = context.findings.foundAtKey(this.id, prestart.node, 'prestart hooks are deprecated', help);
    if (context.document.member(hooks.node, 'createRuntime') != NONE) return;
    fixing(context.document, finding, 'rename it to createRuntime', true).renameKey(prestart.node, 'createRuntime');
  }
}

export class HookWithoutTimeout extends Rule {
  constructor() {
    super('OCI703', Severity.WARNING, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      'a hook has no timeout',
      'Whoever starts or deletes the container waits for it, for ever if need be.',
      '{"hooks":{"poststop":[{"path":"/usr/bin/notify"}]}}',
      '{"hooks":{"poststop":[{"path":"/usr/bin/notify","timeout":5}]}}',
      'runtime-spec config.md#posix-platform-hooks',
    );
  }

  override check(context: Context): void {
    const hooks = allHooks(context);
    for (let index = 0; index < hooks.length; index++) {
      const hook = hooks[index];
      if (hook.timeout || context.document.member(hook.node, 'timeout') != NONE) continue;
      if (context.findings.omits(this.id, Severity.WARNING)) continue;
      this.found(context, hook.node, 'the hook has no timeout', 'add "timeout", in seconds');
    }
  }
}

export class HookArgsWithoutProgram extends Rule {
  constructor() {
    super('OCI704', Severity.WARNING, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'the args of a hook do not begin with the name of the program',
      'They are argv as execv(3) has it: what stands first is the name, and no argument.',
      '{"hooks":{"poststop":[{"path":"/usr/bin/notify","args":["--quiet"],"timeout":5}]}}',
      '{"hooks":{"poststop":[{"path":"/usr/bin/notify","args":["notify","--quiet"],"timeout":5}]}}',
      'runtime-spec config.md#posix-platform-hooks; man 3 execv',
    );
  }

  override check(context: Context): void {
    const hooks = allHooks(context);
    for (let index = 0; index < hooks.length; index++) {
      const args = hooks[index].args;
      if (!args || args.items.length == 0) continue;
      const first = args.items[0];
      if (!first.value.startsWith('-') || context.findings.omits(this.id, Severity.WARNING)) continue;
      const message = `${context.document.shownSource(first.node)} is what the program is called, not an argument`;
      this.found(context, first.node, message, 'put the name of the program before it');
    }
  }
}

/** Where anybody may write, by convention: file-hierarchy(7). */
const WORLD_WRITABLE: string[] = ['/tmp/', '/var/tmp/', '/dev/shm/'];

export class WritableHook extends Rule {
  /** STRICT: by its name alone; `check --host` looks at the permissions themselves. */
  constructor() {
    super('OCI923', Severity.WARNING, Preset.STRICT);
  }

  override explain(): Explanation {
    return new Explanation(
      'a hook is in a directory that anybody may write to',
      'Hooks run as whoever starts the container, mostly root: who puts his own program there runs it as root.',
      '{"hooks":{"poststop":[{"path":"/tmp/notify","timeout":5}]}}',
      '{"hooks":{"poststop":[{"path":"/usr/bin/notify","timeout":5}]}}',
      'man 7 file-hierarchy',
    );
  }

  override check(context: Context): void {
    const hooks = allHooks(context);
    for (let index = 0; index < hooks.length; index++) {
      const path = hooks[index].path;
      if (!path) continue;
      for (let which = 0; which < WORLD_WRITABLE.length; which++) {
        if (!path.value.startsWith(WORLD_WRITABLE[which]) || context.findings.omits(this.id, Severity.WARNING))
          continue;
        const message = `anybody may write to ${WORLD_WRITABLE[which]}, and the hook runs as who starts the container`;
        this.found(context, path.node, message, 'install it where only root may write');
      }
    }
  }
}
