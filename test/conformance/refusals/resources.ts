import { existsSync } from 'node:fs';
import { FINDING, type Refusal, type Refusals } from './refusal.ts';

const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers');

const RULES = 'nothing: the rules become a list or a program, and what they cannot hold is a finding';
const NONE = 'nothing: the file takes every number';

/** One field of linux.resources, whose file is written with this value. */
function limit(member: string, value: unknown, ...says: (string | RegExp)[]): Refusal {
  const [group = '', ...rest] = member.split('/');
  const config = { [`/linux/resources/${group}`]: { [rest[0] ?? '']: value } };
  return { config, pointer: `/linux/resources/${member}`, says: ['write(', ...says] };
}

/** The controller is not there, or the kernel refuses what is written. */
function missing(config: object, pointer: string, errno: string): Refusal {
  const pointers = Object.entries(config).map(([key, value]) => [`/linux/resources/${key}`, value]);
  return {
    config: Object.fromEntries(pointers),
    pointer: `/linux/resources/${pointer}`,
    says: [RegExp(`${errno}|OCI41[48]`)],
  };
}

/** A device that nobody has. */
const nobody = { major: 999, minor: 999 };
const weight = missing(
  { blockIO: { weightDevice: [{ ...nobody, weight: 100 }] } },
  'blockIO/weightDevice/0/weight',
  'ENODEV',
);
const unlimited = 'nothing: a negative rate is a finding, and any other is taken';

export const RESOURCES: Refusals = {
  'linux.resources.devices[].allow': RULES,
  'linux.resources.devices[].type': RULES,
  'linux.resources.devices[].major': RULES,
  'linux.resources.devices[].minor': RULES,
  'linux.resources.devices[].access': RULES,
  'linux.resources.memory.limit': limit('memory/limit', -5, 'EINVAL'),
  'linux.resources.memory.reservation': limit('memory/reservation', -5, 'EINVAL'),
  'linux.resources.memory.swap': {
    config: { '/linux/resources/memory': { limit: 100_000_000, swap: -5 } },
    pointer: '/linux/resources/memory/swap',
    says: [/write\(.*EINVAL|OCI401/],
  },
  'linux.resources.memory.kernel': 'nothing: without effect',
  'linux.resources.memory.kernelTCP': 'nothing: without effect',
  'linux.resources.memory.swappiness': FINDING,
  'linux.resources.memory.disableOOMKiller': NONE,
  'linux.resources.memory.useHierarchy': NONE,
  'linux.resources.memory.checkBeforeUpdate': 'nothing: the host compares',
  'linux.resources.cpu.shares': FINDING,
  'linux.resources.cpu.quota': limit('cpu/quota', 2 ** 50, 'EINVAL'),
  'linux.resources.cpu.period': FINDING,
  'linux.resources.cpu.burst': limit('cpu/burst', 2 ** 60, 'EINVAL'),
  'linux.resources.cpu.realtimeRuntime': missing(
    { cpu: { realtimeRuntime: 2 ** 40 } },
    'cpu/realtimeRuntime',
    'EINVAL',
  ),
  'linux.resources.cpu.realtimePeriod': missing({ cpu: { realtimePeriod: 2 ** 62 } }, 'cpu/realtimePeriod', 'EINVAL'),
  'linux.resources.cpu.cpus': limit('cpu/cpus', '4000', /ERANGE|EINVAL/),
  'linux.resources.cpu.mems': limit('cpu/mems', '900', /ERANGE|EINVAL/),
  'linux.resources.cpu.idle': FINDING,
  'linux.resources.pids.limit': limit('pids/limit', 99_999_999, 'EINVAL'),
  'linux.resources.blockIO.weight': FINDING,
  'linux.resources.blockIO.leafWeight': missing({ blockIO: { leafWeight: 500 } }, 'blockIO/leafWeight', 'ENOENT'),
  'linux.resources.blockIO.weightDevice[].major': weight,
  'linux.resources.blockIO.weightDevice[].minor': weight,
  'linux.resources.blockIO.weightDevice[].weight': FINDING,
  'linux.resources.blockIO.weightDevice[].leafWeight': missing(
    { blockIO: { weightDevice: [{ ...nobody, leafWeight: 100 }] } },
    'blockIO/weightDevice/0/leafWeight',
    'ENOENT',
  ),
  'linux.resources.hugepageLimits[].pageSize': missing(
    { hugepageLimits: [{ pageSize: '3MB', limit: 0 }] },
    'hugepageLimits/0/limit',
    'ENOENT',
  ),
  'linux.resources.hugepageLimits[].limit': NONE,
  'linux.resources.network.classID': NONE,
  'linux.resources.network.priorities[].name': missing(
    { network: { priorities: [{ name: 'nosuch', priority: 1 }] } },
    'network/priorities/0',
    'ENODEV',
  ),
  'linux.resources.network.priorities[].priority': NONE,
  'linux.resources.rdma{}': missing({ rdma: { nosuch: { hcaHandles: 1 } } }, 'rdma/nosuch', 'ENODEV'),
  'linux.resources.rdma{}.hcaHandles': NONE,
  'linux.resources.rdma{}.hcaObjects': NONE,
  'linux.resources.unified{}': missing(
    { unified: { 'memory.high': 'banana' } },
    isUnified ? 'unified/memory.high' : 'unified',
    'EINVAL',
  ),
};

for (const name of ['ReadBps', 'WriteBps', 'ReadIOPS', 'WriteIOPS']) {
  const field = `throttle${name}Device`;
  const refused = limit(`blockIO/${field}`, [{ ...nobody, rate: 100 }], 'ENODEV');
  const device = { ...refused, pointer: `${refused.pointer}/0/rate` };
  RESOURCES[`linux.resources.blockIO.${field}[].major`] = device;
  RESOURCES[`linux.resources.blockIO.${field}[].minor`] = device;
  RESOURCES[`linux.resources.blockIO.${field}[].rate`] = unlimited;
}
