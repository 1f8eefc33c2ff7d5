import type { Options } from './command.ts';

/** The options that stand before the command; the order is that of the help. */
export const GLOBALS: Options = {
  root: {
    value: 'DIR',
    help: 'where the state of containers is kept (default: /run/orlop, for users $XDG_RUNTIME_DIR/orlop)',
  },
  log: { value: 'FILE', help: 'where to write warnings and errors' },
  'log-format': { value: 'FORMAT', words: ['text', 'json'], help: 'text or json (default: text)' },
  'systemd-log': { help: 'write warnings and errors to the journal of systemd' },
  debug: { help: 'write more to the log' },
  'ignore-unsupported': { help: 'warn of config fields that orlop cannot carry out yet, and go on without them' },
  'systemd-cgroup': { help: 'let systemd make the cgroup, as --cgroup-manager systemd' },
  'cgroup-manager': {
    value: 'MANAGER',
    words: ['cgroupfs', 'systemd', 'disabled'],
    help: 'who makes the cgroup: cgroupfs (orlop itself), systemd or disabled (default: cgroupfs)',
  },
  rootless: {
    value: 'MODE',
    words: ['true', 'false', 'auto'],
    help: 'true, false or auto: whether who may make no cgroup does without (default: auto)',
  },
  help: { short: 'h', help: 'print this' },
  version: { short: 'v', help: 'print the version' },
};

/** What every command takes behind it. */
export const EVERYWHERE: Options = { help: GLOBALS.help as NonNullable<Options[string]> };
