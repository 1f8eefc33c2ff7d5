import { Document, Kind, NONE } from '../json/document';
import { Severity } from '../report';
import { Context } from './context';
import { Effect, Gap, gaps } from './gaps';
import { Explanation, Preset, Rule } from './rule';
import { select } from './select';
import { Target } from './targets';

/** Tells of what the targets do in one of the ways that there are. */
class Judge {
  constructor(
    private rule: Rule,
    private context: Context,
    private effect: Effect,
  ) {}

  run(): void {
    const targets = this.context.options.targets;
    if (targets.length == 0) return;
    const known = gaps();
    for (let index = 0; index < targets.length; index++) {
      const target = targets[index];
      if (target.features != NONE) this.judgeFeatures(target);
      else for (let which = 0; which < known.length; which++) this.judge(target, known[which]);
    }
  }

  private judge(target: Target, gap: Gap): void {
    if (gap.effect != this.effect || gap.runtime != target.runtime) return;
    if (gap.to != 0 && target.version >= gap.to) return;
    const help =
      gap.to == 0
        ? `${gap.runtime} has no code for it (${gap.source})`
        : `${gap.runtime} has it since ${gap.to / 1000}.${gap.to % 1000} (${gap.source})`;
    const document = this.context.document;
    const nodes = select(document, gap.pattern);
    for (let index = 0; index < nodes.length; index++) {
      if (gap.values.length == 0 || isOneOf(document, nodes[index], gap.values)) this.tell(target, nodes[index], help);
    }
  }

  /** Lists of a features document, what they tell of, and what becomes of a value that they have not. */
  private judgeFeatures(target: Target): void {
    this.judgeList(target, '/mountOptions', '/mounts/*/options/*', Effect.DATA);
    this.judgeList(target, '/linux/namespaces', '/linux/namespaces/*/type', Effect.REJECTED);
    this.judgeList(target, '/linux/capabilities', '/process/capabilities/*/*', Effect.IGNORED);
    this.judgeList(target, '/linux/seccomp/actions', '/linux/seccomp/syscalls/*/action', Effect.REJECTED);
    this.judgeList(target, '/linux/seccomp/actions', '/linux/seccomp/defaultAction', Effect.REJECTED);
    this.judgeList(target, '/linux/seccomp/operators', '/linux/seccomp/syscalls/*/args/*/op', Effect.REJECTED);
    this.judgeList(target, '/linux/seccomp/archs', '/linux/seccomp/architectures/*', Effect.REJECTED);
    this.judgeList(target, '/linux/seccomp/supportedFlags', '/linux/seccomp/flags/*', Effect.REJECTED);
    this.judgeSwitch(target, '/linux/seccomp/enabled', '/linux/seccomp');
    this.judgeSwitch(target, '/linux/apparmor/enabled', '/process/apparmorProfile');
    this.judgeSwitch(target, '/linux/selinux/enabled', '/process/selinuxLabel');
    this.judgeSwitch(target, '/linux/intelRdt/enabled', '/linux/intelRdt');
    this.judgeSwitch(target, '/linux/netDevices/enabled', '/linux/netDevices');
    this.judgeSwitch(target, '/linux/mountExtensions/idmap/enabled', '/mounts/*/uidMappings');
    this.judgeHooks(target);
  }

  private judgeList(target: Target, key: string, pattern: string, effect: Effect): void {
    const list = effect == this.effect ? target.find(key) : NONE;
    if (list == NONE) return;
    const known: string[] = [];
    target.addTexts(list, known);
    const document = this.context.document;
    const nodes = select(document, pattern);
    for (let index = 0; index < nodes.length; index++) {
      const node = nodes[index];
      if (document.kind(node) != Kind.STRING || isOneOf(document, node, known)) continue;
      // Features list the options of the spec; all others are for filesystems, and that is what becomes of them.
      if (effect == Effect.DATA && !this.context.isSpecOption(document.text(node))) continue;
      this.tell(target, node, `its features have ${dotted(key)} without it`);
    }
  }

