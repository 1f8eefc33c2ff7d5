import { after, FINDING, HUGE, type Refusal, type Refusals, USER_NAMESPACE } from './refusal.ts';

const GRANTED = 'nothing: what the caller has not is left out, and a warning says so';

/** A user namespace that is there, in which only root is mapped. */
const joined = {
  config: { '/linux/namespaces/-': { type: 'user', path: '/mnt/user' }, '/mounts/2/options': ['newinstance'] },
  prefix: after(
    `mount -t tmpfs tmpfs /mnt; touch /mnt/user; unshare --user --map-root-user sleep 60 &
     until grep -qE '^ +0 +0 +1$' /proc/$!/uid_map; do sleep 0.01; done
     mount --bind /proc/$!/ns/user /mnt/user; kill $!`,
    '--mount',
  ),
};

function scheduler(fields: object, errno: string, more: object = {}): Refusal {
  return {
    config: { ...more, '/process/scheduler': fields },
    pointer: '/process/scheduler',
    says: ['sched_setattr(', errno],
  };
}

export const PROCESS: Refusals = {
  'process.terminal': {
    config: { '/process/terminal': true, '/mounts/2/type': 'tmpfs', '/mounts/2/options': [] },
    pointer: '/process/terminal',
    says: ['openat2(', 'ENOENT'],
  },
  'process.consoleSize.height': FINDING,
  'process.consoleSize.width': FINDING,
  'process.cwd': {
    config: { '/process/cwd': '/bin/busybox' },
    pointer: '/process/cwd',
    says: ['openat2(', 'ENOTDIR'],
  },
  'process.env[]': {
    config: { '/process/env/-': `A=${HUGE}` },
    pointer: '/process/args/0',
    says: ['execve(', 'E2BIG'],
  },
  'process.args[]': {
    config: { '/process/args': ['/no/such/program'] },
    pointer: '/process/args/0',
    says: ['exec', 'ENOENT'],
  },
  'process.user.uid': {
    ...joined,
    config: { ...joined.config, '/process/user/uid': 1000 },
    pointer: '/process/user',
    says: ['setresuid(', 'EINVAL'],
  },
  'process.user.gid': {
    ...joined,
    config: { ...joined.config, '/process/user/gid': 1000 },
    pointer: '/process/user',
    says: ['setresgid(', 'EINVAL'],
  },
  'process.user.umask': FINDING,
  'process.user.additionalGids[]': {
    config: { '/process/user/additionalGids': Array.from({ length: 65_537 }, (_, index) => index) },
    pointer: '/process/user',
    says: ['setgroups(', 'EINVAL'],
  },
  'process.capabilities.bounding[]': GRANTED,
  'process.capabilities.permitted[]': GRANTED,
  'process.capabilities.effective[]': GRANTED,
  'process.capabilities.inheritable[]': GRANTED,
  'process.capabilities.ambient[]': GRANTED,
  'process.noNewPrivileges': 'nothing: prctl(2) takes it from everybody',
  'process.rlimits[].type': FINDING,
  'process.rlimits[].soft': FINDING,
  'process.rlimits[].hard': {
    config: { '/process/rlimits': [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 2 ** 40 }] },
    pointer: '/process/rlimits/0',
    says: ['prlimit64(', 'EPERM'],
  },
  'process.oomScoreAdj': {
    config: { '/process/oomScoreAdj': -1000 },
    prefix: ['setpriv', '--bounding-set', '-sys_resource'],
    pointer: '/process/oomScoreAdj',
    says: ['write(', 'EACCES'],
  },
  'process.apparmorProfile': {
    config: { '/process/apparmorProfile': 'no-such-profile' },
    pointer: '/process/apparmorProfile',
    says: [/write\(.*ENOENT|OCI123/],
  },
  'process.selinuxLabel': {
    config: { '/process/selinuxLabel': 'no:such:label:s0' },
    pointer: '/process/selinuxLabel',
    says: [/write\(.*EINVAL|OCI123/],
  },
  'process.ioPriority.class': {
    config: { ...USER_NAMESPACE, '/process/ioPriority': { class: 'IOPRIO_CLASS_RT', priority: 0 } },
    pointer: '/process/ioPriority',
    says: ['ioprio_set(', 'EPERM'],
  },
  'process.ioPriority.priority': FINDING,
  'process.scheduler.policy': scheduler({ policy: 'SCHED_FIFO', priority: 1 }, 'EPERM', USER_NAMESPACE),
  'process.scheduler.nice': scheduler({ policy: 'SCHED_OTHER', nice: -20 }, 'EPERM', USER_NAMESPACE),
  'process.scheduler.priority': FINDING,
  'process.scheduler.flags[]': FINDING,
  'process.scheduler.runtime': FINDING,
  'process.scheduler.deadline': FINDING,
  'process.scheduler.period': scheduler(
    { policy: 'SCHED_DEADLINE', runtime: 10_000, deadline: 50_000, period: 60_000 },
    'EINVAL',
  ),
  'process.execCPUAffinity.initial': {
    config: { '/process/execCPUAffinity': { initial: '8000' } },
    isExec: true,
    pointer: '/process/execCPUAffinity/initial',
    says: ['sched_setaffinity(', 'EINVAL'],
  },
  'process.execCPUAffinity.final': {
    config: { '/process/execCPUAffinity': { final: '8000' } },
    isExec: true,
    pointer: '/process/execCPUAffinity/final',
    says: ['sched_setaffinity(', 'EINVAL'],
  },
};
