import type { Options } from './command.ts';

/** The options that stand before the command; the order is that of the help. */
export const GLOBALS: Options = {
  root: { value: 'DIR', help: 'where the state of containers is kept (default: /run/orlop)' },
  log: { value: 'FILE', help: 'where to write warnings and errors' },
  'log-format': { value: 'FORMAT', help: 'text or json (default: text)' },
  debug: { help: 'write more to the log' },
  'ignore-unsupported': { help: 'warn of config fields that orlop cannot carry out yet, and go on without them' },
  'systemd-cgroup': { help: 'not supported yet' },
  rootless: { value: 'WORD', help: 'true, false or auto: only false, or auto as root, is supported yet' },
  help: { short: 'h', help: 'print this' },
  version: { short: 'v', help: 'print the version' },
};
