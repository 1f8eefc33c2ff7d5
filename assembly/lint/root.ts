import { NONE } from '../json/document';
import { Diagnostic, Severity } from '../report';
import { Context } from './context';
import { fixing } from './edits';
import { Explanation, Fixable, Preset, Rule } from './rule';

export class RootMissing extends Rule {
  constructor() {
    super('OCI008', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'there is no root filesystem',
      'On Linux a container needs one.',
      '{"root":null}',
      '{"root":{"path":"rootfs"}}',
      'runtime-spec config.md#root',
    );
  }

  /** A root of the wrong type is told of already. */
  override complete(context: Context, _finding: Diagnostic): bool {
    return context.document.member(context.document.root, 'root') == NONE;
  }
}

export class RootPathEmpty extends Rule {
  constructor() {
    super('OCI009', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'root.path is empty',
      'It would be the bundle itself, which holds the config, or nothing at all.',
      '{"root":{"path":""}}',
      '{"root":{"path":"rootfs"}}',
      'runtime-spec config.md#root',
    );
  }
}

export class UnusualRootPath extends Rule {
  constructor() {
    super('OCI010', Severity.INFO, Preset.STRICT);
  }

  override explain(): Explanation {
    return new Explanation(
      'the root filesystem is not the directory "rootfs" of the bundle',
      'By convention it is, and then the bundle can be moved. Engines that keep images elsewhere have their reasons.',
      '{"root":{"path":"image"}}',
      '{"root":{"path":"rootfs"}}',
      'runtime-spec config.md#root',
    );
  }

  override check(context: Context): void {
    const root = context.spec.root;
    const path = root ? root.path : null;
    if (!path || path.value == 'rootfs' || path.value == '') return;
    this.found(
      context,
      path.node,
      `root.path is ${context.document.shownSource(path.node)}`,
      'call the directory "rootfs"',
    );
  }
}

export class WritableRootfs extends Rule {
  constructor() {
    super('OCI915', Severity.WARNING, Preset.HARDENED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'the root filesystem is writable',
      'Who takes over the process can change its programs and libraries, and stay.',
      '{"root":{"readonly":false}}',
      '{"root":{"readonly":true}}',
      'runtime-spec config.md#root',
    );
  }

  override check(context: Context): void {
    const root = context.spec.root;
    if (!root) return;
    const readonly = root.readonly;
    if (readonly && readonly.value) return;
    const node = readonly ? readonly.node : root.node;
    const help = 'set "readonly", and mount a tmpfs where the process writes';
    const finding = this.found(context, node, 'the root filesystem is writable', help);
    fixing(context.document, finding, 'make it read-only', false).set(root.node, 'readonly', 'true');
  }
}
