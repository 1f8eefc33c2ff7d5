/** Numbers of the kernel's headers, by the headers' own names, and their rendering. O_DIRECTORY and O_NOFOLLOW differ by architecture. */
import { O_DIRECTORY, O_NOFOLLOW } from './x86_64';

/** A set of flags as text: names joined by `|`, what has no name in hexadecimal. */
export class FlagNames {
  constructor(
    public names: string[],
    public values: u64[],
    public zero: string = '0',
  ) {}

  render(value: u64): string {
    let rest = value;
    const parts: string[] = [];
    for (let index = 0; index < this.values.length; index++) {
      const flag = this.values[index];
      if ((rest & flag) == flag) {
        parts.push(this.names[index]);
        rest &= ~flag;
      }
    }
    if (rest) parts.push(`0x${rest.toString(16)}`);
    return parts.length ? parts.join('|') : this.zero;
  }
}

// asm-generic/fcntl.h, linux/fcntl.h
export const O_RDWR: u64 = 2;
export const O_WRONLY: u64 = 1;
export const O_CREAT: u64 = 0o100;
export const O_EXCL: u64 = 0o200;
export const O_NOCTTY: u64 = 0o400;
export const O_CLOEXEC: u64 = 0o2000000;
export const O_PATH: u64 = 0o10000000;
export const AT_FDCWD: u64 = <u64>-100;
/** <linux/limits.h> */
export const PATH_MAX: u32 = 4096;
export const AT_SYMLINK_NOFOLLOW: u64 = 0x100;
export const AT_EACCESS: u64 = 0x200;
export const AT_EMPTY_PATH: u64 = 0x1000;
export const AT_RECURSIVE: u64 = 0x8000;
export const X_OK: u64 = 1;
export const OPEN_FLAGS = new FlagNames(
  ['O_RDWR', 'O_WRONLY', 'O_CREAT', 'O_EXCL', 'O_NOCTTY', 'O_DIRECTORY', 'O_NOFOLLOW', 'O_CLOEXEC', 'O_PATH'],
  [O_RDWR, O_WRONLY, O_CREAT, O_EXCL, O_NOCTTY, O_DIRECTORY, O_NOFOLLOW, O_CLOEXEC, O_PATH],
  'O_RDONLY',
);
export const AT_FLAGS = new FlagNames(
  ['AT_SYMLINK_NOFOLLOW', 'AT_EACCESS', 'AT_EMPTY_PATH', 'AT_RECURSIVE'],
  [AT_SYMLINK_NOFOLLOW, AT_EACCESS, AT_EMPTY_PATH, AT_RECURSIVE],
);

// linux/openat2.h
export const RESOLVE_NO_XDEV: u64 = 1;
export const RESOLVE_NO_MAGICLINKS: u64 = 2;
export const RESOLVE_NO_SYMLINKS: u64 = 4;
export const RESOLVE_BENEATH: u64 = 8;
export const RESOLVE_IN_ROOT: u64 = 16;
export const RESOLVE = new FlagNames(
  ['RESOLVE_NO_XDEV', 'RESOLVE_NO_MAGICLINKS', 'RESOLVE_NO_SYMLINKS', 'RESOLVE_BENEATH', 'RESOLVE_IN_ROOT'],
  [RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH, RESOLVE_IN_ROOT],
);
export const OPEN_HOW: string[] = ['flags', 'mode', 'resolve'];

