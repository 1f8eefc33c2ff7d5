import * as words from '../words/words.ts';
import { type Fields, field, required } from './field.ts';

const PROCESS = 'config.md#process';
const POSIX = 'config.md#posix-process';
const LINUX = 'config.md#linux-process';
const USER = 'config.md#posix-platform-user';

const CAPABILITY = { words: words.CAPABILITIES };

/** runtime-spec config.md#process */
export const PROCESS_FIELDS: Fields = {
  '/process': field('object', PROCESS, "The container's first process. Start needs it."),
  '/process/terminal': field('boolean', PROCESS, 'Whether it gets a terminal, whose other end the runtime hands out.'),
  '/process/consoleSize': field('object', PROCESS, 'The size of the terminal, in characters.'),
  '/process/consoleSize/height': required('uint64', PROCESS, 'Lines of the terminal.', { example: '25' }),
  '/process/consoleSize/width': required('uint64', PROCESS, 'Columns of the terminal.', { example: '80' }),
  '/process/cwd': required('string', PROCESS, 'Its working directory, an absolute path in the container.', {
    example: '"/"',
  }),
  '/process/env': field('string[]', PROCESS, 'Its environment, `NAME=VALUE` each. Nothing is inherited.', {
    words: words.ENVIRONMENT,
  }),
  '/process/args': field(
    'string[]',
    PROCESS,
    'The program and its arguments. Without a slash it is looked up in PATH.',
  ),
  '/process/commandLine': field('string', PROCESS, 'The whole command line, for Windows; ignored on Linux.'),
  '/process/user': field('object', USER, 'Who it runs as.'),
  '/process/user/uid': field('uint32', USER, 'The user id in the container.', { example: '1000' }),
  '/process/user/gid': field('uint32', USER, 'The group id in the container.', { example: '1000' }),
  '/process/user/umask': field('uint32', USER, 'Its umask, in decimal: 18 is 0022. Left out, it is the runtime’s.', {
    example: '18',
  }),
  '/process/user/additionalGids': field('uint32[]', USER, 'Groups more, ids in the container.'),
  '/process/user/username': field('string', 'config.md#windows-user', 'The user on Windows; ignored on Linux.'),
  '/process/capabilities': field('object', LINUX, 'Its capabilities, man 7 capabilities. A set left out is empty.'),
  '/process/capabilities/bounding': field('string[]', LINUX, 'What it can have at most, after execve too.', CAPABILITY),
  '/process/capabilities/permitted': field('string[]', LINUX, 'What it may make effective.', CAPABILITY),
  '/process/capabilities/effective': field(
    'string[]',
    LINUX,
    'What the kernel checks; all are permitted too.',
    CAPABILITY,
  ),
  '/process/capabilities/inheritable': field(
    'string[]',
    LINUX,
    'What programs that have them inheritable as well get at execve.',
    CAPABILITY,
  ),
  '/process/capabilities/ambient': field(
    'string[]',
    LINUX,
    'What ordinary programs keep at execve; each is permitted and inheritable too.',
    CAPABILITY,
  ),
  '/process/noNewPrivileges': field(
    'boolean',
    LINUX,
    'Whether setuid programs and file capabilities give it nothing.',
    {
      example: 'true',
    },
  ),
  '/process/rlimits': field('object[]', POSIX, 'Its resource limits, man 2 getrlimit; each type once.'),
  '/process/rlimits/*/type': required('string', POSIX, 'What is limited.', { words: words.RLIMITS }),
  '/process/rlimits/*/soft': required('uint64', POSIX, 'The limit that holds; the process may raise it to `hard`.', {
    example: '1024',
  }),
  '/process/rlimits/*/hard': required('uint64', POSIX, 'The most that `soft` can be; 18446744073709551615: no limit.', {
    example: '4096',
  }),
  '/process/oomScoreAdj': field(
    'int32',
    LINUX,
    'How soon it is killed when memory is short: -1000 (never) to 1000 (first). Left out, it stays as it is.',
    { example: '0' },
  ),
  '/process/apparmorProfile': field('string', LINUX, 'Its AppArmor profile, which the host has loaded.'),
  '/process/selinuxLabel': field('string', LINUX, 'Its SELinux label, `user:role:type:level`.'),
  '/process/ioPriority': field('object', LINUX, 'How its I/O is scheduled, man 2 ioprio_set.'),
  '/process/ioPriority/class': required('string', LINUX, 'The scheduling class.', { words: words.IO_CLASSES }),
  '/process/ioPriority/priority': field('int32', LINUX, 'Within the class, 0 (first) to 7.', { example: '4' }),
  '/process/scheduler': field('object', LINUX, 'How it gets processors, man 2 sched_setattr.'),
  '/process/scheduler/policy': required('string', LINUX, 'The scheduling policy.', { words: words.POLICIES }),
  '/process/scheduler/nice': field('int32', LINUX, '-20 (first) to 19, for SCHED_OTHER and SCHED_BATCH.', {
    example: '0',
  }),
  '/process/scheduler/priority': field('int32', LINUX, '1 to 99 (first), for SCHED_FIFO and SCHED_RR.', {
    example: '1',
  }),
  '/process/scheduler/flags': field('string[]', LINUX, 'Flags of sched_setattr.', { words: words.SCHEDULER_FLAGS }),
  '/process/scheduler/runtime': field('uint64', LINUX, 'Nanoseconds of each period, for SCHED_DEADLINE.'),
  '/process/scheduler/deadline': field('uint64', LINUX, 'Nanoseconds within which it gets them, for SCHED_DEADLINE.'),
  '/process/scheduler/period': field('uint64', LINUX, 'Nanoseconds of a period, for SCHED_DEADLINE.'),
  '/process/execCPUAffinity': field('object', LINUX, 'CPUs for processes that exec adds; not for the first one.'),
  '/process/execCPUAffinity/initial': field('string', LINUX, 'CPUs before it is in the cgroup, such as `0-3,7`.'),
  '/process/execCPUAffinity/final': field('string', LINUX, 'CPUs once it is in the cgroup, such as `0-3,7`.'),
};
