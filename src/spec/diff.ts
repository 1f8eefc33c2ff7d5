import type { Change } from './diff/change.ts';
import { Changes } from './diff/change.ts';
import { diffDevices } from './diff/devices.ts';
import { diffLimits } from './diff/limits.ts';
import { diffMounts } from './diff/mounts.ts';
import { diffNamespaces } from './diff/namespaces.ts';
import { diffPrivileges } from './diff/privileges.ts';
import { diffHooks, diffProcess } from './diff/program.ts';
import { diffSeccomp } from './diff/seccomp.ts';
import { outcomeOf } from './outcome.ts';
import type { Plan } from './types.ts';

export type { Area, Change, Effect } from './diff/change.ts';

/**
 * What is different about the container that `after` makes, in the words of a security review, the gravest first: what it
 * gains, what is changed, what it loses. Empty if nothing is. Both plans are for the same host.
 */
export function diff(before: Plan, after: Plan): Change[] {
  const changes = new Changes();
  const old = outcomeOf(before);
  const now = outcomeOf(after);
  diffPrivileges(changes, old, now);
  diffNamespaces(changes, old, now);
  diffMounts(changes, old, now);
  diffDevices(changes, old, now);
  diffSeccomp(changes, old.seccomp, now.seccomp);
  diffHooks(changes, old, now);
  diffLimits(changes, old, now);
  diffProcess(changes, old, now);
  diffAnnotations(changes, before, after);
  return changes.sorted;
}

function diffAnnotations(changes: Changes, before: Plan, after: Plan): void {
  const names = new Set([...Object.keys(before.annotations), ...Object.keys(after.annotations)]);
  for (const name of names) {
    const old = before.annotations[name];
    const now = after.annotations[name];
    if (old === now) continue;
    const verb = old === undefined ? 'is added' : now === undefined ? 'is removed' : 'has another value';
    const place = { path: `/annotations/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` };
    changes.add('process', 'changes', 1, `the annotation ${name} ${verb}`, {
      before: old === undefined ? undefined : place,
      after: now === undefined ? undefined : place,
    });
  }
}
