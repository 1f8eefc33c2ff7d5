import { NONE } from '../json/document';
import { Severity } from '../report';
import { Context } from './context';
import { fixing, quote } from './edits';
import { Explanation, Fixable, Preset, Rule } from './rule';
import { select } from './select';

/** Semantic Versioning 2.0.0; `major` is -1 for a text that is none. */
export class Version {
  major: i32 = -1;
  minor: i32 = 0;
  patch: i32 = 0;
  prerelease: string = '';

  constructor(text: string) {
    this.read(text);
  }

  private read(text: string): void {
    const plus = text.indexOf('+');
    if (plus >= 0 && !areIdentifiers(text.substring(plus + 1), false)) return;
    const core = plus < 0 ? text : text.substring(0, plus);
    const dash = core.indexOf('-');
    if (dash >= 0 && !areIdentifiers(core.substring(dash + 1), true)) return;
    const parts = (dash < 0 ? core : core.substring(0, dash)).split('.');
    if (parts.length != 3 || !isNumber(parts[0]) || !isNumber(parts[1]) || !isNumber(parts[2])) return;
    this.major = I32.parseInt(parts[0]);
    this.minor = I32.parseInt(parts[1]);
    this.patch = I32.parseInt(parts[2]);
    if (dash >= 0) this.prerelease = core.substring(dash + 1);
  }

  get isValid(): bool {
    return this.major >= 0;
  }

  /** Whether a config of this version may use what came with 1.minor.patch. `-dev` is what came next, as far as it was. */
  covers(minor: i32, patch: i32): bool {
    if (this.major != 1) return true;
    const reached = this.prerelease == 'dev' ? this.minor + 1 : this.minor;
    return reached > minor || (reached == minor && this.patch >= patch);
  }
}

/** Below a thousand million, and without leading zeros. */
function isNumber(text: string): bool {
  if (text.length == 0 || text.length > 9 || (text.length > 1 && text.charCodeAt(0) == 0x30)) return false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

function areIdentifiers(text: string, isPrerelease: bool): bool {
  const parts = text.split('.');
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index];
    let isNumeric = true;
    for (let at = 0; at < part.length; at++) {
      const code = part.charCodeAt(at);
      const isDigit = code >= 0x30 && code <= 0x39;
      const isLetter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
      if (!isDigit && !isLetter && code != 0x2d) return false;
      if (!isDigit) isNumeric = false;
    }
    if (part.length == 0 || (isPrerelease && isNumeric && part.length > 1 && part.charCodeAt(0) == 0x30)) return false;
  }
  return true;
}

export class InvalidOciVersion extends Rule {
  constructor() {
    super('OCI005', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'ociVersion is no semantic version',
      'Nobody can tell which fields the config may use. runc takes any text; others do not.',
      '{"ociVersion":"1.2"}',
      '{"ociVersion":"1.2.0"}',
      'runtime-spec config.md#specification-version; https://semver.org/spec/v2.0.0.html',
    );
  }

  override check(context: Context): void {
    const version = context.spec.ociVersion;
    if (!version || new Version(version.value).isValid) return;
    const shown = context.document.shownSource(version.node);
    this.found(
      context,
      version.node,
      `the ociVersion ${shown} is not of the form MAJOR.MINOR.PATCH`,
      'write it as 1.2.0',
    );
  }
}

export class UnknownMajorVersion extends Rule {
  constructor() {
    super('OCI007', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'ociVersion is of another major version than 1',
      'Within a major version a config fits every runtime that is as new; across them nothing is promised.',
      '{"ociVersion":"2.0.0"}',
      '{"ociVersion":"1.2.0"}',
      'runtime-spec config.md#specification-version',
    );
  }

  override check(context: Context): void {
    const text = context.spec.ociVersion;
    if (!text) return;
    const version = new Version(text.value);
    if (!version.isValid || version.major == 1) return;
    const message = `the config is of major version ${version.major} of the spec, and there is only 1`;
    this.found(context, text.node, message, 'write the version of the spec that the config was written for');
  }
}

/** What came with a version, as patterns of select(); from the spec's ChangeLog. */
class Since {
  constructor(
    public minor: i32,
    public patch: i32,
    public patterns: string[],
  ) {}
}