// linux/mount.h
export const MS_BIND: u64 = 1 << 12;
export const MS_REC: u64 = 1 << 14;
export const MS_UNBINDABLE: u64 = 1 << 17;
export const MS_PRIVATE: u64 = 1 << 18;
export const MS_SLAVE: u64 = 1 << 19;
export const MS_SHARED: u64 = 1 << 20;
export const MOUNT_FLAGS = new FlagNames(
  [
    'MS_RDONLY',
    'MS_NOSUID',
    'MS_NODEV',
    'MS_NOEXEC',
    'MS_SYNCHRONOUS',
    'MS_MANDLOCK',
    'MS_DIRSYNC',
    'MS_NOSYMFOLLOW',
    'MS_NOATIME',
    'MS_NODIRATIME',
    'MS_BIND',
    'MS_REC',
    'MS_SILENT',
    'MS_UNBINDABLE',
    'MS_PRIVATE',
    'MS_SLAVE',
    'MS_SHARED',
    'MS_RELATIME',
    'MS_I_VERSION',
    'MS_STRICTATIME',
    'MS_LAZYTIME',
  ],
  [
    1,
    2,
    4,
    8,
    16,
    64,
    128,
    256,
    1024,
    2048,
    MS_BIND,
    MS_REC,
    1 << 15,
    MS_UNBINDABLE,
    MS_PRIVATE,
    MS_SLAVE,
    MS_SHARED,
    1 << 21,
    1 << 23,
    1 << 24,
    1 << 25,
  ],
);
export const MNT_DETACH: u64 = 2;
export const MOUNT_ATTR_RDONLY: u64 = 1;
export const MOUNT_ATTR_NOSUID: u64 = 2;
export const MOUNT_ATTR_NODEV: u64 = 4;
export const MOUNT_ATTR_NOEXEC: u64 = 8;
export const MOUNT_ATTR__ATIME: u64 = 0x70;
export const MOUNT_ATTR_NOATIME: u64 = 0x10;
export const MOUNT_ATTR_STRICTATIME: u64 = 0x20;
export const MOUNT_ATTR_NODIRATIME: u64 = 0x80;
export const MOUNT_ATTR_IDMAP: u64 = 0x100000;
export const MOUNT_ATTR_NOSYMFOLLOW: u64 = 0x200000;
export const MOUNT_ATTR = new FlagNames(
  [
    'MOUNT_ATTR_RDONLY',
    'MOUNT_ATTR_NOSUID',
    'MOUNT_ATTR_NODEV',
    'MOUNT_ATTR_NOEXEC',
    'MOUNT_ATTR__ATIME',
    'MOUNT_ATTR_NOATIME',
    'MOUNT_ATTR_STRICTATIME',
    'MOUNT_ATTR_NODIRATIME',
    'MOUNT_ATTR_IDMAP',
    'MOUNT_ATTR_NOSYMFOLLOW',
  ],
  [
    MOUNT_ATTR_RDONLY,
    MOUNT_ATTR_NOSUID,
    MOUNT_ATTR_NODEV,
    MOUNT_ATTR_NOEXEC,
    MOUNT_ATTR__ATIME,
    MOUNT_ATTR_NOATIME,
    MOUNT_ATTR_STRICTATIME,
    MOUNT_ATTR_NODIRATIME,
    MOUNT_ATTR_IDMAP,
    MOUNT_ATTR_NOSYMFOLLOW,
  ],
);
export const MOUNT_ATTR_FIELDS: string[] = ['attr_set', 'attr_clr', 'propagation', 'userns_fd'];
export const OPEN_TREE_CLONE: u64 = 1;
export const OPEN_TREE = new FlagNames(
  ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC', 'AT_EMPTY_PATH', 'AT_RECURSIVE', 'AT_SYMLINK_NOFOLLOW'],
  [OPEN_TREE_CLONE, O_CLOEXEC, AT_EMPTY_PATH, AT_RECURSIVE, AT_SYMLINK_NOFOLLOW],
);
export const MOVE_MOUNT_F_EMPTY_PATH: u64 = 4;
export const MOVE_MOUNT_T_SYMLINKS: u64 = 0x10;
export const MOVE_MOUNT_T_EMPTY_PATH: u64 = 0x40;
export const MOVE_MOUNT = new FlagNames(
  ['MOVE_MOUNT_F_EMPTY_PATH', 'MOVE_MOUNT_T_SYMLINKS', 'MOVE_MOUNT_T_EMPTY_PATH'],
  [MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_SYMLINKS, MOVE_MOUNT_T_EMPTY_PATH],
);
export const FSOPEN_CLOEXEC: u64 = 1;
export const FSMOUNT_CLOEXEC: u64 = 1;
export const FSCONFIG_SET_FLAG: u64 = 0;
export const FSCONFIG_SET_STRING: u64 = 1;
export const FSCONFIG_CMD_CREATE: u64 = 6;
export const FSCONFIG_CMD_RECONFIGURE: u64 = 7;
export const FSPICK_CLOEXEC: u64 = 1;
export const FSPICK_EMPTY_PATH: u64 = 8;

