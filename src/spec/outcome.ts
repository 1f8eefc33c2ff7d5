// What a plan makes, as people look at it: the container with its parts, not the steps that lead there. Pure, and for any
// engine: what orlop plan --diff and --graph show, in a terminal or in a page.

import { type Limit, limitsOf } from './limits.ts';
import { type MountedTree, mountedTree } from './mounted.ts';
import { placeOf, stepOf, stepsOf } from './steps.ts';
import type { HookStep, IdMapping, Place, Plan, Step } from './types.ts';

/** runtime-spec config-linux.md#namespaces */
export const NAMESPACES = ['user', 'mount', 'pid', 'network', 'ipc', 'uts', 'cgroup', 'time'] as const;
export type NamespaceType = (typeof NAMESPACES)[number];

export interface Namespace {
  type: NamespaceType;
  /** A new one, one that is there already, or that of whoever starts the container. */
  state: 'own' | 'joined' | 'host';
  /** Of a joined one. */
  file?: string;
  place: Place;
}

export interface IdMapsOf {
  uids: IdMapping[];
  gids: IdMapping[];
  place: Place;
}

export type CapabilitySet = 'bounding' | 'permitted' | 'effective' | 'inheritable' | 'ambient';
export const CAPABILITY_SETS: readonly CapabilitySet[] = [
  'effective',
  'permitted',
  'inheritable',
  'ambient',
  'bounding',
];

/** man 2 seccomp, by words: `calls` has those that are not left to the default action. */
export interface Seccomp {
  defaultAction: string;
  calls: Map<string, string>;
  /** By call: what the filter answers, and to which arguments. */
  conditional: Map<string, string[]>;
  architectures: string[];
  listenerPath?: string | undefined;
  place: Place;
}

export interface Device {
  file: string;
  type: string;
  major: number;
  minor: number;
  fileMode?: number;
  bound?: boolean;
  place: Place;
}

/** Which devices may be used: all or none, and exceptions such as `c 1:3 rwm`. */
export interface DeviceRules {
  isOpen: boolean;
  exceptions: { text: string; place: Place }[];
  place: Place;
}

export interface Named {
  name: string;
  value: string;
  place: Place;
}

export interface Outcome {
  namespaces: Namespace[];
  idMaps: IdMapsOf | undefined;
  tree: MountedTree;
  masked: Named[];
  readonly: Named[];
  capabilities: Record<CapabilitySet, string[]>;
  capabilitiesPlace: Place;
  user: { uid: number; gid: number; additionalGids: number[]; place: Place };
  noNewPrivileges: Place | undefined;
  apparmor: Named | undefined;
  selinux: Named | undefined;
  seccomp: Seccomp | undefined;
  limits: Limit[];
  rlimits: Named[];
  devices: Device[];
  deviceRules: DeviceRules | undefined;
  hooks: (Step & HookStep)[];
  sysctls: Named[];
  netDevices: Named[];
  /** What else is the same kind of thing: one name, one value. */
  settings: Named[];
  args: string[];
  env: string[];
  process: Place;
}

