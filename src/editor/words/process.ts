import type { Words } from './words.ts';

export const OCI_VERSIONS: Words = {
  '1.3.0': 'Network devices, memory policies, FreeBSD.',
  '1.2.1': 'CPU affinity of exec.',
  '1.2.0': 'Options `idmap` and `ridmap`.',
  '1.1.0': 'Time namespaces, cgroup v2, schedulers, mappings of mounts.',
  '1.0.2': 'Hooks of create and start, seccomp flags.',
  '1.0.0': 'The first one.',
};

/** man 7 capabilities */
export const CAPABILITIES: Words = {
  CAP_CHOWN: 'Change the owner of any file.',
  CAP_DAC_OVERRIDE: 'Read, write and execute files whatever their permissions.',
  CAP_DAC_READ_SEARCH: 'Read files and directories whatever their permissions; open files by handle.',
  CAP_FOWNER: 'Do with any file what only its owner may: chmod, utime, ACLs.',
  CAP_FSETID: 'Keep setuid and setgid bits when a file changes.',
  CAP_KILL: 'Signal any process.',
  CAP_SETGID: 'Change groups at will.',
  CAP_SETUID: 'Become any user.',
  CAP_SETPCAP: 'Change capability sets: drop from the bounding set, add inheritable ones, set securebits.',
  CAP_LINUX_IMMUTABLE: 'Set the attributes immutable and append-only of files.',
  CAP_NET_BIND_SERVICE: 'Listen on ports below 1024.',
  CAP_NET_BROADCAST: 'Unused by the kernel.',
  CAP_NET_ADMIN: 'Configure networks: interfaces, routes, firewalls.',
  CAP_NET_RAW: 'Open raw and packet sockets: ping, and sniffing or forging packets.',
  CAP_IPC_LOCK: 'Lock memory; allocate huge pages.',
  CAP_IPC_OWNER: 'Use System V IPC objects whatever their permissions.',
  CAP_SYS_MODULE: 'Load kernel modules: **full control of the host**.',
  CAP_SYS_RAWIO: 'Reach I/O ports and physical memory: **full control of the host**.',
  CAP_SYS_CHROOT: 'Call chroot; join mount namespaces.',
  CAP_SYS_PTRACE: 'Trace any process, and read its memory.',
  CAP_SYS_PACCT: 'Turn process accounting on and off.',
  CAP_SYS_ADMIN: 'Mount, join namespaces, set quotas, and much more: **close to all of root**.',
  CAP_SYS_BOOT: 'Reboot; load another kernel by kexec.',
  CAP_SYS_NICE: 'Raise priorities; set schedulers, affinities and NUMA placement of any process.',
  CAP_SYS_RESOURCE: 'Exceed resource limits and quotas.',
  CAP_SYS_TIME: 'Set the clock of the host.',
  CAP_SYS_TTY_CONFIG: 'Hang up terminals; configure virtual ones.',
  CAP_MKNOD: 'Make device nodes.',
  CAP_LEASE: 'Take leases on any file.',
  CAP_AUDIT_WRITE: 'Write to the audit log.',
  CAP_AUDIT_CONTROL: 'Turn auditing on and off; change its rules.',
  CAP_SETFCAP: 'Give files capabilities; map user 0 in a new user namespace.',
  CAP_MAC_OVERRIDE: 'Pass over mandatory access control (Smack).',
  CAP_MAC_ADMIN: 'Configure mandatory access control (Smack, AppArmor).',
  CAP_SYSLOG: "Read and clear the kernel's log; see kernel addresses.",
  CAP_WAKE_ALARM: 'Set timers that wake the machine.',
  CAP_BLOCK_SUSPEND: 'Keep the machine from going to sleep.',
  CAP_AUDIT_READ: 'Read the audit log by netlink.',
  CAP_PERFMON: 'Observe performance of the whole system.',
  CAP_BPF: 'Load eBPF programs.',
  CAP_CHECKPOINT_RESTORE: 'Choose pids; what checkpoint and restore needs.',
};

/** man 2 getrlimit */
export const RLIMITS: Words = {
  RLIMIT_AS: 'Bytes of address space.',
  RLIMIT_CORE: 'Bytes of a core dump; 0: none is written.',
  RLIMIT_CPU: 'Seconds of CPU time, then SIGXCPU.',
  RLIMIT_DATA: 'Bytes of data: heap and private mappings.',
  RLIMIT_FSIZE: 'Bytes of a file that it writes, then SIGXFSZ.',
  RLIMIT_LOCKS: 'Without effect since Linux 2.4.25.',
  RLIMIT_MEMLOCK: 'Bytes of locked memory.',
  RLIMIT_MSGQUEUE: 'Bytes in POSIX message queues of the user.',
  RLIMIT_NICE: 'How far the nice value may go: 20 minus the limit.',
  RLIMIT_NOFILE: 'One more than the greatest file descriptor.',
  RLIMIT_NPROC: 'Processes and threads of the user.',
  RLIMIT_RSS: 'Without effect since Linux 2.4.30.',
  RLIMIT_RTPRIO: 'Greatest realtime priority.',
  RLIMIT_RTTIME: 'Microseconds of realtime CPU time without a blocking call.',
  RLIMIT_SIGPENDING: 'Signals queued for the user.',
  RLIMIT_STACK: 'Bytes of the stack of the first thread.',
};

/** man 2 ioprio_set */
export const IO_CLASSES: Words = {
  IOPRIO_CLASS_RT: 'Realtime: before all others. Needs CAP_SYS_ADMIN or CAP_SYS_NICE.',
  IOPRIO_CLASS_BE: 'Best effort, the usual one.',
  IOPRIO_CLASS_IDLE: 'Only when nobody else uses the disk. Has no priorities.',
};

/** man 7 sched */
export const POLICIES: Words = {
  SCHED_OTHER: 'The usual one: fair shares by nice value.',
  SCHED_FIFO: 'Realtime: runs until it waits or gives way to a higher priority.',
  SCHED_RR: 'Realtime: as SCHED_FIFO, in turns with others of the same priority.',
  SCHED_BATCH: 'As SCHED_OTHER, taken to be busy with computing.',
  SCHED_ISO: 'Reserved: Linux does not implement it.',
  SCHED_IDLE: 'Lower than any nice value.',
  SCHED_DEADLINE: 'By runtime, deadline and period.',
};

/** man 2 sched_setattr */
export const SCHEDULER_FLAGS: Words = {
  SCHED_FLAG_RESET_ON_FORK: 'Its children start with the usual policy.',
  SCHED_FLAG_RECLAIM: 'It may use the time that other deadline tasks leave.',
  SCHED_FLAG_DL_OVERRUN: 'It gets SIGXCPU when it exceeds its runtime.',
  SCHED_FLAG_KEEP_POLICY: 'The policy stays as it is.',
  SCHED_FLAG_KEEP_PARAMS: 'The parameters stay as they are.',
  SCHED_FLAG_UTIL_CLAMP_MIN: 'A lower bound of its utilization, which the spec has no field for.',
  SCHED_FLAG_UTIL_CLAMP_MAX: 'An upper bound of its utilization, which the spec has no field for.',
};

/** Some that programs ask for. */
export const ENVIRONMENT: Words = {
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin': 'Where programs are looked up.',
  'TERM=xterm': 'The kind of terminal.',
  'HOME=/root': "The user's own directory.",
  'LANG=C.UTF-8': 'Language and character set.',
};
