// The steps of a plan that are the host's to carry out.

import type { Place } from './plan.ts';

/** A step as prepare() answers it; `step` is its index in the plan, for place(). */
export interface HostStep {
  step: number;
  verb: string;
  [field: string]: unknown;
}

export interface RootStep extends HostStep {
  verb: 'root';
  directory: string;
}

/** Only those that copy up are the host's affair. */
export interface MountStep extends HostStep {
  verb: 'mount';
  destination: string;
  data?: string[];
}

/** Only those that copy a link are the host's affair. */
export interface BindStep extends HostStep {
  verb: 'bind';
  source: string;
  destination: string;
}

/** A range of ids: runtime-spec config-linux.md#user-namespace-mappings */
export interface IdMapping {
  containerID: number;
  hostID: number;
  size: number;
}

/** The maps of a user namespace. */
export interface IdMaps {
  uidMappings: IdMapping[];
  gidMappings: IdMapping[];
  /** setgroups(2) is forbidden for good: only then may an ordinary user map his group. */
  deniesGroups?: boolean;
  /** Programs that write the maps in place of a host without privileges. */
  uidHelper?: string;
  gidHelper?: string;
}

export interface MapIdsStep extends HostStep, IdMaps {
  verb: 'map-ids';
}

/** Of a new user namespace; one that is there the image finds by itself. */
export interface MountIdsStep extends HostStep, IdMaps {
  verb: 'mount-ids';
}

/** Of a container in a user namespace, whose own root may raise no limit. */
export interface RlimitStep extends HostStep {
  verb: 'rlimit';
  type: string;
  resource: number;
  soft: string;
  hard: string;
}

export interface CreateCgroupStep extends HostStep {
  verb: 'create-cgroup';
  cgroup: string;
  directories: string[];
  controllers?: string[];
  birthplace?: string;
}

export interface LimitStep extends HostStep {
  verb: 'limit';
  directory: string;
  file: string;
  value: string;
  otherFile?: string;
  otherValue?: string;
  optional?: boolean;
  /** Only once the image is ready: device rules, which would forbid it to make nodes. */
  late?: boolean;
}

/** cgroup v2: filter() answers the program that comes to `directory` once the image is ready, or in place of the last. */
export interface DeviceFilterStep extends HostStep {
  verb: 'device-filter';
  directory: string;
  rules: string[];
}

/** A property of a systemd unit; its value as text, whatever its D-Bus type. */
export interface UnitProperty {
  name: string;
  /** D-Bus signature. */
  type: string;
  /** A number in decimal, a boolean as true or false, bytes in hexadecimal; of `a(ss)` two words with a space between. */
  value: string | string[];
}

/** To be started with the launcher in it, which waits for that. */
export interface StartUnitStep extends HostStep {
  verb: 'start-unit';
  unit: string;
  properties: UnitProperty[];
}

/** Before any limit is written: systemd may write the same files. */
export interface UnitPropertiesStep extends HostStep {
  verb: 'unit-properties';
  unit: string;
  properties: UnitProperty[];
}

/** The files of /sys/kernel/cgroup/delegate in this directory, and it itself, become this user's. */
export interface DelegateStep extends HostStep {
  verb: 'delegate';
  directory: string;
  uid: number;
}

/** The resource control group of the container's processes. */
export interface RdtStep extends HostStep {
  verb: 'rdt';
  directory: string;
  /** It has been made before. */
  mustExist?: boolean;
  /** It has a name of its own: if it is there, it has to allow what `schemata` says. */
  shared?: boolean;
  schemata?: string[];
  /** Directory of a monitoring group of the container's own. */
  monitor?: string;
}

/** A network device of the host that goes to the container. */
export interface NetDeviceStep extends HostStep {
  verb: 'net-device';
  name: string;
  /** `%d` in it stands for a number that the kernel finds. */
  newName: string;
}

/** A program of the host's, or, for createContainer and startContainer, of the container's: runtime-spec config.md#posix-platform-hooks. */
export interface HookStep extends HostStep, Place {
  verb: 'hook';
  kind: 'prestart' | 'createRuntime' | 'createContainer' | 'startContainer' | 'poststart' | 'poststop';
  file: string;
  args: string[];
  env?: string[];
  /** Whose environment it has where config.json gives it none. */
  inherits?: 'caller' | 'process';
  /** Seconds. */
  timeout?: number;
}

/** Only a filter that notifies is the host's affair. */
export interface SeccompStep extends HostStep {
  verb: 'seccomp';
  listenerPath: string;
  listenerMetadata: string;
}
