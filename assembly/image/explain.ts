import { Document } from '../json/document';
import { Writer } from '../json/writer';
import { ExecuteStep } from '../plan/execute';
import { Planner } from '../plan/planner';
import { CapabilitiesStep } from '../plan/privileges';
import { DEADLINE, SchedulerStep } from '../plan/scheduler';
import { Step, Verb } from '../plan/step';
import { Call } from './calls';
import {
  E2BIG,
  EACCES,
  EAGAIN,
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENAMETOOLONG,
  ENODEV,
  ENOENT,
  ENOEXEC,
  ENOTDIR,
  EOPNOTSUPP,
  EPERM,
  EROFS,
  ESRCH,
  errnoText,
} from './errno';
import { idMappingHint, userNamespaceHint } from './explain-user-namespace';
import { renderCall } from './listing';
import { LONGEST_VALUE } from './lower-filesystem';
import { Text } from './operand';
import { Program, Row } from './program';

/**
 * What a failure means: which call of which step failed, where config.json asked for it, and what to do.
 * `log` is what the kernel said about a filesystem, '' without.
 */
export function writeFailure(
  writer: Writer,
  document: Document,
  planner: Planner,
  program: Program,
  index: i32,
  errno: i32,
  log: string,
): void {
  writer.beginObject();
  writer.fieldInteger('version', 1);
  if (index < 0 || index >= program.rows.length) {
    writer.field('message', `row ${index}, which the program does not have, failed with ${errnoText(errno)}`);
    writer.endObject();
    return;
  }
  const row = program.rows[index];
  writer.fieldInteger('row', index);
  writer.field('call', renderCall(row));
  writer.fieldInteger('errno', errno);
  if (row.step >= 0) {
    const step = planner.steps[row.step];
    writer.field('message', `${messageOf(planner, step, errno)}${logText(log)}`);
    let hint = idMappingHint(row, errno);
    if (hint == '' && planner.isInUserNamespace) hint = userNamespaceHint(step, row, errno);
    if (hint == '') hint = hintFor(step, row, errno);
    if (hint != '') writer.field('hint', hint);
  } else {
    writer.field('message', `failed: ${errnoText(errno)}`);
  }
  if (document.has(row.node)) {
    const start = document.start(row.node);
    writer.field('path', document.pointer(row.node));
    writer.fieldInteger('line', document.line(start));
    writer.fieldInteger('column', document.column(start));
  }
  writer.endObject();
}

/**
 * `exec: "nosuch": executable file not found in $PATH` and `permission denied` are wordings that engines look for to
 * tell their users 127 or 126.
 */
function messageOf(planner: Planner, step: Step, errno: i32): string {
  if (step.verb == Verb.FIND || step.verb == Verb.EXECUTE) {
    const execute = planner.steps[planner.execute] as ExecuteStep;
    const file = execute.args[0];
    if (execute.isSearched && errno == ENOENT && step.verb == Verb.FIND) {
      return `exec: "${file}": executable file not found in $PATH`;
    }
    const words = step.verb == Verb.FIND && errno == EISDIR ? 'permission denied: ' : '';
    return `exec: "${file}": ${words}${errnoText(errno)}`;
  }
  return `${step.describe()} failed: ${errnoText(errno)}`;
}

/** The log's lines start with a letter for their weight: `e proc: Unknown parameter 'nosiud'`. */
function logText(log: string): string {
  const line = log.trim().split('\n')[0];
  return line.length > 2 ? `: ${line.substring(2)}` : '';
}

