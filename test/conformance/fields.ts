// runtime-spec 1.3.0, config.md and config-linux.md: every field that a config for Linux may have, and the files that test
// what it does. `[]` is a list, `{}` a map whose keys are free.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Located, values } from '../assembly/values.ts';

const TEST = join(import.meta.dirname, '..');

/** The fields of one object: what is indented belongs to the line above. */
const OUTLINE = `
ociVersion
root
  path
  readonly
mounts[]
  destination
  source
  type
  options[]
  uidMappings[]
    containerID
    hostID
    size
  gidMappings[]
    containerID
    hostID
    size
process
  terminal
  consoleSize
    height
    width
  cwd
  env[]
  args[]
  commandLine
  user
    uid
    gid
    umask
    additionalGids[]
    username
  capabilities
    bounding[]
    permitted[]
    effective[]
    inheritable[]
    ambient[]
  noNewPrivileges
  rlimits[]
    type
    soft
    hard
  oomScoreAdj
  apparmorProfile
  selinuxLabel
  ioPriority
    class
    priority
  scheduler
    policy
    nice
    priority
    flags[]
    runtime
    deadline
    period
  execCPUAffinity
    initial
    final
hostname
domainname
hooks
  prestart[]
    path
    args[]
    env[]
    timeout
  createRuntime[]
    path
    args[]
    env[]
    timeout
  createContainer[]
    path
    args[]
    env[]
    timeout
  startContainer[]
    path
    args[]
    env[]
    timeout
  poststart[]
    path
    args[]
    env[]
    timeout
  poststop[]
    path
    args[]
    env[]
    timeout
annotations{}
linux
  namespaces[]
    type
    path
  uidMappings[]
    containerID
    hostID
    size
  gidMappings[]
    containerID
    hostID
    size
  timeOffsets{}
    secs
    nanosecs
  devices[]
    type
    path
    major
    minor
    fileMode
    uid
    gid
  netDevices{}
    name
  cgroupsPath
  resources
    devices[]
      allow
      type
      major
      minor
      access
    memory
      limit
      reservation
      swap
      kernel
      kernelTCP
      swappiness
      disableOOMKiller
      useHierarchy
      checkBeforeUpdate
    cpu
      shares
      quota
      burst
      period
      realtimeRuntime
      realtimePeriod
      cpus
      mems
      idle
    pids
      limit
    blockIO
      weight
      leafWeight
      weightDevice[]
        major
        minor
        weight
        leafWeight
      throttleReadBpsDevice[]
        major
        minor
        rate
      throttleWriteBpsDevice[]
        major
        minor
        rate
      throttleReadIOPSDevice[]
        major
        minor
        rate
      throttleWriteIOPSDevice[]
        major
        minor
        rate
    hugepageLimits[]
      pageSize
      limit
    network
      classID
      priorities[]
        name
        priority
    rdma{}
      hcaHandles
      hcaObjects
    unified{}
  rootfsPropagation
  maskedPaths[]
  readonlyPaths[]
  mountLabel
  sysctl{}
  seccomp
    defaultAction
    defaultErrnoRet
    architectures[]
    flags[]
    listenerPath
    listenerMetadata
    syscalls[]
      names[]
      action
      errnoRet
      args[]
        index
        value
        valueTwo
        op
  personality
    domain
    flags[]
  intelRdt
    closID
    l3CacheSchema
    memBwSchema
    schemata[]
    enableMonitoring
    enableCMT
    enableMBM
  memoryPolicy
    mode
    nodes
    flags[]
windows
vm
solaris
zos
freebsd
`;

/** What another platform means something by: read, and without effect on Linux. */
export const FOREIGN: Record<string, string> = {
  windows: 'for Windows',
  vm: 'for virtual machines',
  solaris: 'for Solaris',
  zos: 'for z/OS',
  freebsd: 'for FreeBSD',
  'process.commandLine': 'for Windows',
  'process.user.username': 'for Windows',
};

/** What no step carries out, and why that is right. */
export const SETTLED: Record<string, string> = {
  'linux.resources.memory.kernel': 'nothing: the kernel has dropped this limit, and a warning says so',
  'linux.resources.memory.kernelTCP': 'nothing: the spec advises against it, and a warning says so',
  'linux.resources.memory.checkBeforeUpdate': 'by update, which refuses a limit below the usage',
  'linux.personality.flags[]': 'nothing: the spec has no flag, and any is an error',
};

