import type { Words } from './words.ts';

/** Of the list of devices. */
export const RULE_TYPES: Words = {
  a: 'All devices.',
  c: 'Character devices.',
  b: 'Block devices.',
};

export const ACCESS: Words = {
  rwm: 'Read, write and make nodes.',
  rw: 'Read and write.',
  r: 'Read.',
  w: 'Write.',
  m: 'Make nodes.',
};

/** Those of x86_64 and, with pages of 64 kB, of arm64. */
export const PAGE_SIZES: Words = {
  '64KB': '',
  '2MB': '',
  '32MB': '',
  '512MB': '',
  '1GB': '',
};

/** Documentation/admin-guide/cgroup-v2.rst */
export const CGROUP_FILES: Words = {
  'cpu.idle': '1: runs only when nobody else wants to.',
  'cpu.max': 'Microseconds of CPU time and the period: `50000 100000`, or `max`.',
  'cpu.max.burst': 'Microseconds saved up that may be used beyond the quota.',
  'cpu.weight': 'Weight among others, 1 to 10000.',
  'cpuset.cpus': 'CPUs to use.',
  'cpuset.mems': 'Memory nodes to use.',
  'hugetlb.2MB.max': 'Bytes of huge pages of this size.',
  'io.latency': 'Latency to be kept, by disk.',
  'io.max': 'Limits by disk: `8:0 rbps=1048576 wiops=100`.',
  'io.weight': 'Weight among others, 1 to 10000: `default 100`.',
  'memory.high': 'Beyond this it is slowed down.',
  'memory.low': 'What is left to it, as long as others have more to give.',
  'memory.max': 'Beyond this something is killed.',
  'memory.min': 'What is left to it, whatever happens.',
  'memory.oom.group': '1: all of its processes are killed together.',
  'memory.swap.high': 'Swap beyond which it is slowed down.',
  'memory.swap.max': 'Most swap.',
  'memory.zswap.max': 'Most compressed memory.',
  'misc.max': 'Limits of other resources, by name.',
  'pids.max': 'Most processes and threads.',
  'rdma.max': 'Limits of RDMA, by device.',
};