  private judgeSwitch(target: Target, key: string, pattern: string): void {
    const flag = this.effect == Effect.REJECTED ? target.find(key) : NONE;
    if (flag == NONE || target.document.kind(flag) != Kind.FALSE) return;
    const nodes = select(this.context.document, pattern);
    for (let index = 0; index < nodes.length; index++) {
      this.tell(target, nodes[index], `its features have ${dotted(key)}: false`);
    }
  }

  private judgeHooks(target: Target): void {
    const list = this.effect == Effect.IGNORED ? target.find('/hooks') : NONE;
    const hooks = this.context.spec.hooks;
    if (list == NONE || !hooks) return;
    const known: string[] = [];
    target.addTexts(list, known);
    for (let index = 0; index < KINDS.length; index++) {
      const kind = this.context.document.member(hooks.node, KINDS[index]);
      if (kind != NONE && !known.includes(KINDS[index])) this.tell(target, kind, 'its features have no such hooks');
    }
  }

  private tell(target: Target, node: i32, help: string): void {
    if (this.context.findings.omits(this.rule.id, this.rule.severity)) return;
    const document = this.context.document;
    const name = document.kind(node) == Kind.STRING ? document.shownSource(node) : dotted(document.pointer(node));
    const message = `${target.name} ${WORDS[this.effect]} ${name}`;
    this.context.findings.found(this.rule.id, node, message, help);
  }
}

/** In the order of Effect. */
const WORDS: string[] = ['ignores', 'refuses', 'does not know'];

const KINDS: string[] = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'];

/** `linux.timeOffsets` for /linux/timeOffsets. */
function dotted(pointer: string): string {
  return pointer.substring(1).replaceAll('/', '.');
}

function isOneOf(document: Document, node: i32, texts: string[]): bool {
  if (document.kind(node) != Kind.STRING) return false;
  for (let index = 0; index < texts.length; index++) if (document.textEquals(node, texts[index])) return true;
  return false;
}

export class IgnoredByTarget extends Rule {
  constructor() {
    super('OCI801', Severity.WARNING, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'the target runtime ignores a field',
      'What is asked for does not happen, and nothing says so. Asked for with targets, as in --target runc@1.1.',
      '{"ociVersion":"1.3.0","process":{"execCPUAffinity":{"initial":"0"}}}',
      '{"ociVersion":"1.3.0"}',
      'CHANGELOG of runc, NEWS of crun, source of youki; runtime-spec features.md',
    );
  }

  override check(context: Context): void {
    new Judge(this, context, Effect.IGNORED).run();
  }
}

export class RejectedByTarget extends Rule {
  constructor() {
    super('OCI802', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'the target runtime refuses a value',
      'The container does not start there. Asked for with targets, as in --target runc@1.1; of orlop itself it is what it cannot carry out.',
      '{"ociVersion":"1.3.0","linux":{"namespaces":[{"type":"mount"},{"type":"time"}]}}',
      '{"ociVersion":"1.3.0","linux":{"namespaces":[{"type":"mount"}]}}',
      'CHANGELOG of runc, NEWS of crun, source of youki; runtime-spec features.md',
    );
  }

  override check(context: Context): void {
    new Judge(this, context, Effect.REJECTED).run();
  }
}

export class OptionIsData extends Rule {
  constructor() {
    super('OCI804', Severity.WARNING, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'the target runtime does not know a mount option',
      'It hands it to the filesystem, which refuses the mount: invalid argument. Asked for with targets.',
      '{"ociVersion":"1.3.0","mounts":[{"destination":"/tmp","type":"tmpfs","source":"tmpfs","options":["silent","size=64m"]}]}',
      '{"ociVersion":"1.3.0","mounts":[{"destination":"/tmp","type":"tmpfs","source":"tmpfs","options":["size=64m"]}]}',
      'CHANGELOG of runc, NEWS of crun, source of youki; runtime-spec features.md',
    );
  }

  override check(context: Context): void {
    new Judge(this, context, Effect.DATA).run();
  }
}
