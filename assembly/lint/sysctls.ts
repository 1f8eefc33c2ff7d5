import { Diagnostic, Severity } from '../report';
import { Context } from './context';
import { addNamespace } from './namespaces';
import { Explanation, Fixable, Preset, Rule } from './rule';

export class SysctlNotNamespaced extends Rule {
  constructor() {
    super('OCI212', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a sysctl belongs to no namespace',
      'Writing it would change the whole host, so runtimes refuse it.',
      '{"linux":{"sysctl":{"vm.swappiness":"10"}}}',
      '{"linux":{"sysctl":{}}}',
      'man 7 namespaces; runc libcontainer/configs/validate',
    );
  }
}

export class SysctlWithoutNamespace extends Rule {
  constructor() {
    super('OCI213', Severity.ERROR, Preset.SPEC, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'a sysctl needs a namespace that the container has not',
      "It would change the host's, so runtimes refuse it.",
      '{"linux":{"sysctl":{"net.core.somaxconn":"1024"}}}',
      '{"linux":{"sysctl":{"net.core.somaxconn":"1024"},"namespaces":[{"type":"mount"},{"type":"network"}]}}',
      'man 7 network_namespaces; man 7 ipc_namespaces',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const key = context.document.keyText(finding.node);
    const type = key.startsWith('net')
      ? 'network'
      : key.startsWith('user')
        ? 'user'
        : key.includes('domainname')
          ? 'uts'
          : 'ipc';
    // A user namespace needs mappings, which nobody can guess.
    if (type != 'user') addNamespace(context, finding, type, true);
    return true;
  }
}

export class SysctlHostname extends Rule {
  constructor() {
    super('OCI214', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'the sysctl kernel.hostname',
      'There is a field for it, and with both nobody knows which one wins: runtimes refuse it.',
      '{"linux":{"sysctl":{"kernel.hostname":"one"},"namespaces":[{"type":"mount"},{"type":"uts"}]}}',
      '{"hostname":"one","linux":{"namespaces":[{"type":"mount"},{"type":"uts"}]}}',
      'runtime-spec config.md#hostname; runc libcontainer/configs/validate',
    );
  }
}
