import { isDangerous } from '../danger.ts';
import { CAPABILITY_SETS, type Outcome } from '../outcome.ts';
import type { Changes } from './change.ts';

export function diffPrivileges(changes: Changes, before: Outcome, after: Outcome): void {
  diffCapabilities(changes, before, after);
  diffNoNewPrivileges(changes, before, after);
  diffUser(changes, before, after);
  diffConfinement(changes, 'AppArmor profile', before.apparmor, after.apparmor);
  diffConfinement(changes, 'SELinux label', before.selinux, after.selinux);
}

function diffCapabilities(changes: Changes, before: Outcome, after: Outcome): void {
  const places = { before: before.capabilitiesPlace, after: after.capabilitiesPlace };
  const where = hasOwnUsers(after) ? ' of its user namespace' : '';
  for (const name of namesOf(before, after)) {
    const old = setsWith(before, name);
    const now = setsWith(after, name);
    const weight = isDangerous(name) ? 100 : 60;
    if (old.length === 0) changes.add('privilege', 'gains', weight, `gains ${name}${where}${only(now)}`, places);
    else if (now.length === 0) changes.add('privilege', 'loses', weight, `loses ${name}${only(old)}`, places);
    else {
      const more = now.filter((set) => !old.includes(set));
      const less = old.filter((set) => !now.includes(set));
      if (more.length > 0) changes.add('privilege', 'gains', weight - 20, `${name} becomes ${more.join(', ')}`, places);
      if (less.length > 0) {
        changes.add('privilege', 'loses', weight - 20, `${name} is no longer ${less.join(', ')}`, places);
      }
    }
  }
}

function namesOf(...outcomes: Outcome[]): Set<string> {
  return new Set(outcomes.flatMap(({ capabilities }) => CAPABILITY_SETS.flatMap((set) => capabilities[set])).sort());
}

function setsWith({ capabilities }: Outcome, name: string): string[] {
  return CAPABILITY_SETS.filter((set) => capabilities[set].includes(name));
}

/** What the process has is in the set of permitted; the others are what it, or a program it starts, may come to have. */
function only(sets: string[]): string {
  return sets.includes('permitted') ? '' : ` (${sets.join(', ')} only)`;
}

function hasOwnUsers({ namespaces }: Outcome): boolean {
  return namespaces.some(({ type, state }) => type === 'user' && state === 'own');
}

function diffNoNewPrivileges(changes: Changes, before: Outcome, after: Outcome): void {
  const places = { before: before.noNewPrivileges, after: after.noNewPrivileges };
  if (before.noNewPrivileges && !after.noNewPrivileges) {
    const text = 'programs may gain privileges by set-user-ID bits and file capabilities (noNewPrivileges is off)';
    changes.add('privilege', 'gains', 80, text, places);
  } else if (!before.noNewPrivileges && after.noNewPrivileges) {
    changes.add('privilege', 'loses', 80, 'no program gains privileges any more (noNewPrivileges)', places);
  }
}

function diffUser(changes: Changes, { user: old }: Outcome, { user: now }: Outcome): void {
  const places = { before: old.place, after: now.place };
  if (old.uid !== now.uid) {
    const text = `runs as uid ${now.uid}${now.uid === 0 ? ' (root)' : ''} instead of ${old.uid}`;
    changes.add('privilege', now.uid === 0 ? 'gains' : old.uid === 0 ? 'loses' : 'changes', 75, text, places);
  }
  if (old.gid !== now.gid) {
    const effect = now.gid === 0 ? 'gains' : old.gid === 0 ? 'loses' : 'changes';
    changes.add('privilege', effect, 50, `runs with gid ${now.gid} instead of ${old.gid}`, places);
  }
  const joined = now.additionalGids.filter((gid) => !old.additionalGids.includes(gid));
  const left = old.additionalGids.filter((gid) => !now.additionalGids.includes(gid));
  if (joined.length > 0) {
    changes.add('privilege', 'gains', 45, `joins ${groups(joined)}`, places);
  }
  if (left.length > 0) changes.add('privilege', 'loses', 45, `leaves ${groups(left)}`, places);
}

function groups(gids: number[]): string {
  return `the group${gids.length > 1 ? 's' : ''} ${gids.join(', ')}`;
}

function diffConfinement(
  changes: Changes,
  what: string,
  before: Outcome['apparmor'],
  after: Outcome['apparmor'],
): void {
  const places = { before: before?.place, after: after?.place };
  const old = before?.value;
  const now = after?.value;
  if (old === now) return;
  if (now === undefined || now === 'unconfined') {
    changes.add('privilege', 'gains', 85, `loses its ${what}${old === undefined ? '' : ` ${old}`}`, places);
  } else if (old === undefined || old === 'unconfined') {
    changes.add('privilege', 'loses', 85, `is confined by the ${what} ${now}`, places);
  } else changes.add('privilege', 'changes', 85, `has the ${what} ${now} instead of ${old}`, places);
}
