import * as words from '../words/words.ts';
import { ID_MAPPING } from './config.ts';
import { below, type Fields, field, required } from './field.ts';

const NAMESPACES = 'config-linux.md#namespaces';
const MAPPINGS = 'config-linux.md#user-namespace-mappings';
const TIME = 'config-linux.md#offset-for-time-namespace';
const DEVICES = 'config-linux.md#devices';
const NET_DEVICES = 'config-linux.md#network-devices';
const RDT = 'config-linux.md#intelrdt';
const PERSONALITY = 'config-linux.md#personality';
const MEMORY_POLICY = 'config-linux.md#memory-policy';

/** runtime-spec config-linux.md, but for resources and seccomp. */
export const LINUX_FIELDS: Fields = {
  '/linux/namespaces': field(
    'object[]',
    NAMESPACES,
    'What it has for itself; of a type left out it has the runtime’s.',
  ),
  '/linux/namespaces/*/type': required('string', NAMESPACES, 'The kind of namespace; each once.', {
    words: words.NAMESPACES,
  }),
  '/linux/namespaces/*/path': field('string', NAMESPACES, 'One to join, by absolute path. Left out, it is a new one.'),
  '/linux/uidMappings': field('object[]', MAPPINGS, 'Users of its user namespace and who they are on the host.'),
  ...below('/linux/uidMappings/*', ID_MAPPING),
  '/linux/gidMappings': field('object[]', MAPPINGS, 'Groups of its user namespace and what they are on the host.'),
  ...below('/linux/gidMappings/*', ID_MAPPING),
  '/linux/timeOffsets': field('object{}', TIME, 'How far its clocks are from the host’s. Needs a new time namespace.', {
    keys: words.CLOCKS,
  }),
  '/linux/timeOffsets/*/secs': field('int64', TIME, 'Seconds; may be negative.'),
  '/linux/timeOffsets/*/nanosecs': field('uint32', TIME, 'Nanoseconds more, below 1000000000.'),
  '/linux/devices': field('object[]', DEVICES, 'Device nodes in the container, besides those that all have.'),
  '/linux/devices/*/type': required('string', DEVICES, 'What node it is.', { words: words.DEVICE_TYPES }),
  '/linux/devices/*/path': required('string', DEVICES, 'Where it is in the container, an absolute path.'),
  '/linux/devices/*/major': field('int64', DEVICES, 'Its major number; all but `p` need it.'),
  '/linux/devices/*/minor': field('int64', DEVICES, 'Its minor number; all but `p` need it.'),
  '/linux/devices/*/fileMode': field('uint32', DEVICES, 'Its permissions, in decimal: 438 is 0666, 384 is 0600.', {
    example: '438',
  }),
  '/linux/devices/*/uid': field('uint32', DEVICES, 'Its owner, an id in the container.'),
  '/linux/devices/*/gid': field('uint32', DEVICES, 'Its group, an id in the container.'),
  '/linux/netDevices': field(
    'object{}',
    NET_DEVICES,
    'Network devices of the host that move into its network namespace, by their names there.',
  ),
  '/linux/netDevices/*/name': field('string', NET_DEVICES, 'Its name in the container, up to 15 bytes.'),
  '/linux/cgroupsPath': field(
    'string',
    'config-linux.md#cgroups-path',
    'Its cgroup: from the mount on if absolute; with systemd `slice:prefix:name`.',
  ),
  '/linux/resources': field('object', 'config-linux.md#control-groups', 'Limits of its cgroup.'),
  '/linux/rootfsPropagation': field(
    'string',
    'config-linux.md#rootfs-mount-propagation',
    'Whether mounts on its root and on the host reach each other.',
    { words: words.PROPAGATIONS },
  ),
  '/linux/maskedPaths': field('string[]', 'config-linux.md#masked-paths', 'Paths that cannot be read, all absolute.', {
    words: words.MASKED_PATHS,
  }),
  '/linux/readonlyPaths': field(
    'string[]',
    'config-linux.md#readonly-paths',
    'Paths that cannot be written to, all absolute.',
    { words: words.READONLY_PATHS },
  ),
  '/linux/mountLabel': field('string', 'config-linux.md#mount-label', 'The SELinux context of what is mounted.'),
  '/linux/sysctl': field('string{}', 'config-linux.md#sysctl', 'Kernel parameters of its namespaces, by name.', {
    keys: words.SYSCTLS,
  }),
  '/linux/seccomp': field('object', 'config-linux.md#seccomp', 'Which system calls it may make, man 2 seccomp.'),
  '/linux/personality': field('object', PERSONALITY, 'Its execution domain, man 2 personality.'),
  '/linux/personality/domain': field('string', PERSONALITY, 'What system it sees.', { words: words.DOMAINS }),
  '/linux/personality/flags': field('string[]', PERSONALITY, 'The spec defines none; runtimes refuse any.'),
  '/linux/intelRdt': field('object', RDT, 'Its share of cache and memory bandwidth, by the resctrl filesystem.'),
  '/linux/intelRdt/closID': field(
    'string',
    RDT,
    'The class of service; left out, the id of the container. `/`: the default one.',
  ),
  '/linux/intelRdt/l3CacheSchema': field('string', RDT, 'Its part of the L3 cache, such as `L3:0=7f0;1=1f`.'),
  '/linux/intelRdt/memBwSchema': field('string', RDT, 'Its memory bandwidth, such as `MB:0=20;1=70`.'),
  '/linux/intelRdt/schemata': field('string[]', RDT, 'Lines of the schemata file, written after those above.'),
  '/linux/intelRdt/enableMonitoring': field('boolean', RDT, 'Whether it gets a monitoring group of its own.'),
  '/linux/intelRdt/enableCMT': field('boolean', RDT, 'Cache monitoring, up to 1.2. Now `enableMonitoring`.', {
    isDeprecated: true,
  }),
  '/linux/intelRdt/enableMBM': field('boolean', RDT, 'Bandwidth monitoring, up to 1.2. Now `enableMonitoring`.', {
    isDeprecated: true,
  }),
  '/linux/memoryPolicy': field('object', MEMORY_POLICY, 'From which NUMA nodes its memory is, man 2 set_mempolicy.'),
  '/linux/memoryPolicy/mode': field(
    'string',
    MEMORY_POLICY,
    'How nodes are chosen; the text of the spec requires it.',
    {
      words: words.MEMORY_MODES,
    },
  ),
  '/linux/memoryPolicy/nodes': field('string', MEMORY_POLICY, 'The nodes, such as `0-1,3`.'),
  '/linux/memoryPolicy/flags': field('string[]', MEMORY_POLICY, 'Flags of the mode.', { words: words.MEMORY_FLAGS }),
};