function hintFor(step: Step, row: Row, errno: i32): string {
  switch (step.verb) {
    case Verb.FIND:
      if (errno == ENOENT) return 'the file is not in the root filesystem: look at process.args, PATH and the mounts';
      if (errno == EACCES)
        return 'the file, or a directory on its way, does not let the user of process.user execute it';
      if (errno == EISDIR) return 'it is a directory: process.args names a program';
      if (errno == ENOTDIR) return 'a part of the path before the last is no directory';
      break;
    case Verb.EXECUTE:
      if (errno == E2BIG)
        return 'an argument or variable has at most 128 KiB, and all of them a quarter of the stack (RLIMIT_STACK)';
      if (errno == ENOEXEC)
        return 'the kernel knows no such format: a script needs a first line such as #!/bin/sh, a binary this architecture';
      if (errno == ENOENT)
        return 'the file is there, but its interpreter or dynamic loader is not in the root filesystem';
      if (errno == EPERM)
        return 'a security module forbids it: with noNewPrivileges the policy of SELinux has to allow nnp_transition';
      if (errno == EACCES) return 'the file is no executable for this user, or its filesystem is mounted noexec';
      break;
    case Verb.ROOT:
      if (row.call == Call.OPEN_TREE) return 'root.path is a directory, absolute or relative to the bundle';
      break;
    case Verb.MOUNT:
      if (row.call == Call.FSOPEN && errno == ENODEV)
        return 'this kernel has no such filesystem: look at /proc/filesystems, or remove the mount';
      if (row.call == Call.FSCONFIG && isTooLong(row))
        return 'a value has at most 255 bytes, or all options together 4095: shorten the paths, such as by links or another bundle';
      if (row.call == Call.FSCONFIG && errno == EINVAL)
        return 'the filesystem does not know an option, or not this value';
      if (errno == EPERM) return 'the kernel lets only the owner of the namespaces mount it';
      if (errno == EBUSY) return 'it is mounted already with other options';
      break;
    case Verb.SOURCE:
      if (row.call == Call.OPEN_TREE && errno == ENOENT)
        return 'it has to be there on the host: make it, or correct the path';
      break;
    case Verb.BIND:
      if (row.call == Call.OPEN_TREE && errno == ENOENT)
        return 'the source has to be there on the host: make it, or correct mounts[].source';
      if (row.call == Call.OPEN_TREE && errno == EINVAL) return 'the source is mounted unbindable';
      if (errno == ENOTDIR) return 'a directory can only be bound on a directory, a file on a file';
      break;
    case Verb.HOSTNAME:
    case Verb.DOMAINNAME:
      if (errno == EINVAL) return 'a name has at most 64 bytes';
      break;
    case Verb.USER:
      if (row.call == Call.SETGROUPS && errno == EINVAL) return 'a process has at most 65536 groups';
      break;
    case Verb.JOIN:
      if (errno == EINVAL) return 'the file is a namespace of another type';
      if (errno == ENOENT) return 'the namespace is gone, or the path is wrong';
      break;
    case Verb.ENTER:
      if (errno == ESRCH) return 'the container has just ended';
      break;
    case Verb.SECCOMP:
      if (errno == EACCES) return 'without process.noNewPrivileges the caller needs CAP_SYS_ADMIN';
      if (errno == EINVAL)
        return 'this kernel does not know an action or a flag of the profile; SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs Linux 5.19';
      if (errno == EBUSY) return 'a filter around this process has a listener already, and there can be only one';
      break;
    case Verb.CAPABILITIES:
      if (errno == EPERM && (step as CapabilitiesStep).kept)
        return 'a seccomp filter without process.noNewPrivileges needs CAP_SYS_ADMIN, which the caller does not have';
      break;
    case Verb.AFFINITY:
      if (errno == EINVAL) return 'none of these CPUs is there, or the cpuset of the cgroup has none of them';
      break;
    case Verb.APPARMOR:
      if (row.call == Call.OPENAT2) return NO_ATTRIBUTE;
      if (errno == ENOENT)
        return 'no profile of this name is loaded: apparmor_parser loads it, /sys/kernel/security/apparmor/profiles lists them';
      if (errno == EACCES || errno == EPERM)
        return 'orlop runs under a profile that does not let it change to this one';
      break;
    case Verb.SELINUX:
      if (row.call == Call.OPENAT2) return NO_ATTRIBUTE;
      if (errno == EINVAL) return 'the policy that is loaded has no such label';
      if (errno == EACCES) return 'the policy does not let orlop start a process with this label: see ausearch -m avc';
      break;
    case Verb.KEYRING:
      if (row.call == Call.WRITE) return 'the label of the keys is process.selinuxLabel: the policy has to know it';
      return 'look at /proc/key-users, or keep the session keyring of the caller with --no-new-keyring';
    case Verb.SCHEDULER:
      return schedulerHint(step as SchedulerStep, errno);
    case Verb.IO_PRIORITY:
      if (errno == EPERM) return 'IOPRIO_CLASS_RT needs CAP_SYS_NICE or CAP_SYS_ADMIN, which the caller does not have';
      break;
    case Verb.MEMORY_POLICY:
      if (errno == EINVAL)
        return 'this kernel has no such mode, or the nodes are not there or not in linux.resources.cpu.mems: /sys/devices/system/node/has_memory lists those with memory';
      break;
    case Verb.RLIMIT:
      if (errno == EPERM) return 'raising a hard limit needs CAP_SYS_RESOURCE, which the caller does not have';
      break;
    case Verb.OOM_SCORE:
      if (errno == EACCES || errno == EPERM)
        return 'lowering the score needs CAP_SYS_RESOURCE, which the caller does not have';
      break;
    case Verb.DEVICE:
      if (row.call == Call.OPEN_TREE && errno == ENOENT)
        return 'without CAP_MKNOD it would be the node of the host, which has none there';
      if (row.call == Call.MKNODAT && errno == EPERM)
        return 'making a device needs CAP_MKNOD and a device rule of the caller that allows it; without, the host needs the same device at this path';
      break;
    case Verb.CWD:
      if (errno == EACCES)
        return 'neither the root of the launch nor the user of process.user may enter it: change its mode or owner, or process.cwd';
      break;
    case Verb.TERMINAL:
      if (errno == ENOENT) return 'a terminal needs a devpts on /dev/pts in mounts';
      break;
    case Verb.PIVOT:
      if (errno == EINVAL) return 'where the host runs from its initramfs, use --no-pivot';
      break;
    case Verb.SYSCTL:
      if (errno == ENOENT) return 'this kernel has no such parameter';
      if (errno == EINVAL) return 'the parameter does not take this value';
      break;
    case Verb.OFFSET_CLOCK:
      return 'the kernel refuses offsets that make a clock negative or run past its end';
    case Verb.HOOK:
      if (row.call == Call.CLONE && errno == EAGAIN)
        return 'a hook of the container counts against linux.resources.pids and RLIMIT_NPROC: raise the limit';
      break;
    default:
      break;
  }
  if (errno == EROFS) return 'the path is not in the root filesystem, and cannot be made there: it is read-only';
  if (errno == ELOOP) return 'a symbolic link of the root filesystem leads where it must not';
  if (errno == EISDIR) return 'a directory is in the place of a file';
  if (errno == ENOTDIR)
    return 'a file of the root filesystem is in the place of a directory, or a link at /proc or /sys, where none may be';
  if (errno == EEXIST)
    return 'the root filesystem has something else at this path: remove it there, or name another path';
  if (errno == ENAMETOOLONG) return 'a name has at most 255 bytes, and a path 4095';
  return '';
}

