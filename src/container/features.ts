import { launchModule } from '../spec/embedded.ts';
import { SpecDocument } from '../spec/module.ts';
import { OCI_VERSION, VERSION } from '../version.ts';

/** runtime-spec features.md */
export interface Features {
  ociVersionMin: string;
  ociVersionMax: string;
  hooks: string[];
  mountOptions: string[];
  linux: LinuxFeatures;
  annotations: Record<string, string>;
  potentiallyUnsafeConfigAnnotations: string[];
}

/** runtime-spec features-linux.md */
export interface LinuxFeatures {
  namespaces: string[];
  capabilities: string[];
  cgroup: { v1: boolean; v2: boolean; systemd: boolean; systemdUser: boolean; rdma: boolean };
  seccomp: {
    enabled: boolean;
    actions: string[];
    operators: string[];
    archs: string[];
    knownFlags: string[];
    supportedFlags: string[];
  };
  apparmor: { enabled: boolean };
  selinux: { enabled: boolean };
  intelRdt: { enabled: boolean; schemata: boolean; monitoring: boolean };
  memoryPolicy: { modes: string[]; flags: string[] };
  mountExtensions: { idmap: { enabled: boolean } };
  netDevices: { enabled: boolean };
}

/**
 * What orlop carries out, whatever the host has. The lists are the translator's own; what is false here is an error in a
 * config of it, and test/container/features.test.ts asks the translator if that is still so.
 */
export function features(): Features {
  const names = SpecDocument.names(launchModule());
  return {
    ociVersionMin: '1.0.0',
    ociVersionMax: OCI_VERSION,
    hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
    mountOptions: names.mountOptions.sort(),
    linux: {
      namespaces: names.namespaces.sort(),
      capabilities: names.capabilities,
      cgroup: { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true },
      seccomp: {
        enabled: true,
        actions: names.seccomp.actions,
        operators: names.seccomp.operators,
        archs: names.seccomp.archs,
        knownFlags: names.seccomp.flags,
        supportedFlags: names.seccomp.flags,
      },
      apparmor: { enabled: true },
      selinux: { enabled: true },
      intelRdt: { enabled: true, schemata: true, monitoring: true },
      memoryPolicy: { modes: names.memoryPolicyModes, flags: names.memoryPolicyFlags },
      mountExtensions: { idmap: { enabled: true } },
      netDevices: { enabled: true },
    },
    annotations: { 'dev.orlop.version': VERSION },
    potentiallyUnsafeConfigAnnotations: names.annotations,
  };
}
