import { DeviceStep } from '../plan/filesystem';
import { MountStep } from '../plan/mounts';
import { Step, Verb } from '../plan/step';
import { Call } from './calls';
import { MOUNT_ATTR_IDMAP } from './constants';
import { EACCES, EINVAL, ENOENT, ENOSPC, EOVERFLOW, EPERM } from './errno';
import { Struct } from './operand';
import { Row } from './program';

/** What to do about a failure that a user namespace may be the reason of; '' if it is not. man 7 user_namespaces */
export function userNamespaceHint(step: Step, row: Row, errno: i32): string {
  if (makesFile(row.call) && (errno == EACCES || errno == EOVERFLOW)) {
    return 'the directory belongs to an id that is not mapped: the root filesystem has to belong to the ids of the user namespace (chown -R, or an id-mapped mount)';
  }
  switch (step.verb) {
    case Verb.CLONE:
    case Verb.MOUNT_IDS:
      if (errno == EPERM)
        return 'this host lets its users make no user namespaces: see the sysctls kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns';
      if (errno == ENOSPC) return 'there are too many: see the limits in /proc/sys/user';
      break;
    case Verb.JOIN:
      if (errno == EPERM) return 'it belongs to another user namespace, over which the caller has no power';
      if (errno == EINVAL)
        return 'the file is a namespace of another type, or the user namespace that the caller is in already';
      break;
    case Verb.SOURCE:
    case Verb.ROOT:
    case Verb.BIND:
      if (errno == EACCES) return 'a directory on the way to the source does not let the caller pass: see namei -l';
      if (row.call == Call.OPEN_TREE && errno == EINVAL)
        return 'something is mounted below the source, and what is under it may not be uncovered: use rbind';
      if (row.call == Call.MOUNT_SETATTR && errno == EPERM) return LOCKED;
      if (row.call == Call.SETNS && errno == EPERM)
        return 'sources are opened in the mount namespace of the container: to enter it the caller needs CAP_SYS_CHROOT too';
      break;
    case Verb.REMOUNT:
      if (row.call == Call.MOUNT_SETATTR && errno == EPERM) return LOCKED;
      break;
    case Verb.MOUNT:
      if (errno == EPERM) return mountHint((step as MountStep).type, row.call);
      if (errno == EINVAL && row.call == Call.FSCONFIG)
        return 'the filesystem does not know an option, or not this value; ids in it have to be mapped';
      break;
    case Verb.DEVICE:
      if (row.call == Call.OPEN_TREE && errno == ENOENT)
        return 'nobody makes devices in a user namespace: it would be the node of the host, which has none there';
      if (row.call == Call.MKNODAT && errno == EPERM)
        return `nobody makes devices in a user namespace, and ${(step as DeviceStep).path} of the host is another one`;
      break;
    case Verb.SYSCTL:
      if (errno == EACCES || errno == EPERM)
        return 'the parameter, or its namespace, is not for the root of this user namespace to change';
      break;
    case Verb.IDENTITY:
    case Verb.USER:
      if (row.call == Call.SETGROUPS && errno == EPERM)
        return 'setgroups(2) is denied in this user namespace: remove additionalGids';
      if (errno == EINVAL) return 'an id is not mapped in the user namespace: see its uid_map and gid_map';
      break;
    default:
      break;
  }
  return errno == EPERM ? 'the namespace that this is about may belong to another user namespace' : '';
}

const LOCKED =
  "the host's mount has an attribute (ro, nosuid, nodev, noexec or one of atime) that a user namespace may not take away: leave out the option that does (rw, suid, dev, exec, …atime; Podman adds rw to a volume without :ro)";

function makesFile(call: Call): bool {
  return call == Call.MKDIRAT || call == Call.MKNODAT || call == Call.SYMLINKAT || call == Call.UNLINKAT;
}

/** man 2 mount_setattr, of the row that maps the ids of a mount. */
export function idMappingHint(row: Row, errno: i32): string {
  const fourth = row.fourth;
  if (row.call != Call.MOUNT_SETATTR || !fourth) return '';
  if (!((fourth as Struct).fields[0].value & MOUNT_ATTR_IDMAP)) return '';
  if (errno == EINVAL)
    return 'this filesystem cannot map the ids of a mount, or this kernel not yet: ext4, xfs, btrfs and others can; tmpfs since Linux 6.3';
  if (errno == EPERM) return 'the mount is id-mapped already, or was made in another user namespace';
  return '';
}

function mountHint(type: string, call: Call): string {
  if (call == Call.FSMOUNT && (type == 'proc' || type == 'sysfs'))
    return `parts of the ${type} of the caller are hidden, and nobody may see more of it in a user namespace: bind that of the caller ("rbind")`;
  if (type == 'proc' || type == 'sysfs' || type == 'mqueue')
    return 'it shows a namespace that belongs to another user namespace: make it new, or bind that of the caller ("rbind")';
  return 'this filesystem is not for user namespaces: mount it on the host, and bind it';
}
