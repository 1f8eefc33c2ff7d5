// Configs that have every field, and what the compiler makes of them on several hosts.

import { type Diagnostic, OrlopError, type Request } from '../../src/spec/index.ts';
import { fixture } from '../assembly/module.ts';
import { changed, open, request, V1, V2 } from '../assembly/plans.ts';

export interface Step {
  verb: string;
  by: string;
  path?: string;
  line?: number;
  column?: number;
}

export interface Outcome {
  steps: Step[];
  image: () => string;
  /** What is in state.json for good. */
  state: string;
}

/** A launch, exec or update of one config. */
export interface Situation {
  config: string;
  compile: (config: string) => Outcome;
  /** Whether it is of interest for a field, and what has carried it out by then. */
  isFor: (field: string, carriers: ReadonlySet<string>) => boolean;
}

const ALLOWED = ['read', 'write', 'execve', 'capset'];
/** By startContainer hooks, which the profile is in force for. */
const FOR_HOOKS = 'memfd_create writev lseek clone dup3 close_range ppoll wait4 close kill exit_group vfork'.split(' ');

/** Every field at once, as far as one host can do that. */
const everything = changed(fixture('everything'), {
  '/mounts/2': { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['mode=1777'] },
  '/linux/seccomp/syscalls/0/names': [...ALLOWED, ...FOR_HOOKS],
});

export const onV1 = changed(everything, { '/linux/resources/unified': undefined });
export const onV2 = changed(everything, {
  '/linux/resources/memory/swappiness': undefined,
  '/linux/resources/cpu/realtimeRuntime': undefined,
  '/linux/resources/cpu/realtimePeriod': undefined,
  '/linux/resources/blockIO/leafWeight': undefined,
  '/linux/resources/blockIO/weightDevice/0/leafWeight': undefined,
  '/linux/resources/network': undefined,
});

const always = () => true;
const ofCgroups = (field: string) => /^linux\.(cgroupsPath|resources)/.test(field);
const asLast = (_field: string, carriers: ReadonlySet<string>) => carriers.size === 0;

export const SITUATIONS: Situation[] = [
  { config: onV1, compile: launch(request(V1)), isFor: always },
  { config: onV2, compile: launch(request(V2)), isFor: ofCgroups },
  {
    config: changed(onV2, { '/linux/cgroupsPath': 'a.slice:b:c' }),
    compile: launch(request(V2, { cgroupManager: 'systemd', facts: { cgroup: V2, systemd: { version: 252 } } })),
    isFor: ofCgroups,
  },
  {
    // What has no effect beside something else in the first.
    config: changed(onV1, {
      '/hooks/startContainer': undefined,
      '/linux/namespaces': ['pid', 'network', 'mount', 'ipc', 'uts'].map((type) => ({ type })),
      '/linux/timeOffsets': undefined,
      '/linux/uidMappings': undefined,
      '/linux/gidMappings': undefined,
      '/linux/intelRdt/enableMonitoring': false,
      '/linux/intelRdt/enableCMT': false,
      '/linux/intelRdt/enableMBM': false,
      '/process/scheduler': { policy: 'SCHED_OTHER', nice: 5 },
    }),
    compile: launch(request(V1)),
    isFor: asLast,
  },
  {
    config: changed(onV1, { '/process/scheduler': { policy: 'SCHED_FIFO', priority: 10 } }),
    compile: launch(request(V1)),
    isFor: asLast,
  },
  { config: onV2, compile: exec, isFor: asLast },
  { config: onV2, compile: update, isFor: asLast },
];

function launch(asked: Request): Situation['compile'] {
  return (config) => {
    const document = open(config);
    const { steps, annotations, ociVersion } = document.plan(asked);
    const state = JSON.stringify({ annotations, ociVersion });
    let image: string | undefined;
    return { steps: steps as Step[], image: () => (image ??= String(document.image('/root'))), state };
  };
}

/** The host is told its own steps alone; the calls tell what the others are. Where a jump leads is not theirs. */
function exec(config: string): Outcome {
  const document = open(config);
  document.exec(undefined, request(V2, { exec: {} }));
  document.image('/root');
  const calls = document.rows().filter(({ text }) => /^\w+\(/.test(text));
  const steps = calls.map(({ text }) => ({ verb: text.split('(')[0] as string, by: 'exec', text: uniform(text) }));
  return { steps, image: () => '', state: '' };
}

function uniform(text: string): string {
  return text.replace(/ {2,}.*| → \d+/, '');
}

function update(config: string): Outcome {
  const { resources } = JSON.parse(config).linux;
  const document = open(JSON.stringify(resources));
  const { steps } = document.update(request(V2, { current: { 'memory.current': String(2 ** 29 + 1) } }));
  return { steps: steps.map((step) => ({ ...step, by: 'update' })) as Step[], image: () => '', state: '' };
}

/** The outcome, or what is found wrong. */
export function attempt(situation: Situation, config: string): Outcome | Diagnostic[] {
  try {
    return situation.compile(config);
  } catch (error) {
    if (error instanceof OrlopError && error.diagnostics) return [...(error.diagnostics as readonly Diagnostic[])];
    throw error;
  }
}