/** Tests below test/, without `.test.ts`, by the field or what it is below; the longest that fits. */
const TESTS: Record<string, string> = {
  ociVersion: 'system/documents assembly/plan spec/schema',
  root: 'system/inside-filesystem system/bad-root system/failure system/against-runc',
  mounts:
    'system/mounts system/sources system/idmap system/links system/tmpcopyup system/failure system/attacks/mount-race system/cgroup-namespace assembly/plan',
  process: 'system/inside system/exec system/against-runc assembly/plan',
  'process.terminal': 'system/terminal system/pty system/failure',
  'process.consoleSize': 'system/terminal system/pty',
  'process.commandLine': 'assembly/conformance',
  'process.user': 'system/inside system/exec system/userns system/against-runc',
  'process.user.username': 'assembly/conformance',
  'process.capabilities': 'system/inside system/against-runc assembly/plan',
  'process.noNewPrivileges': 'system/inside system/seccomp system/against-runc',
  'process.rlimits': 'system/inside system/failure system/against-runc assembly/plan',
  'process.oomScoreAdj': 'system/inside system/failure system/attacks/masked-paths',
  'process.apparmorProfile': 'system/security assembly/security',
  'process.selinuxLabel': 'system/security assembly/security',
  'process.ioPriority': 'system/attributes assembly/attributes',
  'process.scheduler': 'system/attributes assembly/attributes',
  'process.execCPUAffinity': 'system/exec assembly/exec',
  hostname: 'system/inside system/failure system/against-runc',
  domainname: 'system/inside assembly/plan',
  hooks: 'system/hooks assembly/hooks system/seccomp',
  annotations: 'system/init system/lifecycle assembly/unit system/systemd-cgroup',
  linux: 'system/inside system/against-runc',
  'linux.namespaces': 'system/inside system/failure system/userns system/cgroup-namespace assembly/plan',
  'linux.uidMappings': 'system/userns system/rootless assembly/user-namespace',
  'linux.gidMappings': 'system/userns system/rootless assembly/user-namespace',
  'linux.timeOffsets': 'system/inside system/userns assembly/plan',
  'linux.devices': 'system/inside-filesystem system/devices system/userns system/attacks/masked-paths',
  'linux.netDevices': 'system/net-devices assembly/net-devices',
  'linux.cgroupsPath': 'system/inside-filesystem system/failure system/systemd-cgroup assembly/cgroup',
  'linux.resources': 'system/update system/cgroup2 system/systemd-cgroup assembly/cgroup assembly/unit',
  'linux.resources.devices': 'system/devices assembly/device-filter assembly/cgroup',
  'linux.resources.memory': 'system/update system/cgroup2 assembly/update assembly/cgroup',
  'linux.resources.cpu': 'system/inside-filesystem system/update system/cgroup2 assembly/cgroup',
  'linux.resources.pids': 'system/inside-filesystem system/update system/cgroup2 assembly/cgroup',
  'linux.resources.blockIO': 'system/cgroup2 system/events assembly/cgroup',
  'linux.resources.hugepageLimits': 'system/cgroup2 assembly/cgroup',
  'linux.resources.network': 'assembly/cgroup',
  'linux.resources.rdma': 'assembly/cgroup',
  'linux.resources.unified': 'system/cgroup2 assembly/cgroup',
  'linux.rootfsPropagation': 'system/mounts system/inside-filesystem system/hooks system/against-runc',
  'linux.maskedPaths': 'system/inside-filesystem system/attacks/masked-paths',
  'linux.readonlyPaths': 'system/inside-filesystem system/attacks/masked-paths',
  'linux.mountLabel': 'system/security assembly/security',
  'linux.sysctl': 'system/inside system/failure system/attacks/masked-paths',
  'linux.seccomp': 'system/seccomp system/seccomp-listener bpf/seccomp bpf/findings',
  'linux.personality': 'system/attributes assembly/attributes assembly/unsupported',
  'linux.intelRdt': 'system/intel-rdt assembly/intel-rdt',
  'linux.memoryPolicy': 'system/attributes assembly/attributes',
  windows: 'assembly/spec',
  vm: 'assembly/spec',
  solaris: 'assembly/spec',
  zos: 'assembly/spec',
  freebsd: 'assembly/spec',
};

/** `linux.devices[].fileMode`, in the order of the spec. */
export const FIELDS: string[] = readOutline();

function readOutline(): string[] {
  const parents: string[] = [];
  return OUTLINE.trim()
    .split('\n')
    .map((line) => {
      const depth = line.search(/\S/) / 2;
      parents.length = depth;
      parents.push(line.trim());
      return parents.join('.');
    });
}

/** `devices`, `fileMode` of `linux.devices[].fileMode` */
function wordsOf(field: string): string[] {
  return field
    .replaceAll(/\[\]|\{\}/g, '')
    .split('.')
    .slice(-2);
}

/** The tests of a field: those of its group that name it, and what it is in. */
export function testsOf(field: string): string[] {
  const plain = field.replaceAll(/\[\]|\{\}/g, '');
  const group = Object.keys(TESTS).filter((name) => plain === name || plain.startsWith(`${name}.`));
  const nearest = group.sort((left, right) => right.length - left.length)[0];
  const files = (TESTS[nearest ?? ''] ?? '').split(' ').filter(Boolean);
  return files.filter((file) => {
    const text = readFileSync(join(TEST, `${file}.test.ts`), 'utf8');
    return wordsOf(field).every((word) => new RegExp(`\\b${word}\\b`).test(text));
  });
}

/** The places of a field in a config. */
export function placesOf(field: string, config: string): Located[] {
  const all = places.get(config) ?? values(config);
  places.set(config, all);
  return all.filter(({ pointer }) => matches(field, pointer));
}

const places = new Map<string, Located[]>();

/** Whether a JSON pointer is a place of the field: `/linux/devices/0/uid` of `linux.devices[].uid`. */
function matches(field: string, pointer: string): boolean {
  const pattern = `/${field.replaceAll('.', '/')}`.replace(/(\[\]|\{\})$/, '').replaceAll(/\[\]|\{\}/g, '/[^/]+');
  return new RegExp(`^${pattern}$`).test(pointer);
}
