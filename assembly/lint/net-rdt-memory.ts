import { Severity } from '../report';
import { Context } from './context';
import { Explanation, Preset, Rule } from './rule';

export class InvalidNetDevice extends Rule {
  constructor() {
    super('OCI605', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a network device has a name that the kernel refuses, or no namespace to go to',
      'Names have 1 to 15 bytes, without slashes, colons and spaces. Devices move to a network namespace of the container.',
      '{"ociVersion":"1.3.0","linux":{"netDevices":{"eth0":{"name":"a-name-that-is-too-long"}},"namespaces":[{"type":"mount"},{"type":"network"}]}}',
      '{"ociVersion":"1.3.0","linux":{"netDevices":{"eth0":{"name":"net0"}},"namespaces":[{"type":"mount"},{"type":"network"}]}}',
      'runtime-spec config-linux.md#network-devices; net/core/dev.c, dev_valid_name',
    );
  }
}

export class InvalidClosId extends Rule {
  constructor() {
    super('OCI606', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'intelRdt.closID is no name of a directory',
      'It is one below /sys/fs/resctrl: "." and "..", and slashes, would lead elsewhere. A single slash is the default class.',
      '{"linux":{"intelRdt":{"closID":"../other"}}}',
      '{"linux":{"intelRdt":{"closID":"other"}}}',
      'runtime-spec config-linux.md#intelrdt',
    );
  }
}

export class InvalidRdtSchema extends Rule {
  constructor() {
    super('OCI607', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a schema of intelRdt has another prefix than its field, or more than one line',
      'Each is written as a line of its own: one with a line break says something else than it seems to.',
      '{"linux":{"intelRdt":{"l3CacheSchema":"L2:0=f"}}}',
      '{"linux":{"intelRdt":{"l3CacheSchema":"L3:0=f"}}}',
      'runtime-spec config-linux.md#intelrdt; Documentation/filesystems/resctrl.rst',
    );
  }

  /** The other fields the translator checks. L3CODE and L3DATA are schemas of the L3 cache as well. */
  override check(context: Context): void {
    const linux = context.linux;
    const rdt = linux ? linux.intelRdt : null;
    const schema = rdt ? rdt.l3CacheSchema : null;
    if (!schema || schema.value == '') return;
    if (schema.value.includes('\n')) {
      this.found(context, schema.node, 'the schema has more than one line', 'write one entry of schemata a line');
    } else if (!schema.value.startsWith('L3')) {
      const message = `the schema ${context.document.shownSource(schema.node)} does not begin with L3`;
      this.found(context, schema.node, message, 'other resources belong into schemata');
    }
  }
}

export class InvalidMemoryPolicy extends Rule {
  constructor() {
    super('OCI608', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'mode, nodes and flags of linux.memoryPolicy do not go together',
      'The kernel refuses such policies (set_mempolicy: EINVAL).',
      '{"ociVersion":"1.3.0","linux":{"memoryPolicy":{"mode":"MPOL_LOCAL","nodes":"0-1"}}}',
      '{"ociVersion":"1.3.0","linux":{"memoryPolicy":{"mode":"MPOL_BIND","nodes":"0-1"}}}',
      'man 2 set_mempolicy; runtime-spec config-linux.md#memory-policy',
    );
  }
}

export class PersonalityWithoutDomain extends Rule {
  constructor() {
    super('OCI609', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'linux.personality has no domain',
      'The spec requires it: there is nothing to set.',
      '{"linux":{"personality":{}}}',
      '{"linux":{"personality":{"domain":"LINUX32"}}}',
      'runtime-spec config-linux.md#personality; man 2 personality',
    );
  }
}
