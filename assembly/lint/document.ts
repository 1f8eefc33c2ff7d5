import { Document, Kind, NONE } from '../json/document';
import { Diagnostic, Edit, Fix, Severity } from '../report';
import { Context } from './context';
import { fixing, quote } from './edits';
import { isMisplaced } from './misplaced';
import { Explanation, Fixable, Preset, Rule } from './rule';

export class InvalidJson extends Rule {
  constructor() {
    super('OCI001', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'the document is not JSON',
      'No runtime can read it. Comments, trailing commas and single quotes belong to other formats.',
      '{ "root": { "path": "rootfs" }, }',
      '{ "root": { "path": "rootfs" } }',
      'RFC 8259',
    );
  }
}

export class DuplicateKey extends Rule {
  constructor() {
    super('OCI002', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'an object has the same key twice',
      'Parsers differ in which value they keep: what one tool shows is not what another one runs.',
      '{"ociVersion":"1.2.0","root":{"path":"rootfs"},"process":{"user":{"uid":0,"gid":0},"args":["/bin/sh"],"cwd":"/","cwd":"/tmp"},"linux":{"namespaces":[{"type":"mount"}]}}',
      '{"process":{"cwd":"/tmp"}}',
      'RFC 8259 section 4',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const document = context.document;
    const object = document.parent(finding.node);
    for (let member = document.firstChild(object); member != NONE; member = document.nextSibling(member)) {
      if (document.compareKeys(member, finding.node) != 0) continue;
      finding.relate(member, 'the first one');
      break;
    }
    return true;
  }
}

export class UnknownKey extends Rule {
  constructor() {
    super('OCI003', Severity.WARNING, Preset.RECOMMENDED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'a key is not of the spec',
      'Runtimes ignore what they do not know, so a typo in a key turns a setting off without a word: with "noNewPrivilege" the process runs unhardened.',
      '{"process":{"noNewPrivilege":true}}',
      '{"process":{"noNewPrivileges":true}}',
      'runtime-spec config.md#extensibility',
    );
  }

  /** Rewritten, the key takes effect, which it does not now. Of keys that differ in case only Go sees no difference. */
  override complete(context: Context, finding: Diagnostic): bool {
    const document = context.document;
    if (context.options.isOn('OCI011') && isMisplaced(document, finding.node)) return false;
    if (finding.meant == '' || document.member(document.parent(finding.node), finding.meant) != NONE) return true;
    fixing(document, finding, `rename it to "${finding.meant}"`, false).renameKey(finding.node, finding.meant);
    return true;
  }
}

export class WrongType extends Rule {
  constructor() {
    super('OCI004', Severity.ERROR, Preset.SPEC, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'a value has the wrong type, is out of range, or is no word of the spec',
      'Runtimes refuse the whole config at the first one, mostly without saying where it is.',
      '{"linux":{"rootfsPropagation":"slaev"}}',
      '{"linux":{"rootfsPropagation":"slave"}}',
      'runtime-spec schema/config-schema.json',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    if (finding.meant == '') return true;
    fixing(context.document, finding, `write "${finding.meant}"`, false).replace(finding.node, quote(finding.meant));
    return true;
  }
}

export class ForeignPlatform extends Rule {
  constructor() {
    super('OCI012', Severity.WARNING, Preset.RECOMMENDED, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'a block is for another platform, or for virtual machines',
      'A runtime that makes containers of Linux does not read it: what is set there has no effect.',
      '{"windows":{"layerFolders":["C:\\\\layers"]}}',
      '{}',
      'runtime-spec config.md#platform-specific-configuration',
    );
  }

