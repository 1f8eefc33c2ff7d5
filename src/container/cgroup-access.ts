// Which cgroups a caller without privileges has: on version 2 what systemd, or an administrator, has given to him.

import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CgroupHierarchy, CgroupLayout, Facts } from '../linux/facts.ts';
import type { CgroupFacts, CgroupManager } from '../spec/types.ts';

/** Without a cgroup that the caller may make, the container has none; `auto`: if he is not root of the machine. */
export type Rootless = 'true' | 'false' | 'auto';

/** The host's cgroups as far as they are the caller's. */
export function accessibleCgroups(facts: Facts, rootless: Rootless = 'auto', manager?: CgroupManager): CgroupFacts {
  const { cgroup, uid, userNamespace } = facts;
  if (cgroup.layout === 'none') return cgroup;
  const isRootless = rootless === 'true' || (rootless === 'auto' && (uid !== 0 || userNamespace));
  if (!isRootless) return manager === 'disabled' ? withOwn(cgroup) : cgroup;
  const who = userNamespace ? `user ${uid} of this user namespace` : `user ${uid}`;
  if (cgroup.layout !== 'v2') {
    const closed = cgroup.hierarchies.find(({ mount }) => !isWritable(mount));
    return closed ? { ...withOwn(cgroup), denied: `${who} may not write ${closed.mount}` } : cgroup;
  }
  const own = ownCgroup({});
  // Beside the cgroup of the caller: it has a process, and so hands no controller down.
  const base = [dirname(own), own].find((path) => mayDivide(join(cgroup.mount, path)));
  if (base !== undefined) return { ...cgroup, base: base === '/' ? '' : base };
  return {
    ...withOwn(cgroup),
    denied: `${who} may not write ${join(cgroup.mount, dirname(own))}: no cgroup is delegated to him`,
  };
}

/** On version 1 with the cgroups of the caller, which a container is in that gets none of its own. */
function withOwn(cgroup: Exclude<CgroupLayout, { layout: 'none' }>): CgroupFacts {
  if (cgroup.layout === 'v2') return cgroup;
  const hierarchies = cgroup.hierarchies.map((hierarchy) => ({
    ...hierarchy,
    own: ownBelow(hierarchy.mount, ownCgroup(hierarchy)),
  }));
  return { ...cgroup, hierarchies };
}

/** man 7 cgroups: what /proc/self/cgroup says of a hierarchy; of version 2 without controllers and a name. */
function ownCgroup({ controllers, name }: Partial<CgroupHierarchy>): string {
  const known = name === undefined ? (controllers ?? ['']) : [`name=${name}`];
  for (const line of readFileSync('/proc/self/cgroup', 'utf8').trimEnd().split('\n')) {
    const [, ofLine = '', ...path] = line.split(':');
    if (ofLine.split(',').some((word) => known.includes(word))) return path.join(':');
  }
  return '/';
}

/** The same below a mount; '' for its root, also where the mount does not show so much. */
function ownBelow(mount: string, cgroup: string): string {
  return cgroup !== '/' && existsSync(join(mount, cgroup)) ? cgroup : '';
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
