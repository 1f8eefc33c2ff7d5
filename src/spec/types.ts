/** What crosses between the module and its hosts, version 1; orlop.v1.schema.json says the same as JSON Schema. */

/** A finding about config.json. Lines and columns count from 1, columns in UTF-16 code units. */
export interface Diagnostic {
  /** Stable id, `OCI302`. */
  rule: string;
  name: string;
  severity: 'error' | 'warning' | 'info';
  message: string;
  help?: string;
  /** JSON pointer, '' for the document. */
  path: string;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  /** Other places that have to do with it. */
  related?: Related[];
  /** What makes it go away. */
  fix?: Fix;
}

/** Another place that a finding speaks of. */
export interface Related {
  /** What is there: "the first one". */
  message: string;
  path: string;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
}

export interface Fix {
  /** For a menu: `add "rbind" to options`. */
  title: string;
  /** It changes nothing about a container that starts as the config is now. All others somebody has to look at. */
  safe: boolean;
  /** In the order of the document; none overlaps another. */
  edits: Edit[];
}

/** Text for a range of the document. */
export interface Edit {
  /** Bytes of UTF-8, `end` behind the last one. */
  start: number;
  end: number;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  text: string;
}

/** Sets of rules, each with all of those before it; `none` has none but those that `rules` names. */
export type Preset = 'none' | 'spec' | 'recommended' | 'hardened' | 'strict';

/** What to lint for. Left out, it is the preset "recommended". */
export interface LintOptions {
  preset?: Preset;
  /** By id or name: `{ "OCI905": "error", "writable-rootfs": "off" }`. */
  rules?: Record<string, 'off' | 'info' | 'warn' | 'error'>;
  ignores?: Ignore[];
  /**
   * Runtimes that the config is for: `runc@1.1`, `crun`, `youki@0.6`, `orlop`, or what `RUNTIME features` prints, as an
   * object. They add what is ignored or refused there.
   */
  targets?: (string | object)[];
  /** fix() applies unsafe fixes too. */
  unsafe?: boolean;
}

/** A place that a rule is not to speak of. */
export interface Ignore {
  rule: string;
  /** JSON pointer, of the place and all below; the step `*` stands for any. Left out, it is the whole document. */
  path?: string;
  /** For whoever reads it later. */
  reason: string;
}

export interface LintResult {
  /** Sorted by position. */
  diagnostics: Diagnostic[];
  /** Indices of `ignores` that nothing in this document needed. */
  unusedIgnores: number[];
}

export interface FixResult<Text = Uint8Array> {
  /** UTF-8 unless it is a string; what is outside of edits is as it was. */
  text: Text;
  /** How many fixes have been applied. */
  fixes: number;
}

/** What a rule is. */
export interface Rule {
  id: string;
  name: string;
  severity: Diagnostic['severity'];
  /** The smallest that has it; `host` for what only a launch, an update or a check of the host can tell. */
  preset: Exclude<Preset, 'none'> | 'host';
  fix?: 'safe' | 'unsafe';
  summary: string;
  /** What comes of it. */
  why: string;
  /** Examples: members to be merged into a config (RFC 7396), or a whole text. */
  bad?: string;
  good?: string;
  /** Where the spec, the kernel or a runtime says so. */
  reference: string;
}

/** Facts of the host that the compiler must not look up. Left out, it is a reference host: cgroup v2, all capabilities. */
export interface Facts {
  /** Capabilities that the caller holds, hexadecimal, bit n for capability n. */
  capabilities?: string;
  /** The caller, as its user namespace numbers him, and whether that is another than the first. */
  uid?: number;
  gid?: number;
  userNamespace?: boolean;
  /** The caller's RLIMIT_NOFILE, decimal. */
  nofileSoft?: string;
  nofileHard?: string;
  /** Security modules that are enabled; left out, all. */
  security?: string[];
  /** Where the resctrl filesystem is mounted, '' for nowhere; left out, /sys/fs/resctrl. */
  resctrl?: string;
  cgroup?: CgroupFacts;
  /** With the cgroupManager systemd: that which makes the container's unit. */
  systemd?: SystemdFacts;
}

export interface SystemdFacts {
  version: number;
  /** The cgroup of a user's systemd, '' for that of the system. */
  controlGroup?: string;
  isUser?: boolean;
}