  override check(context: Context): void {
    const document = context.document;
    const platforms = ['windows', 'solaris', 'zos', 'freebsd', 'vm'];
    for (let index = 0; index < platforms.length; index++) {
      const block = document.member(document.root, platforms[index]);
      if (block == NONE) continue;
      const message = `the block "${platforms[index]}" is not for containers of Linux, whose runtimes ignore it`;
      const finding = context.findings.foundAtKey(this.id, block, message, 'remove it');
      fixing(document, finding, 'remove the block', true).remove(block);
    }
  }
}

export class HiddenCharacter extends Rule {
  constructor() {
    super('OCI013', Severity.WARNING, Preset.SPEC, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'the document has a character that nobody sees: a byte order mark, or a NUL in a string',
      'Most JSON readers refuse a byte order mark. For the kernel a string ends at its first NUL, so the rest is lost.',
      '\ufeff{"ociVersion":"1.2.0","root":{"path":"rootfs"},"process":{"user":{"uid":0,"gid":0},"args":["/bin/sh"],"cwd":"/"},"linux":{"namespaces":[{"type":"mount"}]}}',
      '{"process":{"args":["/bin/sh"]}}',
      'RFC 8259 section 8.1; man 2 execve',
    );
  }

  /** A NUL that the parser has told of the translator tells of again. */
  override complete(context: Context, finding: Diagnostic): bool {
    if (finding.node != NONE) return !isToldOf(context, finding);
    if (finding.start != 0 || finding.end != 3) return true;
    const fix = new Fix('remove the byte order mark', true);
    fix.edits.push(new Edit(0, 3, ''));
    finding.fix = fix;
    return true;
  }
}

function isToldOf(context: Context, finding: Diagnostic): bool {
  const others = context.findings.of(finding.rule);
  for (let index = 0; index < others.length; index++) {
    const other = others[index];
    if (other.node == NONE && other.start >= finding.start && other.end <= finding.end) return true;
  }
  return false;
}

export class UnsafeInteger extends Rule {
  constructor() {
    super('OCI014', Severity.INFO, Preset.STRICT);
  }

  override explain(): Explanation {
    return new Explanation(
      'an integer is above 2^53',
      'Tools that hold numbers as doubles, jq and those in JavaScript among them, read another number and write that back.',
      '{"process":{"rlimits":[{"type":"RLIMIT_FSIZE","soft":1,"hard":9007199254740994}]}}',
      '{"process":{"rlimits":[{"type":"RLIMIT_FSIZE","soft":1,"hard":9007199254740992}]}}',
      'RFC 8259 section 6',
    );
  }

  override check(context: Context): void {
    const document = context.document;
    for (let node = 0; node < document.size; node++) {
      if (document.kind(node) != Kind.NUMBER || !isUnsafe(document, node)) continue;
      if (context.findings.omits(this.id, Severity.INFO)) continue;
      const message = `${document.shownSource(node)} is more than a double can tell from its neighbours (2^53)`;
      this.found(context, node, message, 'check what has written it, and do not pass it through such tools');
    }
  }
}

const MAX_SAFE: u64 = (<u64>1) << 53;

/** Integers alone: fractions are no values of the spec. */
function isUnsafe(document: Document, node: i32): bool {
  let at = document.start(node);
  const end = document.end(node);
  if (document.byte(at) == 0x2d) at++;
  if (end - at < 16) return false;
  let number: u64 = 0;
  for (; at < end; at++) {
    const digit: u64 = <u64>document.byte(at) - 0x30;
    if (digit > 9) return false;
    if (number > MAX_SAFE) return true;
    number = number * 10 + digit;
  }
  return number > MAX_SAFE;
}

export class MissingField extends Rule {
  constructor() {
    super('OCI015', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a field that the spec requires is missing',
      'Runtimes refuse the config, or take an empty value for it, which is rarely what was meant.',
      '{"process":{"cwd":null}}',
      '{"process":{"cwd":"/"}}',
      'runtime-spec config.md; schema/config-schema.json',
    );
  }
}

/** No config of a few lines has this one: test/assembly/json.test.ts does. */
export class TooManyFindings extends Rule {
  constructor() {
    super('OCI016', Severity.WARNING, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'more findings than are listed',
      'The document is probably not what it is taken for: a list of it is of no use to anybody.',
      '',
      '',
      'assembly/report.ts',
    );
  }
}