function history(): Since[] {
  return [
    new Since(0, 2, [
      '/hooks/createRuntime',
      '/hooks/createContainer',
      '/hooks/startContainer',
      '/process/user/umask',
      '/linux/personality',
      '/linux/intelRdt/closID',
      '/linux/intelRdt/memBwSchema',
      '/linux/resources/memory/useHierarchy',
      '/linux/resources/rdma',
      '/linux/seccomp/flags',
      '/linux/seccomp/syscalls/*/action=SCMP_ACT_LOG',
      '/linux/seccomp/defaultAction=SCMP_ACT_LOG',
    ]),
    new Since(1, 0, [
      '/domainname',
      '/mounts/*/uidMappings',
      '/mounts/*/gidMappings',
      '/process/ioPriority',
      '/process/scheduler',
      '/linux/namespaces/*/type=time',
      '/linux/timeOffsets',
      '/linux/intelRdt/enableCMT',
      '/linux/intelRdt/enableMBM',
      '/linux/resources/cpu/burst',
      '/linux/resources/cpu/idle',
      '/linux/resources/memory/checkBeforeUpdate',
      '/linux/resources/unified',
      '/linux/seccomp/defaultErrnoRet',
      '/linux/seccomp/listenerPath',
      '/linux/seccomp/listenerMetadata',
      '/linux/seccomp/syscalls/*/errnoRet',
      '/linux/seccomp/syscalls/*/action=SCMP_ACT_KILL_PROCESS',
      '/linux/seccomp/syscalls/*/action=SCMP_ACT_KILL_THREAD',
      '/linux/seccomp/syscalls/*/action=SCMP_ACT_NOTIFY',
      '/linux/seccomp/defaultAction=SCMP_ACT_KILL_PROCESS',
      '/linux/seccomp/defaultAction=SCMP_ACT_KILL_THREAD',
      '/linux/seccomp/flags/*=SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
    ]),
    new Since(2, 0, ['/mounts/*/options/*=idmap', '/mounts/*/options/*=ridmap']),
    new Since(2, 1, ['/process/execCPUAffinity']),
    new Since(3, 0, [
      '/linux/netDevices',
      '/linux/memoryPolicy',
      '/linux/intelRdt/schemata',
      '/linux/intelRdt/enableMonitoring',
    ]),
  ];
}

export class FieldNewerThanVersion extends Rule {
  constructor() {
    super('OCI006', Severity.WARNING, Preset.RECOMMENDED, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'a field is newer than the ociVersion of the config',
      'A runtime that is as old as the config says ignores the field, and rightly so.',
      '{"ociVersion":"1.0.2","domainname":"example.org","linux":{"namespaces":[{"type":"mount"},{"type":"uts"}]}}',
      '{"ociVersion":"1.1.0","domainname":"example.org","linux":{"namespaces":[{"type":"mount"},{"type":"uts"}]}}',
      'runtime-spec ChangeLog; config.md#specification-version',
    );
  }

  override check(context: Context): void {
    const text = context.spec.ociVersion;
    if (!text) return;
    const version = new Version(text.value);
    if (!version.isValid || version.covers(3, 0)) return;
    const document = context.document;
    const sinces = history();
    // The newest first: all fixes raise the version far enough for everything.
    let raised = '';
    for (let index = sinces.length - 1; index >= 0; index--) {
      const since = sinces[index];
      if (version.covers(since.minor, since.patch)) return;
      for (let which = 0; which < since.patterns.length; which++) {
        const nodes = select(document, since.patterns[which]);
        if (nodes.length == 0) continue;
        const came = `1.${since.minor}.${since.patch}`;
        if (raised == '') raised = came;
        // Once is enough: each further one would say the same.
        const pointer = document.pointer(nodes[0]).substring(1).replaceAll('/', '.');
        const finding = this.found(
          context,
          nodes[0],
          `${pointer} came with version ${came} of the spec, and the config is of ${text.value}`,
          `raise ociVersion to ${raised}`,
        );
        if (text.node != NONE) finding.relate(text.node, 'the version');
        fixing(document, finding, `raise ociVersion to ${raised}`, true).replace(text.node, quote(raised));
      }
    }
  }
}
