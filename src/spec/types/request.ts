// What a launch is asked for, and what the compiler has to know of its host.

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
