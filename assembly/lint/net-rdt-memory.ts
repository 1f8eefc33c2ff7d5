import { NONE } from '../json/document';
import { Severity } from '../report';
import { MemoryPolicy } from '../spec/linux';
import { Value } from '../spec/value';
import { Context } from './context';
import { Explanation, Preset, Rule } from './rule';

/** include/uapi/linux/if.h, IFNAMSIZ with its NUL */
const LONGEST_INTERFACE = 15;

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

  override check(context: Context): void {
    const linux = context.linux;
    const list = linux ? linux.netDevices : null;
    if (!list || list.items.length == 0) return;
    if (!context.hasNamespace('network')) {
      const help = 'add { "type": "network" } to linux.namespaces';
      this.found(context, list.node, 'netDevices need a network namespace of the container', help);
    }
    for (let index = 0; index < list.items.length; index++) {
      const device = list.items[index];
      if (context.findings.omits(this.id, Severity.ERROR)) continue;
      const help = 'it has 1 to 15 bytes, and no slash, colon or space';
      if (!isInterface(device.key)) {
        const message = `"${context.document.shownKey(device.node)}" is no name of a network device`;
        this.found(context, device.node, message, help);
      }
      const name = device.name;
      if (!name || name.value == '' || isInterface(name.value)) continue;
      const message = `${context.document.shownSource(name.node)} is no name of a network device`;
      this.found(context, name.node, message, help);
    }
  }
}

function isInterface(name: string): bool {
  const length = String.UTF8.byteLength(name);
  if (length < 1 || length > LONGEST_INTERFACE || name == '.' || name == '..') return false;
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    if (code <= 0x20 || code == 0x2f || code == 0x3a) return false;
  }
  return true;
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

  override check(context: Context): void {
    const linux = context.linux;
    const rdt = linux ? linux.intelRdt : null;
    const id = rdt ? rdt.closID : null;
    if (!id || id.value == '/') return;
    if (id.value != '.' && id.value != '..' && !id.value.includes('/') && !id.value.includes('\n')) return;
    const message = `the closID ${context.document.shownSource(id.node)} leaves its directory`;
    this.found(context, id.node, message, 'use a plain name, or "/" for the default class');
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

  override check(context: Context): void {
    const linux = context.linux;
    const rdt = linux ? linux.intelRdt : null;
    if (!rdt) return;
    this.checkLine(context, rdt.l3CacheSchema, 'L3');
    this.checkLine(context, rdt.memBwSchema, 'MB:');
    const schemata = rdt.schemata;
    if (!schemata) return;
    for (let index = 0; index < schemata.items.length; index++) {
      if (context.findings.omits(this.id, Severity.ERROR)) continue;
      this.checkLine(context, schemata.items[index], '');
    }
  }

  /** L3CODE and L3DATA are schemas of the L3 cache as well. */
  private checkLine(context: Context, schema: Value<string> | null, prefix: string): void {
    if (!schema || schema.value == '') return;
    if (schema.value.includes('\n')) {
      this.found(context, schema.node, 'the schema has more than one line', 'write one entry of schemata a line');
    } else if (!schema.value.startsWith(prefix)) {
      const message = `the schema ${context.document.shownSource(schema.node)} does not begin with ${prefix}`;
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

  override check(context: Context): void {
    const linux = context.linux;
    const policy = linux ? linux.memoryPolicy : null;
    if (!policy) return;
    const mode = policy.mode;
    if (!mode) {
      if (context.document.member(policy.node, 'mode') != NONE) return;
      this.found(context, policy.node, 'the memory policy has no mode', 'give one, such as "MPOL_BIND"');
      return;
    }
    this.checkNodes(context, policy, mode);
    this.checkFlags(context, policy, mode);
  }

  private checkNodes(context: Context, policy: MemoryPolicy, mode: Value<string>): void {
    const nodes = policy.nodes;
    const has = nodes != null && nodes.value.trim() != '';
    const takesNone = mode.value == 'MPOL_DEFAULT' || mode.value == 'MPOL_LOCAL';
    if (takesNone && nodes && has) {
      const finding = this.found(
        context,
        nodes.node,
        `${mode.value} takes no nodes`,
        'remove them, or change the mode',
      );
      finding.relate(mode.node, 'the mode');
    } else if (!takesNone && mode.value != 'MPOL_PREFERRED' && !has) {
      this.found(
        context,
        nodes ? nodes.node : policy.node,
        `${mode.value} needs nodes`,
        'list one or more, such as "0-1"',
      );
    }
  }

  private checkFlags(context: Context, policy: MemoryPolicy, mode: Value<string>): void {
    const flags = policy.flags;
    if (!flags) return;
    let isStatic = NONE;
    for (let index = 0; index < flags.items.length; index++) {
      const flag = flags.items[index];
      if (flag.value == 'MPOL_F_NUMA_BALANCING' && mode.value != 'MPOL_BIND' && mode.value != 'MPOL_PREFERRED_MANY') {
        this.found(context, flag.node, `${flag.value} does not go with ${mode.value}`, 'it goes with MPOL_BIND');
      }
      if (flag.value != 'MPOL_F_STATIC_NODES' && flag.value != 'MPOL_F_RELATIVE_NODES') continue;
      if (isStatic == NONE) isStatic = index;
      else if (flags.items[isStatic].value != flag.value) {
        const other = flags.items[isStatic];
        this.found(context, flag.node, `${flag.value} excludes ${other.value}`, 'keep one').relate(
          other.node,
          'the other',
        );
      }
    }
  }
}
