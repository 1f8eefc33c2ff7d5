import { NONE } from '../json/document';
import { OptionKind, optionNames } from '../plan/mount-options';
import { cleanPath } from '../plan/paths';
import { Diagnostic, Severity } from '../report';
import { Context } from './context';
import { fixing, quote } from './edits';
import { MountView } from './mount-view';
import { Explanation, Fixable, Preset, Rule } from './rule';

/** The mount that a finding is about, or one of its values. */
function mountOf(context: Context, node: i32): MountView | null {
  const mounts = context.mounts;
  for (let index = 0; index < mounts.length; index++) {
    for (let at = node; at != NONE; at = context.document.parent(at))
      if (at == mounts[index].node) return mounts[index];
  }
  return null;
}

export class RelativeDestination extends Rule {
  constructor() {
    super('OCI301', Severity.WARNING, Preset.RECOMMENDED, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'the destination of a mount is not absolute',
      'The spec has deprecated it: runtimes take it from the root of the container, and say that they will not do so for ever.',
      '{"mounts":[{"destination":"data","type":"tmpfs","source":"tmpfs"}]}',
      '{"mounts":[{"destination":"/data","type":"tmpfs","source":"tmpfs"}]}',
      'runtime-spec config.md#mounts; runc CHANGELOG 1.0.0',
    );
  }

  override check(context: Context): void {
    const mounts = context.mounts;
    for (let index = 0; index < mounts.length; index++) {
      const destination = mounts[index].mount.destination;
      if (!destination || destination.value.startsWith('/') || context.findings.omits(this.id, Severity.WARNING))
        continue;
      const shown = context.document.shownSource(destination.node);
      const finding = this.found(
        context,
        destination.node,
        `the destination ${shown} is not absolute`,
        'start it with /',
      );
      fixing(context.document, finding, 'start it with /', true).insert(
        context.document.start(destination.node) + 1,
        '/',
      );
    }
  }
}

export class BindWithoutOption extends Rule {
  constructor() {
    super('OCI302', Severity.ERROR, Preset.SPEC, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'a mount of the type "bind" without the option bind or rbind',
      'The type says nothing: the option makes it a bind mount. Without it there is no filesystem "bind", and all that is said is: no such device.',
      '{"mounts":[{"destination":"/data","type":"bind","source":"/srv/data","options":["ro"]}]}',
      '{"mounts":[{"destination":"/data","type":"bind","source":"/srv/data","options":["rbind","ro"]}]}',
      'runtime-spec config.md#mounts; runc issues 65 and 1717',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const mount = mountOf(context, finding.node);
    if (!mount) return true;
    const edits = fixing(context.document, finding, 'add "rbind" to options', true);
    if (mount.optionsNode == NONE) edits.set(mount.node, 'options', '["rbind"]');
    else edits.addItem(mount.optionsNode, '"rbind"');
    return true;
  }
}

export class BindWithoutSource extends Rule {
  constructor() {
    super('OCI303', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a bind mount without a source',
      'There is nothing to mount.',
      '{"mounts":[{"destination":"/data","type":"bind","options":["rbind"]}]}',
      '{"mounts":[{"destination":"/data","type":"bind","source":"/srv/data","options":["rbind"]}]}',
      'runtime-spec config.md#mounts; man 8 mount, "Bind mount operation"',
    );
  }
}

export class IgnoredMountData extends Rule {
  constructor() {
    super('OCI305', Severity.WARNING, Preset.RECOMMENDED, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'an option of a filesystem on a mount that makes none',
      'A bind mount shows a filesystem that exists, with the options that it has. The kernel ignores others; runc refuses them since 1.2.',
      '{"mounts":[{"destination":"/data","type":"bind","source":"/srv/data","options":["rbind","size=64m"]}]}',
      '{"mounts":[{"destination":"/data","type":"bind","source":"/srv/data","options":["rbind"]}]}',
      'man 2 mount; runc CHANGELOG 1.2.0, #3990',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    if (context.options.isOn('OCI306') && misspelt(context.document.text(finding.node)) != '') return false;
    fixing(context.document, finding, 'remove the option', true).remove(finding.node);
    return true;
  }
}

/** The option that was meant, '' if this may well be one of the filesystem's. */
function misspelt(option: string): string {
  if (option.length < 4 || option.includes('=')) return '';
  const names = optionNames();
  for (let index = 0; index < names.length; index++) {
    if (names[index].length >= 4 && isOneEdit(option.toLowerCase(), names[index])) return names[index];
  }
  return '';
}

/** One letter more, less or other, or two neighbours swapped; none at all, where only the case was different. */
function isOneEdit(left: string, right: string): bool {
  const shorter = left.length < right.length ? left : right;
  const longer = left.length < right.length ? right : left;
  if (longer.length - shorter.length > 1) return false;
  let at = 0;
  while (at < shorter.length && shorter.charCodeAt(at) == longer.charCodeAt(at)) at++;
  if (longer.length > shorter.length) return shorter.substring(at) == longer.substring(at + 1);
  if (shorter.substring(at + 1) == longer.substring(at + 1)) return true;
  const isSwap = shorter.charAt(at) == longer.charAt(at + 1) && shorter.charAt(at + 1) == longer.charAt(at);
  return isSwap && shorter.substring(at + 2) == longer.substring(at + 2);
}

export class MisspeltOption extends Rule {
  constructor() {
    super('OCI306', Severity.WARNING, Preset.RECOMMENDED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'a mount option is one letter away from an option of the spec',
      'What a runtime does not know it hands to the filesystem, which refuses the mount (invalid argument), or, on a bind mount, nobody does.',
      '{"mounts":[{"destination":"/proc","type":"proc","source":"proc","options":["nosiud"]}]}',
      '{"mounts":[{"destination":"/proc","type":"proc","source":"proc","options":["nosuid"]}]}',
      'runtime-spec config.md#linux-mount-options',
    );
  }

