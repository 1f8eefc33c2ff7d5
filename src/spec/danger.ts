// What a reviewer looks at first: man 7 capabilities, and calls that have led out of containers. What a rule of lint says
// of a config is for lint to say; this orders and marks.

const CAPABILITIES = new Set([
  'CAP_SYS_ADMIN',
  'CAP_SYS_MODULE',
  'CAP_SYS_PTRACE',
  'CAP_SYS_RAWIO',
  'CAP_DAC_READ_SEARCH',
  'CAP_BPF',
  'CAP_PERFMON',
  'CAP_NET_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_TIME',
  'CAP_MAC_ADMIN',
  'CAP_MAC_OVERRIDE',
  'CAP_SYSLOG',
  'CAP_CHECKPOINT_RESTORE',
]);

const CALLS = new Set([
  'mount',
  'umount2',
  'move_mount',
  'open_tree',
  'fsopen',
  'fsmount',
  'mount_setattr',
  'pivot_root',
  'ptrace',
  'process_vm_readv',
  'process_vm_writev',
  'bpf',
  'perf_event_open',
  'userfaultfd',
  'init_module',
  'finit_module',
  'delete_module',
  'kexec_load',
  'kexec_file_load',
  'open_by_handle_at',
  'unshare',
  'setns',
  'clone3',
  'keyctl',
  'add_key',
  'request_key',
  'io_uring_setup',
  'io_uring_enter',
  'io_uring_register',
  'reboot',
  'swapon',
  'swapoff',
  'iopl',
  'ioperm',
  'settimeofday',
  'clock_settime',
  'personality',
]);

/** A capability or a system call. */
export function isDangerous(name: string): boolean {
  return CAPABILITIES.has(name) || CALLS.has(name);
}

/** Trees of the host that say much about it, or give it away. */
const TREES = [
  '/etc',
  '/proc',
  '/sys',
  '/dev',
  '/boot',
  '/root',
  '/home',
  '/var/lib',
  '/var/run',
  '/run',
  '/usr',
  '/lib',
];

/** 2 for the whole host or a socket that rules it, 1 for a tree of its own system, else 0. */
export function dangerOfSource(source: string): number {
  const path = source.replace(/\/+$/, '');
  if (path === '' || /(?:docker|containerd|crio|podman)\.sock$/.test(path)) return 2;
  return TREES.some((tree) => path === tree || (tree !== '/var/lib' && tree !== '/home' && path.startsWith(`${tree}/`)))
    ? 1
    : 0;
}
