import { NONE } from '../json/document';
import { join } from '../json/text';
import { cleanPath } from '../plan/paths';
import { Diagnostic, Severity } from '../report';
import { List, Value } from '../spec/value';
import { Context } from './context';
import { fixing } from './edits';
import { addNamespace, placeOfNamespaces } from './namespaces';
import { Explanation, Fixable, Preset, Rule } from './rule';

const SHARED: string[] = ['pid', 'ipc', 'network', 'uts', 'cgroup'];
const WHAT: string[] = [
  'sees and signals all processes of the host',
  "reads and writes the host's shared memory",
  "uses the host's network: its interfaces, and services that listen on 127.0.0.1",
  "has the host's name, and may be able to change it",
  'sees the cgroups of the whole host',
];

export class HostNamespace extends Rule {
  constructor() {
    super('OCI908', Severity.WARNING, Preset.HARDENED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'the container shares a namespace with the host',
      'A namespace that is not listed is that of whoever starts the container.',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"ipc"},{"type":"network"},{"type":"uts"},{"type":"cgroup"}]}}',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"pid"},{"type":"ipc"},{"type":"network"},{"type":"uts"},{"type":"cgroup"}]}}',
      'man 7 namespaces; runtime-spec config-linux.md#namespaces',
    );
  }

  override check(context: Context): void {
    const node = placeOfNamespaces(context);
    for (let index = 0; index < SHARED.length; index++) {
      const type = SHARED[index];
      if (context.hasNamespace(type)) continue;
      const message = `without a namespace for ${type} the container ${WHAT[index]}`;
      const finding = this.found(context, node, message, `add { "type": "${type}" } to linux.namespaces`);
      addNamespace(context, finding, type, false);
    }
  }
}

export class NoMountNamespace extends Rule {
  constructor() {
    super('OCI909', Severity.ERROR, Preset.RECOMMENDED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'the container has no mount namespace',
      'Its mounts are made on the host, and stay there; runtimes refuse it or change the root of nothing.',
      '{"linux":{"namespaces":[{"type":"pid"}]}}',
      '{"linux":{"namespaces":[{"type":"pid"},{"type":"mount"}]}}',
      'man 7 mount_namespaces',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    addNamespace(context, finding, 'mount', false);
    return true;
  }
}

export class NamespaceByPid extends Rule {
  constructor() {
    super('OCI927', Severity.WARNING, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      'a namespace is joined by the number of a process',
      'When that process has ended another one may have its number, and the container joins the namespace of somebody else.',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"pid"},{"type":"ipc"},{"type":"network","path":"/proc/4711/ns/net"},{"type":"uts"},{"type":"cgroup"}]}}',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"pid"},{"type":"ipc"},{"type":"network","path":"/run/netns/one"},{"type":"uts"},{"type":"cgroup"}]}}',
      'man 7 namespaces; man 8 ip-netns',
    );
  }

  override check(context: Context): void {
    const linux = context.linux;
    const list = linux ? linux.namespaces : null;
    if (!list) return;
    for (let index = 0; index < list.items.length; index++) {
      const path = list.items[index].path;
      if (!path || !path.value.startsWith('/proc/')) continue;
      const digit = path.value.charCodeAt(6);
      if (digit < 0x30 || digit > 0x39 || context.findings.omits(this.id, Severity.WARNING)) continue;
      const message = `${context.document.shownSource(path.node)} may be another process's by then`;
      this.found(context, path.node, message, 'bind the namespace to a file, as "ip netns" does, and name that');
    }
  }
}

/** What engines hide: files of /proc and /sys that tell of the host, or reach it. */
const MASKED: string[] = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];

const READONLY: string[] = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** Those of `wanted` that no entry is, or is above of. */
function missingOf(wanted: string[], list: List<Value<string>> | null): string[] {
  const missing: string[] = [];
  for (let index = 0; index < wanted.length; index++) if (!isCovered(wanted[index], list)) missing.push(wanted[index]);
  return missing;
}