// linux/sched.h
export const CLONE_NEWTIME: u64 = 0x80;
export const SIGCHLD: u64 = 17;
export const CLONE_VM: u64 = 0x100;
export const CLONE_PIDFD: u64 = 0x1000;
export const CLONE_VFORK: u64 = 0x4000;
export const CLONE_PARENT: u64 = 0x8000;
export const CLONE_NEWNS: u64 = 0x20000;
export const CLONE_NEWCGROUP: u64 = 0x2000000;
export const CLONE_NEWUTS: u64 = 0x4000000;
export const CLONE_NEWIPC: u64 = 0x8000000;
export const CLONE_NEWUSER: u64 = 0x10000000;
export const CLONE_NEWPID: u64 = 0x20000000;
export const CLONE_NEWNET: u64 = 0x40000000;
export const CLONE_INTO_CGROUP: u64 = 0x200000000;
export const CLONE = new FlagNames(
  [
    'CLONE_NEWTIME',
    'CLONE_VM',
    'CLONE_PIDFD',
    'CLONE_VFORK',
    'CLONE_PARENT',
    'CLONE_NEWNS',
    'CLONE_NEWCGROUP',
    'CLONE_NEWUTS',
    'CLONE_NEWIPC',
    'CLONE_NEWUSER',
    'CLONE_NEWPID',
    'CLONE_NEWNET',
    'CLONE_INTO_CGROUP',
  ],
  [
    CLONE_NEWTIME,
    CLONE_VM,
    CLONE_PIDFD,
    CLONE_VFORK,
    CLONE_PARENT,
    CLONE_NEWNS,
    CLONE_NEWCGROUP,
    CLONE_NEWUTS,
    CLONE_NEWIPC,
    CLONE_NEWUSER,
    CLONE_NEWPID,
    CLONE_NEWNET,
    CLONE_INTO_CGROUP,
  ],
);
/** Of clone(2), whose lowest byte is the signal at its end. */
export const CLONE_CHILD = new FlagNames(
  ['CLONE_VM', 'CLONE_PIDFD', 'CLONE_VFORK', 'SIGCHLD'],
  [CLONE_VM, CLONE_PIDFD, CLONE_VFORK, SIGCHLD],
);
/** struct clone_args; set_tid and its size are left out at the end of version 1, cgroup came with version 2 */
export const CLONE_ARGS: string[] = [
  'flags',
  'pidfd',
  'child_tid',
  'parent_tid',
  'exit_signal',
  'stack',
  'stack_size',
  'tls',
  'set_tid',
  'set_tid_size',
  'cgroup',
];
export const SIGKILL: u64 = 9;
export const SIGPIPE: u64 = 13;
export const SIGXFSZ: u64 = 25;
export const SIG_SETMASK: u64 = 2;

// linux/prctl.h
export const PR_SET_PDEATHSIG: u64 = 1;
export const PR_SET_KEEPCAPS: u64 = 8;
export const PR_SET_DUMPABLE: u64 = 4;
export const PR_SET_NAME: u64 = 15;
export const PR_SET_CHILD_SUBREAPER: u64 = 36;
export const PR_CAPBSET_DROP: u64 = 24;
export const PR_SET_NO_NEW_PRIVS: u64 = 38;
export const PR_CAP_AMBIENT: u64 = 47;
export const PR_CAP_AMBIENT_RAISE: u64 = 2;
export const PR_CAP_AMBIENT_CLEAR_ALL: u64 = 4;

