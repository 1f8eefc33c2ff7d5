/** A value that is well formed, and that the kernel or another of the host refuses. */
export interface Refusal {
  /** Put into the config of `orlop spec`, by JSON pointer; `-` is the end of a list. */
  config: Record<string, unknown>;
  /** What the error blames: the field, or the object whose fields make one call. */
  pointer: string;
  /** The call, its errno; where a host lacks something altogether the finding that says so. */
  says: (string | RegExp)[];
  /** Words before the command: another caller. */
  prefix?: string[];
  /** Not of the container's own process: of one more in it. */
  isExec?: boolean;
  /** The container goes on. */
  isWarning?: boolean;
}

/** By field: a value that is refused, or why none is. */
export type Refusals = Record<string, Refusal | string>;

export const FINDING = 'nothing: what could be is a finding';

export const LONG = 'x'.repeat(300);
/** MAX_ARG_STRLEN is 128 KiB. */
export const HUGE = 'x'.repeat(140_000);

/** To the kernel its root is nobody: what takes privileges of the first user namespace is refused. */
export const USER_NAMESPACE = {
  '/linux/namespaces/-': { type: 'user' },
  '/linux/uidMappings': [{ containerID: 0, hostID: 100_000, size: 65_536 }],
  '/linux/gidMappings': [{ containerID: 0, hostID: 100_000, size: 65_536 }],
};

export function after(line: string, ...unshare: string[]): string[] {
  return ['unshare', ...unshare, '--', 'sh', '-ec', `${line}; exec "$@"`, 'sh'];
}
