import { Document, Kind, NONE } from '../json/document';
import { Severity } from '../report';
import { Context } from './context';
import { Effect, Gap, gaps } from './gaps';
import { Explanation, Preset, Rule } from './rule';
import { select } from './select';
import { Target } from './targets';

/** What a target does with a place of the config. */
class Verdict {
  constructor(
    public node: i32,
    public effect: Effect,
    public message: string,
    public help: string,
  ) {}
}

/** Of all targets; those of features come from features.ts. */
function verdictsOf(context: Context): Verdict[] {
  const verdicts: Verdict[] = [];
  const targets = context.options.targets;
  if (targets.length == 0) return verdicts;
  const known = gaps();
  for (let index = 0; index < targets.length; index++) {
    const target = targets[index];
    if (target.features != NONE) judgeFeatures(context, target, verdicts);
    else for (let which = 0; which < known.length; which++) judge(context, target, known[which], verdicts);
  }
  return verdicts;
}

function judge(context: Context, target: Target, gap: Gap, verdicts: Verdict[]): void {
  if (gap.runtime != target.runtime || (gap.to != 0 && target.version >= gap.to)) return;
  const nodes = select(context.document, gap.pattern);
  for (let index = 0; index < nodes.length; index++) {
    const name = shown(context.document, nodes[index]);
    const word = gap.effect == Effect.IGNORED ? 'ignores' : gap.effect == Effect.REJECTED ? 'refuses' : 'does not know';
    const help =
      gap.to == 0
        ? `${gap.runtime} has no code for it (${gap.source})`
        : `${gap.runtime} has it since ${gap.to / 1000}.${gap.to % 1000} (${gap.source})`;
    verdicts.push(new Verdict(nodes[index], gap.effect, `${target.name} ${word} ${name}`, help));
  }
}

/** `linux.timeOffsets`, or the value of what stands in a list. */
function shown(document: Document, node: i32): string {
  if (document.kind(node) == Kind.STRING) return document.shownSource(node);
  return document.pointer(node).substring(1).replaceAll('/', '.');
}

/** Lists of a features document, what they tell of, and what becomes of a value that they have not. */
function judgeFeatures(context: Context, target: Target, verdicts: Verdict[]): void {
  judgeList(context, target, verdicts, '/mountOptions', '/mounts/*/options/*', Effect.DATA);
  judgeList(context, target, verdicts, '/linux/namespaces', '/linux/namespaces/*/type', Effect.REJECTED);
  judgeList(context, target, verdicts, '/linux/capabilities', '/process/capabilities/*/*', Effect.IGNORED);
  judgeList(context, target, verdicts, '/linux/seccomp/actions', '/linux/seccomp/syscalls/*/action', Effect.REJECTED);
  judgeList(context, target, verdicts, '/linux/seccomp/actions', '/linux/seccomp/defaultAction', Effect.REJECTED);
  judgeList(
    context,
    target,
    verdicts,
    '/linux/seccomp/operators',
    '/linux/seccomp/syscalls/*/args/*/op',
    Effect.REJECTED,
  );
  judgeList(context, target, verdicts, '/linux/seccomp/archs', '/linux/seccomp/architectures/*', Effect.REJECTED);
  judgeList(context, target, verdicts, '/linux/seccomp/supportedFlags', '/linux/seccomp/flags/*', Effect.REJECTED);
  judgeSwitch(context, target, verdicts, '/linux/seccomp/enabled', '/linux/seccomp');
  judgeSwitch(context, target, verdicts, '/linux/apparmor/enabled', '/process/apparmorProfile');
  judgeSwitch(context, target, verdicts, '/linux/selinux/enabled', '/process/selinuxLabel');
  judgeSwitch(context, target, verdicts, '/linux/intelRdt/enabled', '/linux/intelRdt');
  judgeSwitch(context, target, verdicts, '/linux/netDevices/enabled', '/linux/netDevices');
  judgeSwitch(context, target, verdicts, '/linux/mountExtensions/idmap/enabled', '/mounts/*/uidMappings');
  judgeHooks(context, target, verdicts);
}

function judgeList(
  context: Context,
  target: Target,
  verdicts: Verdict[],
  key: string,
  pattern: string,
  effect: Effect,
): void {
  const list = target.find(key);
  if (list == NONE) return;
  const known: string[] = [];
  target.addTexts(list, known);
  const document = context.document;
  const nodes = select(document, pattern);
  for (let index = 0; index < nodes.length; index++) {
    const node = nodes[index];
    if (document.kind(node) != Kind.STRING || known.includes(document.text(node))) continue;
    // Features list the options of the spec; all others are for filesystems, and that is what becomes of them.
    if (effect == Effect.DATA && !context.isSpecOption(document.text(node))) continue;
    const word = effect == Effect.IGNORED ? 'ignores' : effect == Effect.REJECTED ? 'refuses' : 'does not know';
    const message = `${target.name} ${word} ${document.shownSource(node)}`;
    verdicts.push(
      new Verdict(node, effect, message, `its features have ${key.substring(1).replaceAll('/', '.')} without it`),
    );
  }
}

function judgeSwitch(context: Context, target: Target, verdicts: Verdict[], key: string, pattern: string): void {
  const flag = target.find(key);
  if (flag == NONE || target.document.kind(flag) != Kind.FALSE) return;
  const nodes = select(context.document, pattern);
  for (let index = 0; index < nodes.length; index++) {
    const message = `${target.name} does not carry out ${shown(context.document, nodes[index])}`;
    const help = `its features have ${key.substring(1).replaceAll('/', '.')}: false`;
    verdicts.push(new Verdict(nodes[index], Effect.REJECTED, message, help));
  }
}

function judgeHooks(context: Context, target: Target, verdicts: Verdict[]): void {
  const list = target.find('/hooks');
  const hooks = context.spec.hooks;
  if (list == NONE || !hooks) return;
  const known: string[] = [];
  target.addTexts(list, known);
  const document = context.document;
  for (let member = document.firstChild(hooks.node); member != NONE; member = document.nextSibling(member)) {
    const kind = document.keyText(member);
    if (known.includes(kind) || !kinds().includes(kind)) continue;
    verdicts.push(
      new Verdict(member, Effect.IGNORED, `${target.name} ignores hooks.${kind}`, 'its features have no such hooks'),
    );
  }
}

function kinds(): string[] {
  return ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'];
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
    tell(this, context, Effect.IGNORED);
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
    tell(this, context, Effect.REJECTED);
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
    tell(this, context, Effect.DATA);
  }
}

function tell(rule: Rule, context: Context, effect: Effect): void {
  if (context.options.targets.length == 0) return;
  const verdicts = verdictsOf(context);
  for (let index = 0; index < verdicts.length; index++) {
    const verdict = verdicts[index];
    if (verdict.effect != effect || context.findings.omits(rule.id, rule.severity)) continue;
    context.findings.found(rule.id, verdict.node, verdict.message, verdict.help);
  }
}
