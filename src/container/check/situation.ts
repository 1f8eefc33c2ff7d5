import type { Facts } from '../../linux/facts.ts';
import { capabilities } from '../../linux/process.ts';
import { stepOf } from '../../spec/steps.ts';
import type { IdMaps, Plan } from '../../spec/types.ts';
import type { Walker } from './path.ts';
import type { HostReport } from './report.ts';

/** What every check gets. */
export interface Situation {
  plan: Plan;
  facts: Facts;
  report: HostReport;
  caller: Walker;
  /** Who the root of the container's user namespace is on the host, if it gets one. */
  root: Walker | undefined;
  holds(capability: number): boolean;
}

/** include/uapi/linux/capability.h */
export const CAP_DAC_OVERRIDE = 1;
export const CAP_SYS_ADMIN = 21;
export const CAP_SYS_RESOURCE = 24;

export function situationOf(plan: Plan, facts: Facts, report: HostReport): Situation {
  const { effective } = capabilities();
  const { uid, gid } = facts;
  return {
    plan,
    facts,
    report,
    caller: { name: uid === 0 ? 'root' : `user ${uid}`, isCaller: true, uid, gid },
    root: rootOf(plan),
    holds: (capability) => ((effective >> BigInt(capability)) & 1n) === 1n,
  };
}

/** Whoever makes things in the namespace: the step that becomes it says which of its ids that is. */
function rootOf(plan: Plan): Walker | undefined {
  const maps = stepOf<IdMaps>(plan, 'map-ids');
  const identity = stepOf<{ uid: number; gid: number }>(plan, 'identity');
  if (!maps || !identity) return undefined;
  const outside = (lines: IdMaps['uidMappings'], id: number): number => {
    const line = lines.find(({ containerID, size }) => id >= containerID && id < containerID + size);
    return line ? line.hostID + id - line.containerID : id;
  };
  const uid = outside(maps.uidMappings, identity.uid);
  const gid = outside(maps.gidMappings, identity.gid);
  return { name: `the container's root, uid ${uid} of the host,`, isCaller: false, uid, gid };
}
