import type { Command, Options } from './command.ts';

const BUNDLE: Options = {
  bundle: { short: 'b', value: 'DIR', help: 'directory with config.json (default: the working directory)' },
};

const LAUNCH: Options = {
  ...BUNDLE,
  'console-socket': { value: 'SOCKET', help: 'AF_UNIX socket that receives the master of the terminal' },
  'pid-file': { value: 'FILE', help: "where to write the pid of the container's first process" },
  'no-pivot': { help: 'chroot instead of pivot_root, for hosts that run from an initramfs' },
  'preserve-fds': { value: 'N', help: 'hand on N fds more than 0 to 2 (default: 0)' },
};

/** Every command; the order is that of the help. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  run: {
    summary: 'create and start a container, wait for it, delete it',
    usage: 'ID',
    arity: [1, 1],
    options: {
      ...LAUNCH,
      detach: { short: 'd', help: 'do not wait for the container to end' },
      keep: { help: 'do not delete the container when it has ended' },
      'no-subreaper': { help: 'do not reap orphans of the container' },
    },
    load: () => import('./commands/run.ts'),
  },
  create: {
    summary: 'make a container, whose process waits for start',
    usage: 'ID',
    arity: [1, 1],
    options: LAUNCH,
    load: () => import('./commands/create.ts'),
  },
  start: {
    summary: 'start the process of a created container',
    usage: 'ID',
    arity: [1, 1],
    options: {},
    load: () => import('./commands/start.ts'),
  },
  state: {
    summary: 'print the state of a container as JSON',
    usage: 'ID',
    arity: [1, 1],
    options: {},
    load: () => import('./commands/state.ts'),
  },
  kill: {
    summary: 'send a signal to a container (default: SIGTERM)',
    usage: 'ID [SIGNAL]',
    arity: [1, 2],
    options: { all: { short: 'a', help: 'to all of its processes' } },
    load: () => import('./commands/kill.ts'),
  },
  delete: {
    summary: 'delete a stopped container',
    usage: 'ID',
    arity: [1, 1],
    options: { force: { short: 'f', help: 'end it first; an id that is gone is no error' } },
    load: () => import('./commands/delete.ts'),
  },
  pause: {
    summary: 'stop all processes of a container where they are',
    usage: 'ID',
    arity: [1, 1],
    options: {},
    load: () => import('./commands/pause.ts'),
  },
  resume: {
    summary: 'let a paused container go on',
    usage: 'ID',
    arity: [1, 1],
    options: {},
    load: () => import('./commands/resume.ts'),
  },
  ps: {
    summary: 'list the processes of a container',
    usage: 'ID [PS-OPTION...]',
    arity: [1, 10000],
    options: { format: { short: 'f', value: 'FORMAT', help: 'table (as ps -ef shows it) or json (default: table)' } },
    endsEarly: true,
    load: () => import('./commands/ps.ts'),
  },
  list: {
    summary: 'list the containers',
    usage: '',
    arity: [0, 0],
    options: {
      format: { short: 'f', value: 'FORMAT', help: 'table or json (default: table)' },
      quiet: { short: 'q', help: 'ids only' },
    },
    load: () => import('./commands/list.ts'),
  },
  spec: {
    summary: 'write a config.json to start from',
    usage: '',
    arity: [0, 0],
    options: BUNDLE,
    load: () => import('./commands/spec.ts'),
  },
  plan: {
    summary: 'say what a launch will do',
    usage: '[CONFIG]',
    arity: [0, 1],
    options: {
      ...BUNDLE,
      json: { help: 'the plan as a document (plan.schema.json)' },
      calls: { help: 'the system calls, as they will be executed' },
      'reference-host': { help: 'for a host with cgroup v2 and all privileges, not for this one' },
      id: { value: 'ID', help: 'of the container (default: ID)' },
      'no-pivot': LAUNCH['no-pivot'] as NonNullable<Options[string]>,
      'preserve-fds': LAUNCH['preserve-fds'] as NonNullable<Options[string]>,
    },
    load: () => import('./commands/plan.ts'),
  },
  lint: {
    summary: 'check configs without running them',
    usage: '[CONFIG...]',
    arity: [0, 10000],
    options: { format: { short: 'f', value: 'FORMAT', help: 'pretty or json (default: pretty)' } },
    load: () => import('./commands/lint.ts'),
  },
  features: {
    summary: 'print what orlop supports as JSON (runtime-spec features.md)',
    usage: '',
    arity: [0, 0],
    options: {},
    load: () => import('./commands/features.ts'),
  },
  demo: {
    summary: "run a command in a container made of the host's own files",
    usage: '[-- COMMAND [ARG...]]',
    arity: [0, 10000],
    options: {},
    load: () => import('./commands/demo.ts'),
  },
};
