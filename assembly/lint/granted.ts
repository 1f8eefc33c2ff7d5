import { join } from '../json/text';
import { capabilityNames } from '../plan/capability';
import { Severity } from '../report';
import { Value } from '../spec/value';
import { bitsOf, setsOf } from './capabilities';
import { Context } from './context';
import { Explanation, Preset, Rule } from './rule';

const ESCAPES: string[] = [
  'CAP_SYS_MODULE',
  'CAP_SYS_PTRACE',
  'CAP_SYS_RAWIO',
  'CAP_DAC_READ_SEARCH',
  'CAP_BPF',
  'CAP_NET_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_MKNOD',
];

/** What a program can get: whatever the bounding set has, a file of root's can give. */
function grantOf(context: Context, name: string): Value<string> | null {
  const sets = setsOf(context);
  if (!sets) return null;
  const lists = [sets.bounding, sets.permitted, sets.effective, sets.inheritable, sets.ambient];
  for (let which = 0; which < lists.length; which++) {
    const list = lists[which];
    if (!list) continue;
    for (let index = 0; index < list.items.length; index++) {
      if (list.items[index].value == name) return list.items[index];
    }
  }
  return null;
}

export class CapSysAdmin extends Rule {
  constructor() {
    super('OCI901', Severity.ERROR, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'the process is granted CAP_SYS_ADMIN',
      'It can mount filesystems, enter namespaces and reach dozens of interfaces of the kernel: without a user namespace that is the host.',
      '{"process":{"capabilities":{"bounding":["CAP_SYS_ADMIN"]}}}',
      '{"process":{"capabilities":{"bounding":[]}}}',
      'man 7 capabilities, CAP_SYS_ADMIN',
    );
  }

  /** In a user namespace it is the capability of that namespace. */
  override check(context: Context): void {
    if (context.hasNamespace('user')) return;
    const grant = grantOf(context, 'CAP_SYS_ADMIN');
    if (!grant) return;
    const message = 'CAP_SYS_ADMIN outside of a user namespace is close to being root of the host';
    this.found(context, grant.node, message, 'grant the one that is needed instead, or use a user namespace');
  }
}

export class EscapeCapability extends Rule {
  constructor() {
    super('OCI902', Severity.WARNING, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      'the process is granted a capability with which others have left their containers',
      'Each of them reaches beyond the container: modules, other processes, raw memory, files by handle, device nodes, the network.',
      '{"process":{"capabilities":{"bounding":["CAP_SYS_MODULE"]}}}',
      '{"process":{"capabilities":{"bounding":[]}}}',
      'man 7 capabilities',
    );
  }

  override check(context: Context): void {
    if (context.hasNamespace('user')) return;
    for (let index = 0; index < ESCAPES.length; index++) {
      const grant = grantOf(context, ESCAPES[index]);
      if (grant)
        this.found(context, grant.node, `${ESCAPES[index]} reaches beyond the container`, 'remove it from all sets');
    }
  }
}

export class CapNetRaw extends Rule {
  constructor() {
    super('OCI903', Severity.WARNING, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      'the process is granted CAP_NET_RAW',
      'It can forge packets: spoof ARP and DNS of its neighbours on the same bridge. ping has not needed it for long.',
      '{"process":{"capabilities":{"bounding":["CAP_NET_RAW"]}}}',
      '{"process":{"capabilities":{"bounding":[]}}}',
      'man 7 capabilities; CVE-2020-14386; man 7 icmp, ping_group_range',
    );
  }

  override check(context: Context): void {
    const grant = grantOf(context, 'CAP_NET_RAW');
    if (!grant) return;
    const help = 'remove it from all sets; for ping set the sysctl net.ipv4.ping_group_range';
    this.found(context, grant.node, 'CAP_NET_RAW allows to forge packets', help);
  }
}

export class AllCapabilities extends Rule {
  constructor() {
    super('OCI904', Severity.WARNING, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'the process is granted all capabilities, or nearly all',
      'This is what --privileged makes: root in the container is root of the host.',
      `{"process":{"capabilities":{"bounding":["${join(capabilityNames(), '","')}"]}},"linux":{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}`,
      '{"process":{"capabilities":{"bounding":["CAP_CHOWN","CAP_KILL"]}}}',
      'man 7 capabilities',
    );
  }

  /** Those of Linux 5.9 are 41; a kernel before has 38. */
  override check(context: Context): void {
    const sets = setsOf(context);
    const bounding = sets ? sets.bounding : null;
    if (!bounding) return;
    const count = popcnt(bitsOf(bounding));
    if (count < 36) return;
    const message = `the bounding set has ${count} of all ${capabilityNames().length} capabilities`;
    this.found(context, bounding.node, message, 'list those that the program needs');
  }
}
