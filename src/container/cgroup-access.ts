// Which cgroups a caller without privileges has: on version 2 what systemd, or an administrator, has given to him.

import { accessSync, constants, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Facts } from '../linux/facts.ts';
import type { CgroupFacts } from '../spec/types.ts';

/** Without a cgroup that the caller may make, the container has none; `auto`: if he is not root of the machine. */
export type Rootless = 'true' | 'false' | 'auto';

/** The host's cgroups as far as they are the caller's. */
export function accessibleCgroups(facts: Facts, rootless: Rootless = 'auto'): CgroupFacts {
  const { cgroup, uid, userNamespace } = facts;
  if (cgroup.layout === 'none') return cgroup;
  const isRootless = rootless === 'true' || (rootless === 'auto' && (uid !== 0 || userNamespace));
  if (!isRootless) return cgroup;
  const who = userNamespace ? `user ${uid} of this user namespace` : `user ${uid}`;
  if (cgroup.layout !== 'v2') {
    const closed = cgroup.hierarchies.find(({ mount }) => !isWritable(mount));
    return closed ? { ...cgroup, denied: `${who} may not write ${closed.mount}` } : cgroup;
  }
  const own = ownCgroup();
  // Beside the cgroup of the caller: it has a process, and so hands no controller down.
  const base = [dirname(own), own].find((path) => mayDivide(join(cgroup.mount, path)));
  if (base !== undefined) return { ...cgroup, base: base === '/' ? '' : base };
  return {
    ...cgroup,
    denied: `${who} may not write ${join(cgroup.mount, dirname(own))}: no cgroup is delegated to him`,
  };
}

/** man 7 cgroups: the v2 line of /proc/self/cgroup. */
function ownCgroup(): string {
  return /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
}

/** Make a cgroup in it, and move a process there from another below it. */
function mayDivide(directory: string): boolean {
  return isWritable(directory) && isWritable(join(directory, 'cgroup.procs'));
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