export function outcomeOf(plan: Plan): Outcome {
  const bounding = stepOf<{ names: string[] }>(plan, 'bounding');
  const sets = stepOf<{ names: Record<Exclude<CapabilitySet, 'bounding'>, string[]> }>(plan, 'capabilities');
  const user = stepOf<{ uid: number; gid: number; additionalGids: number[] }>(plan, 'user');
  const maps = stepOf<{ uidMappings: IdMapping[]; gidMappings: IdMapping[] }>(plan, 'map-ids');
  const execute = stepOf<{ args: string[]; env?: string[] }>(plan, 'execute');
  const noNewPrivileges = stepOf(plan, 'no-new-privileges');
  return {
    namespaces: namespacesOf(plan),
    idMaps: maps && { uids: maps.uidMappings, gids: maps.gidMappings, place: placeOf(maps) },
    tree: mountedTree(plan),
    masked: named<{ file: string }>(plan, 'mask', ({ file }) => [file, '']),
    readonly: named<{ file: string }>(plan, 'readonly', ({ file }) => [file, '']),
    capabilities: {
      effective: sets?.names.effective ?? [],
      permitted: sets?.names.permitted ?? [],
      inheritable: sets?.names.inheritable ?? [],
      ambient: sets?.names.ambient ?? [],
      bounding: bounding?.names ?? [],
    },
    capabilitiesPlace: placeOf(sets),
    user: {
      uid: user?.uid ?? 0,
      gid: user?.gid ?? 0,
      additionalGids: user?.additionalGids ?? [],
      place: placeOf(user),
    },
    noNewPrivileges: noNewPrivileges && placeOf(noNewPrivileges),
    apparmor: named<{ profile: string }>(plan, 'apparmor', ({ profile }) => [profile, profile])[0],
    selinux: named<{ label: string }>(plan, 'selinux', ({ label }) => [label, label])[0],
    seccomp: seccompOf(plan),
    limits: limitsOf(plan),
    rlimits: named<{ type: string; soft: string; hard: string }>(plan, 'rlimit', ({ type, soft, hard }) => [
      type,
      soft === hard ? unlimited(soft) : `${unlimited(soft)} (hard ${unlimited(hard)})`,
    ]),
    devices: stepsOf<Omit<Device, 'place'>>(plan, 'device').map((step) => ({ ...step, place: placeOf(step) })),
    deviceRules: deviceRulesOf(plan),
    hooks: stepsOf<HookStep>(plan, 'hook'),
    sysctls: named<{ key: string; value: string }>(plan, 'sysctl', ({ key, value }) => [key, value]),
    netDevices: named<{ name: string; newName: string }>(plan, 'net-device', ({ name, newName }) => [name, newName]),
    settings: settingsOf(plan),
    args: execute?.args ?? [],
    env: execute?.env ?? [],
    process: placeOf(execute),
  };
}

/** include/uapi/asm-generic/resource.h: RLIM_INFINITY is no number to show. */
function unlimited(value: string): string {
  return value === '18446744073709551615' ? 'unlimited' : value;
}

function named<T>(plan: Plan, verb: string, pair: (step: Step & T) => [string, string]): Named[] {
  return stepsOf<T>(plan, verb).map((step) => {
    const [name, value] = pair(step);
    return { name, value, place: placeOf(step) };
  });
}

function namespacesOf(plan: Plan): Namespace[] {
  const clone = stepOf<{ namespaces?: string[] }>(plan, 'clone');
  const own = new Map((clone?.namespaces ?? []).map((type) => [type, placeOf(clone)]));
  // These the container's process makes for itself.
  for (const type of ['cgroup', 'time', 'ipc'] as const) {
    const step = stepOf(plan, `${type}-namespace`);
    if (step) own.set(type, placeOf(step));
  }
  const joined = new Map(
    stepsOf<{ namespace: string; file: string }>(plan, 'join').map((step) => [step.namespace, step]),
  );
  return NAMESPACES.map((type) => {
    const join = joined.get(type);
    if (join) return { type, state: 'joined', file: join.file, place: placeOf(join) };
    const place = own.get(type);
    return place ? { type, state: 'own', place } : { type, state: 'host', place: {} };
  });
}

interface SeccompStep {
  defaultAction: string;
  architectures: string[];
  listenerPath?: string;
  calls: Record<string, string[]>;
  conditional: { name: string; action: string; if: string[] }[];
}

