import { NONE } from '../json/document';
import { Diagnostic, Severity } from '../report';
import { Namespace } from '../spec/linux';
import { Context } from './context';
import { fixing } from './edits';
import { Explanation, Fixable, Preset, Rule } from './rule';

/** The entry of a type, null without one. */
export function namespaceOf(context: Context, type: string): Namespace | null {
  const linux = context.linux;
  const list = linux ? linux.namespaces : null;
  if (!list) return null;
  for (let index = 0; index < list.items.length; index++) {
    const candidate = list.items[index].type;
    if (candidate && candidate.value == type) return list.items[index];
  }
  return null;
}

/** What adds a namespace: makes a config start that runtimes refuse, or takes something away from the process. */
export function addNamespace(context: Context, finding: Diagnostic, type: string, isSafe: bool): void {
  const linux = context.linux;
  const list = linux ? linux.namespaces : null;
  if (!list) return;
  fixing(context.document, finding, `add a ${type} namespace`, isSafe).addItem(list.node, `{ "type": "${type}" }`);
}

export class DuplicateNamespace extends Rule {
  constructor() {
    super('OCI201', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a namespace is listed twice',
      'The spec forbids it. runc and crun refuse the config, youki takes the last entry without a word.',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"pid"},{"type":"pid"}]}}',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"pid"}]}}',
      'runtime-spec config-linux.md#namespaces',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const first = namespaceOf(context, context.document.text(finding.node));
    if (first) finding.relate(first.node, 'the first one');
    return true;
  }
}

export class RelativeNamespacePath extends Rule {
  constructor() {
    super('OCI202', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'the path of a namespace is not absolute',
      'The spec requires it: what it would be relative to depends on the runtime.',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"network","path":"run/netns/one"}]}}',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"network","path":"/run/netns/one"}]}}',
      'runtime-spec config-linux.md#namespaces',
    );
  }
}

export class HostnameWithoutUts extends Rule {
  constructor() {
    super('OCI203', Severity.ERROR, Preset.SPEC, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'hostname or domainname without a uts namespace',
      "It would be the host's name that changes: runtimes refuse it.",
      '{"hostname":"one"}',
      '{"hostname":"one","linux":{"namespaces":[{"type":"mount"},{"type":"uts"}]}}',
      'man 7 uts_namespaces; runtime-spec config.md#hostname',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    addNamespace(context, finding, 'uts', true);
    return true;
  }
}

/** include/linux/utsname.h, __NEW_UTS_LEN */
const LONGEST_NAME = 64;

export class HostnameTooLong extends Rule {
  constructor() {
    super('OCI215', Severity.WARNING, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'hostname or domainname is longer than 64 bytes',
      'The kernel refuses it (sethostname: EINVAL).',
      `{"hostname":"${'a'.repeat(65)}","linux":{"namespaces":[{"type":"mount"},{"type":"uts"}]}}`,
      `{"hostname":"${'a'.repeat(64)}","linux":{"namespaces":[{"type":"mount"},{"type":"uts"}]}}`,
      'man 2 sethostname; man 2 setdomainname',
    );
  }

  override check(context: Context): void {
    const names = [context.spec.hostname, context.spec.domainname];
    for (let index = 0; index < names.length; index++) {
      const name = names[index];
      if (!name) continue;
      const length = String.UTF8.byteLength(name.value);
      if (length <= LONGEST_NAME) continue;
      this.found(context, name.node, `the name has ${length} bytes`, `the kernel takes ${LONGEST_NAME}`);
    }
  }
}

export class TimeOffsetsWithoutNamespace extends Rule {
  constructor() {
    super('OCI208', Severity.ERROR, Preset.SPEC, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'linux.timeOffsets without a new time namespace',
      'Offsets are written before the first process enters: a namespace that is joined has its own already.',
      '{"ociVersion":"1.2.0","linux":{"timeOffsets":{"boottime":{"secs":3600}}}}',
      '{"ociVersion":"1.2.0","linux":{"timeOffsets":{"boottime":{"secs":3600}},"namespaces":[{"type":"mount"},{"type":"time"}]}}',
      'man 7 time_namespaces; runtime-spec config-linux.md#offset-for-time-namespace',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const joined = namespaceOf(context, 'time');
    if (joined) finding.relate(joined.node, 'the namespace is joined');
    else addNamespace(context, finding, 'time', true);
    return true;
  }
}

export class ClockOffset extends Rule {
  constructor() {
    super('OCI209', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a time offset is of a clock that has none, or has a second or more of nanoseconds',
      'The kernel refuses it (EINVAL).',
      '{"ociVersion":"1.2.0","linux":{"timeOffsets":{"realtime":{"secs":1}},"namespaces":[{"type":"mount"},{"type":"time"}]}}',
      '{"ociVersion":"1.2.0","linux":{"timeOffsets":{"monotonic":{"secs":1}},"namespaces":[{"type":"mount"},{"type":"time"}]}}',
      'man 7 time_namespaces',
    );
  }
}

export class ProtectedPathsWithoutMountNamespace extends Rule {
  constructor() {
    super('OCI210', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'maskedPaths or readonlyPaths without a mount namespace',
      "The mounts that protect these paths would be made on the host: it is the host's /proc that would be hidden.",
      '{"linux":{"maskedPaths":["/proc/kcore"],"namespaces":[{"type":"pid"}]}}',
      '{"linux":{"maskedPaths":["/proc/kcore"],"namespaces":[{"type":"pid"},{"type":"mount"}]}}',
      'man 7 mount_namespaces; runc libcontainer/configs/validate',
    );
  }

  override check(context: Context): void {
    const linux = context.linux;
    if (!linux || context.hasNamespace('mount')) return;
    const lists = [linux.maskedPaths, linux.readonlyPaths];
    for (let index = 0; index < lists.length; index++) {
      const list = lists[index];
      if (!list || list.items.length == 0) continue;
      const key = index == 0 ? 'maskedPaths' : 'readonlyPaths';
      this.found(context, list.node, `${key} need a mount namespace`, 'add { "type": "mount" } to linux.namespaces');
    }
  }
}

export class RelativeProtectedPath extends Rule {
  constructor() {
    super('OCI211', Severity.ERROR, Preset.SPEC, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'an entry of maskedPaths or readonlyPaths is not absolute',
      'The spec requires it, and runtimes refuse the config.',
      '{"linux":{"maskedPaths":["proc/kcore"]}}',
      '{"linux":{"maskedPaths":["/proc/kcore"]}}',
      'runtime-spec config-linux.md#masked-paths',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const text = context.document.text(finding.node);
    if (text == '' || text.includes('\0')) return true;
    fixing(context.document, finding, 'start it with /', true).insert(context.document.start(finding.node) + 1, '/');
    return true;
  }
}

/** The node of linux.namespaces, of linux, or the document. */
export function placeOfNamespaces(context: Context): i32 {
  const linux = context.linux;
  if (!linux) return context.document.root;
  const list = linux.namespaces;
  return list && list.node != NONE ? list.node : linux.node;
}