// linux/memfd.h, linux/fs.h, asm-generic/poll.h
export const MFD_CLOEXEC: u64 = 1;
export const SEEK_SET: u64 = 0;
export const SEEK_END: u64 = 2;
export const POLLIN: u32 = 1;

// linux/stat.h
export const S_IFMT: u64 = 0o170000;
export const S_IFDIR: u64 = 0o040000;
export const S_IFIFO: u64 = 0o010000;
export const S_IFCHR: u64 = 0o020000;
export const S_IFBLK: u64 = 0o060000;
export const S_IFREG: u64 = 0o100000;

// asm-generic/ioctls.h, linux/sockios.h, linux/if.h, linux/socket.h, linux/close_range.h, linux/capability.h
export const TIOCSCTTY: u64 = 0x540e;
export const TIOCSWINSZ: u64 = 0x5414;
export const TIOCGPTPEER: u64 = 0x5441;
export const TIOCSPTLCK: u64 = 0x40045431;
export const SIOCSIFFLAGS: u64 = 0x8914;
export const IFF_UP_RUNNING: u32 = 0x41;
export const AF_UNIX: u64 = 1;
export const AF_INET: u64 = 2;
export const SOCK_SEQPACKET_CLOEXEC: u64 = 0o2000005;
export const SOCK_DGRAM_CLOEXEC: u64 = 0o2000002;
export const SOL_SOCKET: u32 = 1;
export const SCM_RIGHTS: u32 = 1;
export const MSG_NOSIGNAL: u64 = 0x4000;
export const MSG_CMSG_CLOEXEC: u64 = 0x40000000;
export const CLOSE_RANGE_CLOEXEC: u64 = 4;
export const LINUX_CAPABILITY_VERSION_3: u32 = 0x20080522;

/** include/uapi/linux/seccomp.h */
export const SECCOMP_SET_MODE_FILTER: u64 = 1;
export const SECCOMP_FLAGS = new FlagNames(
  [
    'SECCOMP_FILTER_FLAG_TSYNC',
    'SECCOMP_FILTER_FLAG_LOG',
    'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
    'SECCOMP_FILTER_FLAG_NEW_LISTENER',
    'SECCOMP_FILTER_FLAG_TSYNC_ESRCH',
    'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
  ],
  [1, 2, 4, 8, 16, 32],
);
/** include/uapi/linux/keyctl.h */
export const KEYCTL_JOIN_SESSION_KEYRING: u64 = 1;
export const KEYCTL_SETPERM: u64 = 5;
/** include/linux/key.h: all for the possessor; view, read, search and link for the user. */
export const SESSION_KEYRING_PERMISSIONS: u64 = 0x3f1b0000;

/** include/linux/socket.h, include/uapi/linux/netlink.h */
export const AF_NETLINK: u64 = 16;
export const SOCK_RAW_CLOEXEC: u64 = 0o2000003;
export const NETLINK_ROUTE: u64 = 0;

/** include/uapi/linux/magic.h */
export const PROC_SUPER_MAGIC: u64 = 0x9fa0;

/** include/uapi/linux/ioprio.h */
export const IOPRIO_WHO_PROCESS: u64 = 1;

/** include/uapi/linux/wait.h */
export const P_PID: u64 = 1;
export const WNOHANG: u64 = 1;
export const WEXITED: u64 = 4;
export const WNOWAIT: u64 = 0x01000000;
export const WAIT = new FlagNames(['WNOHANG', 'WEXITED', 'WNOWAIT'], [WNOHANG, WEXITED, WNOWAIT]);

/** asm-generic/ioctls.h */
export const TIOCSPGRP: u64 = 0x5410;
