// What the compiler must know about this host and cannot look up: `facts` of a request, see src/spec/orlop.v1.schema.json.

import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { originalNofile } from './limits.ts';
import { capabilities } from './process.ts';
import { isInUserNamespace } from './user-namespace.ts';

export interface CgroupHierarchy {
  mount: string;
  /** Empty for a hierarchy that only has a name. */
  controllers: string[];
  /** `systemd` of `name=systemd`. */
  name?: string;
}

export type CgroupLayout =
  | { layout: 'v2'; mount: string; controllers: string[] }
  | { layout: 'v1'; hierarchies: CgroupHierarchy[] }
  /** v1 for the controllers, and a cgroup2 mounted beside them. */
  | { layout: 'hybrid'; hierarchies: CgroupHierarchy[]; unified: string }
  | { layout: 'none' };

export interface Facts {
  /** Permitted, hexadecimal: bit N is capability N of <linux/capability.h>. */
  capabilities: string;
  /** Effective ids, as the caller's user namespace numbers them. */
  uid: number;
  gid: number;
  /** That user namespace is not the first. */
  userNamespace: boolean;
  /** RLIMIT_NOFILE as the caller had set it, decimal. */
  nofileSoft: string;
  nofileHard: string;
  /** Security modules that are enabled, of those that config.json can ask for. */
  security: string[];
  /** Where the resctrl filesystem is mounted, '' for nowhere. */
  resctrl: string;
  cgroup: CgroupLayout;
}

export function gatherFacts(): Facts {
  const nofile = originalNofile();
  return {
    capabilities: capabilities().permitted.toString(16),
    uid: process.geteuid?.() ?? 0,
    gid: process.getegid?.() ?? 0,
    userNamespace: isInUserNamespace(),
    nofileSoft: String(nofile.soft),
    nofileHard: String(nofile.hard),
    security: securityModules(),
    resctrl: resctrlMount(),
    cgroup: cgroupLayout(),
  };
}

/** The kernel makes the place for selinuxfs only where SELinux is enabled. */
function securityModules(): string[] {
  const modules: string[] = [];
  const parameter = '/sys/module/apparmor/parameters/enabled';
  if (existsSync(parameter) && readFileSync(parameter, 'latin1').startsWith('Y')) modules.push('apparmor');
  if (existsSync('/sys/fs/selinux')) modules.push('selinux');
  return modules;
}

const RESCTRL = '/sys/fs/resctrl';
const RDTGROUP_SUPER_MAGIC = 0x7655821; // <linux/magic.h>

/** The kernel makes the place for it only where the processor has the feature. */
function resctrlMount(): string {
  if (!existsSync(RESCTRL)) return '';
  if (statfsSync(RESCTRL).type === RDTGROUP_SUPER_MAGIC) return RESCTRL;
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.find((line) => line.includes(' - resctrl '))?.split(' ')[4] ?? '';
}

const CGROUP_ROOT = '/sys/fs/cgroup';
const CGROUP2_SUPER_MAGIC = 0x63677270; // <linux/magic.h>

export function cgroupLayout(): CgroupLayout {
  let magic: number;
  try {
    magic = statfsSync(CGROUP_ROOT).type;
  } catch {
    return { layout: 'none' }; // no sysfs here, or a kernel without cgroups
  }
  if (magic === CGROUP2_SUPER_MAGIC) return unifiedAt(CGROUP_ROOT);
  const { hierarchies, unified } = parseCgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  if (hierarchies.length === 0) return unified === undefined ? { layout: 'none' } : unifiedAt(unified);
  return unified === undefined ? { layout: 'v1', hierarchies } : { layout: 'hybrid', hierarchies, unified };
}

function unifiedAt(mount: string): CgroupLayout {
  const controllers = readFileSync(`${mount}/cgroup.controllers`, 'utf8').split(/\s+/).filter(Boolean);
  return { layout: 'v2', mount, controllers };
}

// What cgroup1_show_options() in kernel/cgroup/cgroup-v1.c prints beside the controllers; those with `=` aside.
const V1_OPTIONS = new Set([
  'rw',
  'ro',
  'none',
  'noprefix',
  'xattr',
  'cpuset_v2_mode',
  'favordynmods',
  'clone_children',
]);

/** The hierarchies in the text of /proc/self/mountinfo, whose lines proc_pid_mountinfo(5) describes. */
export function parseCgroupMounts(mountinfo: string): { hierarchies: CgroupHierarchy[]; unified?: string } {
  const hierarchies = new Map<string, CgroupHierarchy>();
  let unified: string | undefined;
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ');
    const [type, , superOptions] = after?.split(' ') ?? [];
    if (type !== 'cgroup' && type !== 'cgroup2') continue;
    const mount = unescapeOctal(before?.split(' ')[4] ?? '');
    // A hierarchy bound elsewhere too, into a chroot or a container, is managed at its usual place.
    if (!mount.startsWith(`${CGROUP_ROOT}/`)) continue;
    if (type === 'cgroup2') {
      unified = mount;
      continue;
    }
    const options = superOptions?.split(',') ?? [];
    const name = options.find((option) => option.startsWith('name='))?.slice('name='.length);
    const controllers = options.filter((option) => !V1_OPTIONS.has(option) && !option.includes('='));
    // A later mount on the same place hides the earlier.
    hierarchies.set(mount, { mount, controllers, ...(name === undefined ? {} : { name }) });
  }
  return { hierarchies: [...hierarchies.values()], ...(unified === undefined ? {} : { unified }) };
}

/** Where something is mounted, to this process: proc_pid_mountinfo(5). */
export function mountPoints(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n');
  return lines.map((line) => unescapeOctal(line.split(' ')[4] ?? ''));
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
