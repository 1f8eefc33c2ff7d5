import { NONE } from '../json/document';
import { Severity } from '../report';
import { Pair } from '../spec/value';
import { Context } from './context';
import { Explanation, Preset, Rule } from './rule';

function annotationsOf(context: Context): Pair[] {
  const list = context.spec.annotations;
  return list ? list.items : [];
}

export class EmptyAnnotationKey extends Rule {
  constructor() {
    super('OCI705', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'the key of an annotation is empty',
      'The spec forbids it.',
      '{"annotations":{"":"one"}}',
      '{"annotations":{"com.example.name":"one"}}',
      'runtime-spec config.md#annotations',
    );
  }

  override check(context: Context): void {
    const pairs = annotationsOf(context);
    for (let index = 0; index < pairs.length; index++) {
      if (pairs[index].key != '') continue;
      context.findings.foundAtKey(this.id, pairs[index].node, 'the key of the annotation is empty', 'give it a name');
    }
  }
}

/** runtime-spec config.md#annotations: what engines hand on from an image. */
const IMAGE_KEYS: string[] = [
  'os',
  'architecture',
  'variant',
  'os.version',
  'os.features',
  'author',
  'created',
  'stopSignal',
];

export class ReservedAnnotationKey extends Rule {
  constructor() {
    super('OCI706', Severity.WARNING, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'the key of an annotation begins with org.opencontainers, and is none of those that the spec has',
      'These are reserved: what the spec makes of the key one day may not be what you mean by it.',
      '{"annotations":{"org.opencontainers.owner":"me"}}',
      '{"annotations":{"com.example.owner":"me"}}',
      'runtime-spec config.md#annotations',
    );
  }

  /** The annotations of images, of which engines hand on more than the spec has, are those of image-spec. */
  override check(context: Context): void {
    const pairs = annotationsOf(context);
    for (let index = 0; index < pairs.length; index++) {
      const key = pairs[index].key;
      if (!key.startsWith('org.opencontainers')) continue;
      const prefix = 'org.opencontainers.image.';
      if (key.startsWith(prefix) && (IMAGE_KEYS.includes(key.substring(prefix.length)) || isOfImages(key))) continue;
      if (context.findings.omits(this.id, Severity.WARNING)) continue;
      const message = `the key "${context.document.shownKey(pairs[index].node)}" is reserved`;
      context.findings.foundAtKey(
        this.id,
        pairs[index].node,
        message,
        'begin it with the reversed name of your own domain',
      );
    }
  }
}

/** image-spec annotations.md */
function isOfImages(key: string): bool {
  const keys = [
    'authors',
    'url',
    'documentation',
    'source',
    'version',
    'revision',
    'vendor',
    'licenses',
    'title',
    'description',
  ];
  const name = key.substring('org.opencontainers.image.'.length);
  return keys.includes(name) || name == 'ref.name' || name.startsWith('base.');
}

export class UnqualifiedAnnotationKey extends Rule {
  constructor() {
    super('OCI707', Severity.INFO, Preset.STRICT);
  }

  override explain(): Explanation {
    return new Explanation(
      'the key of an annotation is not in reversed domain notation',
      'Runtimes and engines share these keys: without a domain two of them may mean something else by the same one.',
      '{"annotations":{"owner":"me"}}',
      '{"annotations":{"com.example.owner":"me"}}',
      'runtime-spec config.md#annotations',
    );
  }

  /** `orlop.init` is of the same kind, and known. */
  override check(context: Context): void {
    const pairs = annotationsOf(context);
    for (let index = 0; index < pairs.length; index++) {
      const key = pairs[index].key;
      if (key == '' || key.indexOf('.') > 0 || context.findings.omits(this.id, Severity.INFO)) continue;
      const message = `the key "${context.document.shownKey(pairs[index].node)}" has no domain`;
      context.findings.foundAtKey(this.id, pairs[index].node, message, 'write it as com.example.name');
    }
  }
}

export class AnnotationValue extends Rule {
  constructor() {
    super('OCI708', Severity.ERROR, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'an annotation that orlop reads has another value than it takes',
      'orlop refuses it: an annotation that is read and not obeyed would be worse.',
      '{"annotations":{"orlop.init":"yes"}}',
      '{"annotations":{"orlop.init":"true"}}',
      'ARCHITECTURE.md',
    );
  }
}

/** Keys and, ending with a dot, beginnings of keys, by which runtimes do something. */
const EFFECTIVE: string[] = [
  'bundle',
  'org.systemd.property.',
  'org.criu.config',
  'run.oci.',
  'module.wasm.image/variant',
  'io.kubernetes.cri.container-type',
  'io.katacontainers.',
  'dev.gvisor.',
];

export class AnnotationWithEffect extends Rule {
  constructor() {
    super('OCI803', Severity.WARNING, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      'an annotation changes what a runtime does',
      'Annotations are often taken from users as they are. Some name units of systemd, hooks, or programs to run instead.',
      '{"annotations":{"run.oci.handler":"wasm"}}',
      '{"annotations":{"com.example.owner":"me"}}',
      'runtime-spec features.md, potentiallyUnsafeConfigAnnotations; man 1 crun',
    );
  }

  override check(context: Context): void {
    const pairs = annotationsOf(context);
    for (let index = 0; index < pairs.length; index++) {
      const key = pairs[index].key;
      if (!hasEffect(key, EFFECTIVE) && !hasEffect(key, ofTargets(context))) continue;
      if (context.findings.omits(this.id, Severity.WARNING)) continue;
      const message = `the annotation "${context.document.shownKey(pairs[index].node)}" changes what a runtime does`;
      context.findings.foundAtKey(this.id, pairs[index].node, message, 'make sure that nobody else can set it');
    }
  }
}

function hasEffect(key: string, list: string[]): bool {
  for (let index = 0; index < list.length; index++) {
    if (key == list[index] || (list[index].endsWith('.') && key.startsWith(list[index]))) return true;
  }
  return false;
}

/** What the features of the targets say themselves. */
function ofTargets(context: Context): string[] {
  const keys: string[] = [];
  const targets = context.options.targets;
  for (let index = 0; index < targets.length; index++) {
    const target = targets[index];
    if (target.features == NONE) continue;
    const list = target.document.member(target.features, 'potentiallyUnsafeConfigAnnotations');
    if (list != NONE) target.addTexts(list, keys);
  }
  return keys;
}