  override check(context: Context): void {
    const mounts = context.mounts;
    for (let index = 0; index < mounts.length; index++) {
      const options = mounts[index].options;
      for (let at = 0; at < options.data.length; at++) {
        const meant = misspelt(options.data[at]);
        if (meant == '' || context.findings.omits(this.id, Severity.WARNING)) continue;
        const node = options.dataNodes[at];
        const message = `${context.document.shownSource(node)} is no option of the spec`;
        const finding = this.found(context, node, message, `did you mean "${meant}"?`);
        fixing(context.document, finding, `write "${meant}"`, false).replace(node, quote(meant));
      }
    }
  }
}

export class ContradictoryOptions extends Rule {
  constructor() {
    super('OCI304', Severity.WARNING, Preset.RECOMMENDED, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'two options of a mount contradict each other',
      'The later one wins: the earlier one says what is not so.',
      '{"mounts":[{"destination":"/tmp","type":"tmpfs","source":"tmpfs","options":["ro","rw"]}]}',
      '{"mounts":[{"destination":"/tmp","type":"tmpfs","source":"tmpfs","options":["rw"]}]}',
      'runtime-spec config.md#linux-mount-options; man 8 mount',
    );
  }

  override check(context: Context): void {
    const mounts = context.mounts;
    for (let index = 0; index < mounts.length; index++) this.checkMount(context, mounts[index]);
  }

  private checkMount(context: Context, mount: MountView): void {
    for (let later = 1; later < mount.known.length; later++) {
      for (let earlier = later - 1; earlier >= 0; earlier--) {
        if (!contradicts(mount, earlier, later)) continue;
        if (context.findings.omits(this.id, Severity.WARNING)) return;
        const first = mount.known[earlier].name;
        const message = `"${mount.known[later].name}" takes back "${first}"`;
        const finding = this.found(context, mount.knownNodes[later], message, 'keep one of them; the later one wins');
        finding.relate(mount.knownNodes[earlier], 'the option that it takes back');
        fixing(context.document, finding, `remove "${first}"`, true).remove(mount.knownNodes[earlier]);
        break;
      }
    }
  }
}

function contradicts(mount: MountView, earlier: i32, later: i32): bool {
  const first = mount.known[earlier];
  const second = mount.known[later];
  if (first.kind == OptionKind.PROPAGATION && second.kind == OptionKind.PROPAGATION) return first.flag != second.flag;
  if (first.attribute == 0 || first.attribute != second.attribute) return false;
  return (
    (first.kind == OptionKind.SET && second.kind == OptionKind.CLEAR) ||
    (first.kind == OptionKind.CLEAR && second.kind == OptionKind.SET) ||
    (first.kind == OptionKind.SET_RECURSIVE && second.kind == OptionKind.CLEAR_RECURSIVE) ||
    (first.kind == OptionKind.CLEAR_RECURSIVE && second.kind == OptionKind.SET_RECURSIVE)
  );
}

export class DestinationWithParent extends Rule {
  constructor() {
    super('OCI315', Severity.ERROR, Preset.RECOMMENDED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'the destination of a mount has a ".."',
      'Where it leads depends on links in the image: such paths have been used to mount outside of the container.',
      '{"mounts":[{"destination":"/srv/../etc/app","type":"tmpfs","source":"tmpfs"}]}',
      '{"mounts":[{"destination":"/etc/app","type":"tmpfs","source":"tmpfs"}]}',
      'CVE-2021-30465; man 7 path_resolution',
    );
  }

  override check(context: Context): void {
    const mounts = context.mounts;
    for (let index = 0; index < mounts.length; index++) {
      const destination = mounts[index].mount.destination;
      if (!destination || !destination.value.split('/').includes('..')) continue;
      if (context.findings.omits(this.id, Severity.ERROR)) continue;
      const shown = context.document.shownSource(destination.node);
      const clean = cleanPath(destination.value);
      const finding = this.found(context, destination.node, `the destination ${shown} has a ".."`, `write "${clean}"`);
      fixing(context.document, finding, `write "${clean}"`, false).replace(destination.node, quote(clean));
    }
  }
}