function seccompOf(plan: Plan): Seccomp | undefined {
  const step = stepOf<SeccompStep>(plan, 'seccomp');
  if (!step) return undefined;
  const calls = new Map<string, string>();
  for (const [action, names] of Object.entries(step.calls)) for (const name of names) calls.set(name, action);
  const conditional = new Map<string, string[]>();
  for (const { name, action, if: conditions } of step.conditional) {
    conditional.set(name, [...(conditional.get(name) ?? []), `${action} if ${conditions.join(' and ')}`]);
  }
  const { defaultAction, architectures, listenerPath } = step;
  return { defaultAction, architectures, listenerPath, calls, conditional, place: placeOf(step) };
}

/** The files of cgroup v1, or the program of v2, which say the same. */
function deviceRulesOf(plan: Plan): DeviceRules | undefined {
  const filter = stepOf<{ rules: string[] }>(plan, 'device-filter');
  const files = stepsOf<{ file: string; value: string }>(plan, 'limit').filter(({ file }) =>
    file.startsWith('devices.'),
  );
  const lines = filter
    ? filter.rules.map((text) => ({ text, place: placeOf(filter) }))
    : files.map((step) => ({ text: `${step.file.slice('devices.'.length)} ${step.value}`, place: placeOf(step) }));
  const [first, ...others] = lines;
  if (first === undefined) return undefined;
  const exceptions = others.map(({ text, place }) => ({ text: text.slice(text.indexOf(' ') + 1), place }));
  return { isOpen: first.text === 'allow a', exceptions, place: first.place };
}

/** Verbs with one thing to say, the words for it, and the field that says it. */
const SETTINGS: readonly (readonly [string, string, (step: Step) => string])[] = [
  ['hostname', 'host name', ({ name }) => String(name)],
  ['domainname', 'domain name', ({ name }) => String(name)],
  ['cwd', 'working directory', ({ directory }) => String(directory)],
  ['umask', 'umask', ({ umask }) => `0${Number(umask).toString(8).padStart(3, '0')}`],
  ['oom-score', 'OOM score', ({ score }) => String(score)],
  ['terminal', 'terminal', () => 'yes'],
  ['reaper', 'first process that reaps orphans', () => 'yes'],
  ['personality', 'personality', ({ persona }) => (persona === 8 ? 'LINUX32' : 'LINUX')],
  ['scheduler', 'scheduler', schedulerOf],
  ['io-priority', 'I/O priority', (step) => `${step.class} ${step.priority}`],
  ['memory-policy', 'memory policy', ({ mode, nodes }) => `${mode} ${nodes ?? ''}`.trim()],
  ['affinity', 'CPUs of the launch', ({ cpus }) => String(cpus)],
  ['rdt', 'resource control group', ({ directory, schemata }) => `${directory} ${schemata ?? ''}`.trim()],
  ['root', 'root filesystem', ({ directory }) => String(directory)],
  ['create-cgroup', 'cgroup', ({ cgroup }) => String(cgroup)],
];

function schedulerOf({ policy, nice, priority, flags, runtime, deadline, period }: Step): string {
  const times =
    runtime === undefined ? '' : `, ${runtime} of ${deadline} ns${period === undefined ? '' : ` each ${period}`}`;
  const words = Array.isArray(flags) ? `, ${flags.join(', ')}` : '';
  return `${policy}, nice ${nice}, priority ${priority}${times}${words}`;
}

function settingsOf(plan: Plan): Named[] {
  const settings = SETTINGS.flatMap(([verb, name, value]) =>
    stepsOf(plan, verb).map((step) => ({ name, value: value(step), place: placeOf(step) })),
  );
  const clocks = named<{ clock: string; secs: string; nanosecs: string }>(
    plan,
    'offset-clock',
    ({ clock, secs, nanosecs }) => [
      `offset of the clock ${clock}`,
      nanosecs === '0' ? `${secs} s` : `${secs} s ${nanosecs} ns`,
    ],
  );
  const propagation = named<{ propagation?: string }>(plan, 'pivot', (step) => [
    'propagation of the root mount',
    step.propagation ?? 'private',
  ]);
  return [...settings, ...clocks, ...propagation];
}
