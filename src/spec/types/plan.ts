// What a launch will do, as the module answers it.

import type { Diagnostic } from './finding.ts';
import type { DeviceFilterStep, HostStep, LimitStep, UnitPropertiesStep } from './host-step.ts';

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
  /** The uid that pipes at fds 0 to 2 are given to; absent where they are nobody's to give, or root's already. */
  stdioOwner?: number;
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
