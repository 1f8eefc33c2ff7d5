import type { Words } from './words.ts';

/** man 7 namespaces */
export const NAMESPACES: Words = {
  pid: 'Pids of its own: it sees no process but its own.',
  network: 'Network devices, addresses, routes and ports of its own.',
  mount: 'Mounts of its own.',
  ipc: 'System V IPC and POSIX message queues of its own.',
  uts: 'Hostname and domain name of its own.',
  user: 'Users, groups and capabilities of its own: its root is nobody outside.',
  cgroup: 'It sees its own cgroup as the root of all.',
  time: 'Boot-time and monotonic clocks of its own.',
};

/** man 7 time_namespaces */
export const CLOCKS: Words = {
  monotonic: 'CLOCK_MONOTONIC: the time since some moment, without suspends.',
  boottime: 'CLOCK_BOOTTIME: the time since boot, with suspends.',
};

export const DEVICE_TYPES: Words = {
  c: 'A character device.',
  b: 'A block device.',
  u: 'A character device, unbuffered: the same as `c`.',
  p: 'A FIFO.',
};

/** The first four are those of the spec; runc takes the others for whole trees too. */
export const PROPAGATIONS: Words = {
  shared: 'Mounts here and on the host reach each other.',
  slave: 'Mounts of the host appear here, and not the other way.',
  private: 'Mounts stay where they are made.',
  unbindable: '`private`, and nothing can be bound from here.',
  rshared: '`shared`, with all mounts below.',
  rslave: '`slave`, with all mounts below.',
  rprivate: '`private`, with all mounts below.',
  runbindable: '`unbindable`, with all mounts below.',
};

export const DOMAINS: Words = {
  LINUX: 'The machine as it is.',
  LINUX32: 'uname says that the machine has 32 bits.',
};

/** man 2 set_mempolicy */
export const MEMORY_MODES: Words = {
  MPOL_DEFAULT: 'The node of the CPU that it runs on. Takes no nodes.',
  MPOL_BIND: 'These nodes only.',
  MPOL_INTERLEAVE: 'These nodes in turns.',
  MPOL_WEIGHTED_INTERLEAVE: 'These nodes in turns, by their weights. Since Linux 6.9.',
  MPOL_PREFERRED: 'This node first.',
  MPOL_PREFERRED_MANY: 'These nodes first. Since Linux 5.15.',
  MPOL_LOCAL: 'The node of the CPU that it runs on, whatever was set around. Takes no nodes.',
};

export const MEMORY_FLAGS: Words = {
  MPOL_F_NUMA_BALANCING: 'Pages may move between the nodes.',
  MPOL_F_RELATIVE_NODES: 'Nodes are counted within those that are allowed.',
  MPOL_F_STATIC_NODES: 'Nodes stay as named when those that are allowed change.',
};

/** What engines hide. */
export const MASKED_PATHS: Words = {
  '/proc/acpi': '',
  '/proc/asound': '',
  '/proc/interrupts': 'Timing of key strokes can be read from it.',
  '/proc/kcore': "The host's memory.",
  '/proc/keys': 'Names of keys of others.',
  '/proc/latency_stats': '',
  '/proc/sched_debug': 'Processes of the host.',
  '/proc/scsi': 'Disks can be taken away by it.',
  '/proc/timer_list': 'Processes of the host.',
  '/proc/timer_stats': 'Processes of the host.',
  '/sys/devices/virtual/powercap': 'Power use, by which others can be spied on.',
  '/sys/firmware': 'Firmware variables.',
};

/** What engines make read-only. */
export const READONLY_PATHS: Words = {
  '/proc/bus': 'Devices.',
  '/proc/fs': 'Parameters of filesystems.',
  '/proc/irq': 'Which CPUs serve which device.',
  '/proc/sys': 'Kernel parameters, of the host too.',
  '/proc/sysrq-trigger': 'Reboots the host, among others.',
};

/** Some of those that a namespace has for itself. */
export const SYSCTLS: Words = {
  'kernel.msgmax': 'Bytes of a System V message.',
  'kernel.msgmnb': 'Bytes of a System V message queue.',
  'kernel.msgmni': 'System V message queues.',
  'kernel.sem': 'System V semaphores: four numbers.',
  'kernel.shmall': 'Pages of System V shared memory.',
  'kernel.shmmax': 'Bytes of a System V shared memory segment.',
  'kernel.shmmni': 'System V shared memory segments.',
  'kernel.shm_rmid_forced': 'Whether segments that nobody uses are removed.',
  'fs.mqueue.msg_max': 'Messages in a POSIX queue.',
  'fs.mqueue.msgsize_max': 'Bytes of a POSIX message.',
  'fs.mqueue.queues_max': 'POSIX message queues.',
  'net.core.somaxconn': 'Connections that wait to be accepted.',
  'net.ipv4.ip_forward': 'Whether it is a router.',
  'net.ipv4.ip_local_port_range': 'Ports for outgoing connections.',
  'net.ipv4.ip_unprivileged_port_start': 'The first port that needs no capability.',
  'net.ipv4.ping_group_range': 'Groups that may ping without CAP_NET_RAW.',
  'net.ipv4.tcp_keepalive_time': 'Seconds until an idle connection is probed.',
  'net.ipv4.tcp_syncookies': '',
  'net.ipv6.conf.all.disable_ipv6': '',
};

/** runtime-spec config.md#annotations, of the image. */
export const ANNOTATIONS: Words = {
  'org.opencontainers.image.os': '',
  'org.opencontainers.image.os.version': '',
  'org.opencontainers.image.os.features': '',
  'org.opencontainers.image.architecture': '',
  'org.opencontainers.image.variant': '',
  'org.opencontainers.image.author': '',
  'org.opencontainers.image.created': '',
  'org.opencontainers.image.stopSignal': 'The signal that asks it to end.',
};