function isCovered(path: string, list: List<Value<string>> | null): bool {
  if (!list) return false;
  for (let index = 0; index < list.items.length; index++) {
    const listed = cleanPath(list.items[index].value);
    if (listed == path || (path.startsWith(listed) && path.charCodeAt(listed.length) == 0x2f)) return true;
  }
  return false;
}

/** Adds paths to a list of linux, or the list. */
function addPaths(
  context: Context,
  finding: Diagnostic,
  key: string,
  list: List<Value<string>> | null,
  paths: string[],
): void {
  const linux = context.linux;
  if (!linux) return;
  const edits = fixing(context.document, finding, `add them to ${key}`, false);
  if (list && list.items.length > 0) edits.addItems(list.node, paths);
  else edits.set(linux.node, key, edits.list(linux.node, paths));
}

export class UnmaskedPaths extends Rule {
  constructor() {
    super('OCI913', Severity.WARNING, Preset.HARDENED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'maskedPaths leave out what engines hide',
      'These files of /proc and /sys are of the host, not of the container: memory, keys, timers, firmware, power.',
      '{"linux":{"maskedPaths":["/proc/acpi"]}}',
      `{"linux":{"maskedPaths":["${join(MASKED, '","')}"]}}`,
      'moby oci/defaults.go; runtime-spec config-linux.md#masked-paths; CVE-2020-8694 (powercap)',
    );
  }

  override check(context: Context): void {
    const linux = context.linux;
    const list = linux ? linux.maskedPaths : null;
    const missing = missingOf(MASKED, list);
    if (missing.length == 0) return;
    const node = list ? list.node : linux ? linux.node : context.document.root;
    const finding = this.found(context, node, `not masked: ${join(missing, ', ')}`, 'add them to linux.maskedPaths');
    addPaths(context, finding, 'maskedPaths', list, missing);
  }
}

export class WritableProcPaths extends Rule {
  constructor() {
    super('OCI914', Severity.WARNING, Preset.HARDENED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'readonlyPaths leave out what engines protect',
      'Who writes to these files of /proc configures the kernel, restarts the machine, or talks to its hardware.',
      '{"linux":{"readonlyPaths":["/proc/bus"]}}',
      `{"linux":{"readonlyPaths":["${join(READONLY, '","')}"]}}`,
      'moby oci/defaults.go; runtime-spec config-linux.md#readonly-paths',
    );
  }

  override check(context: Context): void {
    const linux = context.linux;
    const list = linux ? linux.readonlyPaths : null;
    const missing = missingOf(READONLY, list);
    if (missing.length == 0) return;
    const node = list ? list.node : linux ? linux.node : context.document.root;
    const finding = this.found(
      context,
      node,
      `not read-only: ${join(missing, ', ')}`,
      'add them to linux.readonlyPaths',
    );
    addPaths(context, finding, 'readonlyPaths', list, missing);
  }
}

export class NoLsm extends Rule {
  constructor() {
    super('OCI924', Severity.WARNING, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      'neither an AppArmor profile nor an SELinux label',
      'They hold where everything else has failed: a process that has left the container is still confined.',
      '{"process":{"apparmorProfile":"","selinuxLabel":null}}',
      '{"process":{"apparmorProfile":"container-default"}}',
      'man 7 apparmor; man 8 selinux; CIS Docker Benchmark 5.2 and 5.3',
    );
  }

  override check(context: Context): void {
    const process = context.process;
    if (!process) return;
    const apparmor = process.apparmorProfile;
    const selinux = process.selinuxLabel;
    if ((apparmor && apparmor.value != '') || (selinux && selinux.value != '')) return;
    const node = apparmor ? apparmor.node : process.node;
    this.found(
      context,
      node == NONE ? process.node : node,
      'no AppArmor profile and no SELinux label',
      'set one of them',
    );
  }
}
