import { OrlopError } from '../error.ts';
import { capabilities } from '../linux/process.ts';

/** include/uapi/linux/capability.h: what making a container takes, and what for. */
const NEEDED: readonly (readonly [number, string, string])[] = [
  [21, 'CAP_SYS_ADMIN', 'namespaces and mounts'],
  [18, 'CAP_SYS_CHROOT', 'the change of root'],
  [6, 'CAP_SETGID', 'the groups of the process'],
  [7, 'CAP_SETUID', 'the user of the process'],
  [8, 'CAP_SETPCAP', 'its capabilities'],
];

/**
 * The check of who may run it: says exactly what is missing, before anything is tried. In a user namespace of its own a
 * container has all of it, whoever has started it.
 */
export function checkPrivileges({ userNamespace }: { userNamespace?: boolean }): void {
  if (userNamespace) return;
  const { effective } = capabilities();
  const missing = NEEDED.filter(([bit]) => ((effective >> BigInt(bit)) & 1n) === 0n);
  if (missing.length === 0) return;
  const list = missing.map(([, name, what]) => `${name} (for ${what})`).join(', ');
  const uid = process.geteuid?.() ?? 0;
  throw new OrlopError(
    'usage/invalid',
    `user ${uid} may not make containers without a user namespace: missing ${list}`,
    {
      hint:
        uid === 0
          ? 'this process is confined: start it with these capabilities'
          : 'start it as root, or let the container have a user namespace: "orlop spec --rootless" writes such a config',
    },
  );
}
