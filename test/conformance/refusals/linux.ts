import { after, FINDING, LONG, type Refusal, type Refusals } from './refusal.ts';

const COMPILED = 'nothing: the filter is compiled, and what the kernel could refuse in it is a finding';
const SCHEMATA = 'what resctrl refuses: test/system/intel-rdt.test.ts, on a tree that does as it does';
const DEVICE = 'nothing: more than the kernel has is a finding, and a node of no driver is made';

/** The caller's user namespace has one id, 0. */
function mapping(kind: 'uid' | 'gid'): Refusal {
  const own = [{ containerID: 0, hostID: 0, size: 1 }];
  return {
    config: {
      '/linux/namespaces/-': { type: 'user' },
      '/linux/uidMappings': own,
      '/linux/gidMappings': own,
      [`/linux/${kind}Mappings`]: [{ containerID: 0, hostID: 5, size: 1 }],
      '/mounts/2/options': ['newinstance'],
    },
    prefix: ['unshare', '--user', '--map-root-user', '--mount', '--'],
    pointer: '/linux/uidMappings',
    says: ['write(', 'EPERM'],
  };
}

function offset(secs: number): Refusal {
  return {
    config: { '/linux/namespaces/-': { type: 'time' }, '/linux/timeOffsets/boottime': { secs } },
    pointer: '/linux/timeOffsets/boottime',
    says: ['write(', 'ERANGE'],
  };
}

export const LINUX: Refusals = {
  'linux.namespaces[].type': {
    config: {},
    prefix: after('echo 0 > /proc/sys/user/max_ipc_namespaces', '--user', '--map-root-user', '--mount'),
    pointer: '/linux/namespaces',
    says: ['clone3(', 'ENOSPC'],
  },
  'linux.namespaces[].path': {
    config: { '/linux/namespaces/-': { type: 'time', path: '/no/such/namespace' } },
    pointer: '/linux/namespaces/6/path',
    says: ['openat2(', 'ENOENT'],
  },
  'linux.uidMappings[].containerID': FINDING,
  'linux.uidMappings[].hostID': mapping('uid'),
  'linux.uidMappings[].size': FINDING,
  'linux.gidMappings[].containerID': FINDING,
  'linux.gidMappings[].hostID': mapping('gid'),
  'linux.gidMappings[].size': FINDING,
  'linux.timeOffsets{}.secs': offset(-1_000_000_000),
  'linux.timeOffsets{}.nanosecs': FINDING,
  'linux.devices[].type': FINDING,
  'linux.devices[].path': {
    config: { '/linux/devices': [{ path: '/bin/busybox', type: 'c', major: 1, minor: 3 }] },
    pointer: '/linux/devices/0',
    says: ['mknodat(', 'EEXIST'],
  },
  'linux.devices[].major': DEVICE,
  'linux.devices[].minor': DEVICE,
  'linux.devices[].fileMode': 'nothing: the bits of the mode are taken, whatever else is there',
  'linux.devices[].uid': FINDING,
  'linux.devices[].gid': FINDING,
  'linux.netDevices{}': {
    config: { '/linux/netDevices': { nosuchdevice: {} } },
    pointer: '/linux/netDevices/nosuchdevice',
    says: ['nosuchdevice', 'ENODEV'],
  },
  'linux.netDevices{}.name': {
    config: { '/linux/netDevices': { orlop0: { name: 'lo' } } },
    prefix: after('ip link add orlop0 type veth peer name orlop1', '--net'),
    pointer: '/linux/netDevices/orlop0',
    says: ['lo', 'EEXIST'],
  },
  'linux.cgroupsPath': {
    config: { '/linux/cgroupsPath': '/orlop-test\nline' },
    pointer: '/linux/cgroupsPath',
    says: ['mkdir(', 'EINVAL'],
  },
  'linux.rootfsPropagation': 'nothing: the mounts are our own',
  'linux.maskedPaths[]': {
    config: { '/linux/maskedPaths': [`/${LONG}`] },
    pointer: '/linux/maskedPaths/0',
    says: ['openat2(', 'ENAMETOOLONG'],
  },
  'linux.readonlyPaths[]': {
    config: { '/linux/readonlyPaths': [`/${LONG}`] },
    pointer: '/linux/readonlyPaths/0',
    says: ['openat2(', 'ENAMETOOLONG'],
  },
  'linux.mountLabel': {
    config: { '/linux/mountLabel': 'no:such:label:s0' },
    pointer: '/linux/mountLabel',
    says: [/fsconfig\(.*EINVAL|OCI123/],
  },
  'linux.sysctl{}': {
    config: { '/linux/sysctl': { 'net.ipv4.ip_default_ttl': 'banana' } },
    pointer: '/linux/sysctl/net.ipv4.ip_default_ttl',
    says: ['write(', 'EINVAL'],
  },
  'linux.seccomp.defaultAction': COMPILED,
  'linux.seccomp.defaultErrnoRet': COMPILED,
  'linux.seccomp.architectures[]': COMPILED,
  'linux.seccomp.flags[]': COMPILED,
  'linux.seccomp.listenerPath': {
    config: {
      '/linux/seccomp': {
        defaultAction: 'SCMP_ACT_ALLOW',
        listenerPath: '/no/such/socket',
        syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }],
      },
    },
    pointer: '/linux/seccomp',
    says: ['connect(', '/no/such/socket', 'ENOENT'],
  },
  'linux.seccomp.listenerMetadata': 'nothing: it is passed on',
  'linux.seccomp.syscalls[].names[]': COMPILED,
  'linux.seccomp.syscalls[].action': COMPILED,
  'linux.seccomp.syscalls[].errnoRet': COMPILED,
  'linux.seccomp.syscalls[].args[].index': COMPILED,
  'linux.seccomp.syscalls[].args[].value': COMPILED,
  'linux.seccomp.syscalls[].args[].valueTwo': COMPILED,
  'linux.seccomp.syscalls[].args[].op': COMPILED,
  'linux.personality.domain': 'nothing: personality(2) takes both',
  'linux.personality.flags[]': 'nothing: any is an error before',
  'linux.intelRdt.closID': {
    config: { '/linux/intelRdt': { closID: 'nosuch' } },
    pointer: '/linux/intelRdt',
    says: [/ENOENT|OCI610/],
  },
  'linux.intelRdt.l3CacheSchema': SCHEMATA,
  'linux.intelRdt.memBwSchema': SCHEMATA,
  'linux.intelRdt.schemata[]': SCHEMATA,
  'linux.intelRdt.enableMonitoring': SCHEMATA,
  'linux.intelRdt.enableCMT': SCHEMATA,
  'linux.intelRdt.enableMBM': SCHEMATA,
  'linux.memoryPolicy.mode': 'nothing: a kernel that is too old for a mode says EINVAL, as for nodes',
  'linux.memoryPolicy.nodes': {
    config: { '/linux/memoryPolicy': { mode: 'MPOL_BIND', nodes: '900' } },
    pointer: '/linux/memoryPolicy',
    says: ['set_mempolicy(', 'EINVAL'],
  },
  'linux.memoryPolicy.flags[]': FINDING,
};