export interface CgroupFacts {
  layout: 'v1' | 'hybrid' | 'v2' | 'none';
  /** Why the caller may make no cgroup of his own choice; one that config.json names is tried. */
  denied?: string;
  /** v2: the caller's cgroup, where the container may get none of its own; '' for the root. */
  own?: string;
  /** The cgroup below which those are made that config.json does not name: that of a user, '' for the root. */
  base?: string;
  /** v2: where it is mounted, and cgroup.controllers there. */
  mount?: string;
  controllers?: string[];
  /** hybrid: the mount of the v2 hierarchy beside those of v1. */
  unified?: string;
  hierarchies?: { mount: string; name?: string; controllers: string[]; own?: string }[];
}

/** One launch: what the user asks for beside config.json. */
export interface Request {
  version: 1;
  id?: string;
  /** Absolute. */
  bundle?: string;
  noPivot?: boolean;
  preserveFds?: number;
  ignoreUnsupported?: boolean;
  /** Keep the caller's session keyring: man 7 session-keyring. */
  noNewKeyring?: boolean;
  /** NAME=VALUE each, added to its environment. */
  environment?: string[];
  /** Directory of the host with notify.sock: man 3 sd_notify. */
  notify?: string;
  /** Who makes the container's cgroup. Default: cgroupfs, the host itself. */
  cgroupManager?: CgroupManager;
  /** Of an update: the container's unit. */
  unit?: string;
  /** For exec(). */
  exec?: ExecRequest;
  facts?: Facts;
  /** Of an update: files of the container's cgroup, and what they hold now. */
  current?: Record<string, string>;
}

export type CgroupManager = 'cgroupfs' | 'systemd' | 'disabled';

/** What `exec` asks for beside the process that it starts from; args, cwd and user replace, the rest is added. */
export interface ExecRequest {
  args?: string[];
  cwd?: string;
  env?: string[];
  uid?: number;
  gid?: number;
  additionalGids?: number[];
  capabilities?: string[];
  noNewPrivileges?: boolean;
  apparmorProfile?: string;
  selinuxLabel?: string;
  terminal?: boolean;
  /** Directories of v1 hierarchies that the process enters. */
  cgroups?: string[];
}

/** One thing that a launch does. The fields beside these depend on the verb. */
export interface Step {
  verb: string;
  by: 'host' | 'launcher' | 'init';
  /** The step in a few words. */
  text: string;
  /** Where config.json asked for it; absent for what every launch does. */
  path?: string;
  line?: number;
  column?: number;
  [field: string]: unknown;
}

/** Where config.json asked for something. */
export interface Place {
  path?: string;
  line?: number;
  column?: number;
}

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
  /** Seconds. */
  timeout?: number;
}

/** Only a filter that notifies is the host's affair. */
export interface SeccompStep extends HostStep {
  verb: 'seccomp';
  listenerPath: string;
  listenerMetadata: string;
}

/** What a host needs of a plan to launch it. */
export interface HostPlan {
  version: 1;
  id: string;
  bundle: string;
  ociVersion: string;
  annotations: Record<string, string>;
  home?: number;
  /** The container has one, new or joined. */
  userNamespace?: boolean;
  steps: HostStep[];
  diagnostics: Diagnostic[];
}

/** The answer of update(). */
export interface UpdatePlan {
  version: 1;
  steps: (LimitStep | DeviceFilterStep | UnitPropertiesStep)[];
  diagnostics: Diagnostic[];
}

export interface Plan {
  version: 1;
  id: string;
  bundle: string;
  ociVersion: string;
  preserveFds: number;
  annotations: Record<string, string>;
  /** The environment has no HOME: the host looks it up for this uid, and gives it to image(). */
  home?: number;
  steps: Step[];
  diagnostics: Diagnostic[];
}

/** What a launch carries out, by the names that config.json has for it. */
export interface Names {
  version: 1;
  mountOptions: string[];
  capabilities: string[];
  namespaces: string[];
  /** Those of config.json that change what a launch does. */
  annotations: string[];
  memoryPolicyModes: string[];
  memoryPolicyFlags: string[];
  seccomp: { actions: string[]; operators: string[]; archs: string[]; flags: string[] };
}

/** A line of the program's listing; `step` is an index into the plan's steps. */
export interface Row {
  row: number;
  text: string;
  step?: number;
  /** What the row is about, line by line: a seccomp filter. */
  detail?: string[];
}

/** A launch image and what it was made from. */
export interface LaunchImage {
  plan: Plan;
  /** The ELF file. */
  bytes: Uint8Array;
  /** Its listing; `step` of a row is an index into the steps of the plan. */
  rows: Row[];
}

/** What a failed row means. */
export interface Failure {
  version: 1;
  row?: number;
  call?: string;
  errno?: number;
  message: string;
  hint?: string;
  path?: string;
  line?: number;
  column?: number;
}
