import * as words from '../words/words.ts';
import { below, type Fields, field, required } from './field.ts';

const DEVICES = 'config-linux.md#allowed-device-list';
const MEMORY = 'config-linux.md#memory';
const CPU = 'config-linux.md#cpu';
const BLOCK_IO = 'config-linux.md#block-io';
const HUGE_PAGES = 'config-linux.md#huge-page-limits';
const NETWORK = 'config-linux.md#network';
const RDMA = 'config-linux.md#rdma';

const BLOCK_DEVICE: Fields = {
  major: required('int64', BLOCK_IO, 'The major number of the disk.', { example: '8' }),
  minor: required('int64', BLOCK_IO, 'The minor number of the disk.', { example: '0' }),
};

const throttle = (about: string): Fields => ({ ...BLOCK_DEVICE, rate: field('uint64', BLOCK_IO, about) });

/** runtime-spec config-linux.md#control-groups */
const RESOURCES: Fields = {
  devices: field('object[]', DEVICES, 'Which devices it may use: rules in their order, the last that fits decides.'),
  'devices/*/allow': required('boolean', DEVICES, 'Whether the rule allows or forbids.', { example: 'false' }),
  'devices/*/type': field('string', DEVICES, 'Of which devices; left out, all.', { words: words.RULE_TYPES }),
  'devices/*/major': field('int64', DEVICES, 'Their major number; left out or -1, any.'),
  'devices/*/minor': field('int64', DEVICES, 'Their minor number; left out or -1, any.'),
  'devices/*/access': field('string', DEVICES, 'For what: `r` to read, `w` to write, `m` to make a node.', {
    words: words.ACCESS,
  }),
  memory: field('object', MEMORY, 'Limits of memory, in bytes; -1: no limit.'),
  'memory/limit': field('int64', MEMORY, 'Beyond this something is killed.', { example: '536870912' }),
  'memory/reservation': field('int64', MEMORY, 'What is left to it when memory is short.'),
  'memory/swap': field('int64', MEMORY, 'Memory and swap together; at least the limit.'),
  'memory/kernel': field('int64', MEMORY, 'Kernel memory; without effect since Linux 5.16.', { isDeprecated: true }),
  'memory/kernelTCP': field('int64', MEMORY, 'Memory of TCP buffers; cgroup v1 only.', { isDeprecated: true }),
  'memory/swappiness': field('uint64', MEMORY, 'How soon it swaps, 0 to 100; cgroup v1 only.', { example: '60' }),
  'memory/disableOOMKiller': field('boolean', MEMORY, 'Whether it waits instead of being killed; cgroup v1 only.'),
  'memory/useHierarchy': field('boolean', MEMORY, 'Whether cgroups below it count with it; cgroup v1 only.'),
  'memory/checkBeforeUpdate': field('boolean', MEMORY, 'Whether an update below what is in use is refused.'),
  cpu: field('object', CPU, 'Its share of the processors.'),
  'cpu/shares': field('uint64', CPU, 'Its weight among others, 2 to 262144.', { example: '1024' }),
  'cpu/quota': field('int64', CPU, 'Microseconds of CPU time in each period; -1: no limit.', { example: '100000' }),
  'cpu/burst': field('uint64', CPU, 'Microseconds saved up that it may use beyond the quota.'),
  'cpu/period': field('uint64', CPU, 'The period in microseconds, 1000 to 1000000.', { example: '100000' }),
  'cpu/realtimeRuntime': field('int64', CPU, 'Microseconds of realtime scheduling in each period; cgroup v1 only.'),
  'cpu/realtimePeriod': field('uint64', CPU, 'The period of realtime scheduling in microseconds; cgroup v1 only.'),
  'cpu/cpus': field('string', CPU, 'The CPUs to use, such as `0-3,7`.'),
  'cpu/mems': field('string', CPU, 'The memory nodes to use, such as `0-1`.'),
  'cpu/idle': field('int64', CPU, '1: it runs only when nobody else wants to.', { example: '1' }),
  pids: field('object', 'config-linux.md#pids', 'How many processes it may have.'),
  'pids/limit': field('int64', 'config-linux.md#pids', 'Most processes and threads; -1: no limit.', { example: '100' }),
  blockIO: field('object', BLOCK_IO, 'Its share of the disks.'),
  'blockIO/weight': field('uint16', BLOCK_IO, 'Its weight among others, 10 to 1000.', { example: '500' }),
  'blockIO/leafWeight': field('uint16', BLOCK_IO, 'The weight of its own processes against cgroups below; CFQ only.'),
  'blockIO/weightDevice': field('object[]', BLOCK_IO, 'Weights for single disks.'),
  ...below('blockIO/weightDevice/*', BLOCK_DEVICE),
  'blockIO/weightDevice/*/weight': field('uint16', BLOCK_IO, 'Its weight on this disk, 10 to 1000.'),
  'blockIO/weightDevice/*/leafWeight': field('uint16', BLOCK_IO, 'The weight of its own processes; CFQ only.'),
  'blockIO/throttleReadBpsDevice': field('object[]', BLOCK_IO, 'How fast it may read from a disk.'),
  ...below('blockIO/throttleReadBpsDevice/*', throttle('Bytes a second.')),
  'blockIO/throttleWriteBpsDevice': field('object[]', BLOCK_IO, 'How fast it may write to a disk.'),
  ...below('blockIO/throttleWriteBpsDevice/*', throttle('Bytes a second.')),
  'blockIO/throttleReadIOPSDevice': field('object[]', BLOCK_IO, 'How often it may read from a disk.'),
  ...below('blockIO/throttleReadIOPSDevice/*', throttle('Operations a second.')),
  'blockIO/throttleWriteIOPSDevice': field('object[]', BLOCK_IO, 'How often it may write to a disk.'),
  ...below('blockIO/throttleWriteIOPSDevice/*', throttle('Operations a second.')),
  hugepageLimits: field('object[]', HUGE_PAGES, 'How much memory in huge pages it may have.'),
  'hugepageLimits/*/pageSize': required('string', HUGE_PAGES, 'The size of the pages, such as `2MB`.', {
    words: words.PAGE_SIZES,
  }),
  'hugepageLimits/*/limit': required('uint64', HUGE_PAGES, 'The limit in bytes.'),
  network: field('object', NETWORK, 'Marks on its packets; cgroup v1 only.'),
  'network/classID': field('uint32', NETWORK, 'The traffic class of its packets.'),
  'network/priorities': field('object[]', NETWORK, 'Priorities of its packets by network device.'),
  'network/priorities/*/name': required('string', NETWORK, 'The network device.', { example: '"eth0"' }),
  'network/priorities/*/priority': required('uint32', NETWORK, 'The priority there.'),
  rdma: field('object{}', RDMA, 'Limits of RDMA, by device.'),
  'rdma/*/hcaHandles': field('uint32', RDMA, 'Most handles it may open.'),
  'rdma/*/hcaObjects': field('uint32', RDMA, 'Most objects it may make.'),
  unified: field('string{}', 'config-linux.md#unified', 'Files of its cgroup v2 and what is written to them.', {
    keys: words.CGROUP_FILES,
  }),
};

export const RESOURCE_FIELDS: Fields = below('/linux/resources', RESOURCES);
