// Parts of a config that tests change.

import type { Mount, Patch } from './bundle.ts';

export const mount =
  (...mounts: Mount[]): Patch =>
  (config) => {
    config.mounts.push(...mounts);
  };

export const linux =
  (fields: Record<string, unknown>): Patch =>
  (config) => {
    Object.assign(config.linux, fields);
  };

export const process_ =
  (fields: Record<string, unknown>): Patch =>
  (config) => {
    Object.assign(config.process, fields);
  };

export const without =
  (...types: string[]): Patch =>
  (config) => {
    config.linux.namespaces = config.linux.namespaces.filter(({ type }) => !types.includes(type));
  };

/** Every capability, for containers that look at what else keeps them. */
export const privileged: Patch = (config) => {
  const all = ['CAP_SYS_ADMIN', 'CAP_MKNOD', 'CAP_SYS_CHROOT', 'CAP_DAC_OVERRIDE', 'CAP_SETUID', 'CAP_SETGID'];
  config.process.capabilities = { bounding: all, effective: all, permitted: all };
};

export const joining =
  (type: string, path: string): Patch =>
  (config) => {
    config.linux.namespaces = [...config.linux.namespaces.filter((one) => one.type !== type), { type, path }];
    config.hostname = undefined;
  };