function isTooLong(row: Row): bool {
  const value = row.fourth;
  return value instanceof Text && String.UTF8.byteLength((value as Text).text) > LONGEST_VALUE;
}

const NO_ATTRIBUTE = "the host's /proc has to be procfs, with /proc/self/attr as the kernel makes it";

/** man 2 sched_setattr, man 7 sched */
function schedulerHint(step: SchedulerStep, errno: i32): string {
  if (step.policy == DEADLINE) {
    if (errno == EPERM)
      return 'a SCHED_DEADLINE process runs on all CPUs of its cpuset: no execCPUAffinity, and a cpuset that is exclusive or has all CPUs; and CAP_SYS_NICE';
    if (errno == EBUSY) return 'the CPUs have not so much time to promise: lower runtime, or raise period';
  } else if (step.priority > 0 && errno == EPERM) {
    return 'real-time policies need CAP_SYS_NICE and, on cgroup v1, time of their own: set linux.resources.cpu.realtimeRuntime here and above';
  } else if (errno == EPERM || errno == EACCES) {
    return 'a higher priority needs CAP_SYS_NICE, which the caller does not have';
  }
  if (errno == EOPNOTSUPP) return 'this kernel has no utilization clamps (CONFIG_UCLAMP_TASK)';
  if (errno == EINVAL)
    return 'this kernel does not take these values: see /proc/sys/kernel/sched_deadline_period_min_us';
  return '';
}
