import type { Namespace, NamespaceType, Outcome } from '../outcome.ts';
import type { IdMapping } from '../types.ts';
import type { Changes } from './change.ts';

/** What is shared with a host whose namespace it is, and how grave that is. */
const SHARED: Readonly<Record<NamespaceType, readonly [string, number]>> = {
  user: ["root in the container is root of the host's user namespace", 98],
  mount: ["shares the host's mounts", 97],
  pid: ["joins the host's processes: it sees them, and can signal its user's", 95],
  network: ["joins the host's network", 94],
  ipc: ["joins the host's System V IPC and message queues", 70],
  cgroup: ["sees the host's cgroups", 40],
  uts: ["shares the host's name", 30],
  time: ["has the host's clocks", 10],
};

const OWN: Readonly<Record<NamespaceType, string>> = {
  user: 'gets users of its own',
  mount: 'gets mounts of its own',
  pid: "no longer sees the host's processes",
  network: "leaves the host's network",
  ipc: 'gets System V IPC and message queues of its own',
  cgroup: 'sees its own cgroup as the root of all',
  uts: 'gets a name of its own',
  time: 'gets clocks of its own',
};

export function diffNamespaces(changes: Changes, before: Outcome, after: Outcome): void {
  for (const [index, now] of after.namespaces.entries()) {
    const old = before.namespaces[index];
    if (old && (old.state !== now.state || old.file !== now.file)) diffNamespace(changes, old, now);
  }
  diffMaps(changes, before, after);
}

function diffNamespace(changes: Changes, old: Namespace, now: Namespace): void {
  const [shared, weight] = SHARED[now.type];
  const places = { before: old.place, after: now.place };
  if (now.state === 'host') {
    changes.add('namespace', 'gains', weight, shared, places);
  } else if (now.state === 'joined') {
    const text = `joins the ${now.type} namespace ${now.file}`;
    const effect = old.state === 'host' ? 'loses' : old.state === 'own' ? 'gains' : 'changes';
    const instead = old.state === 'joined' ? ` instead of ${old.file}` : '';
    changes.add('namespace', effect, weight - 10, `${text}${instead}`, places);
  } else if (old.state === 'host') changes.add('namespace', 'loses', weight, OWN[now.type], places);
  else {
    const text = `has a ${now.type} namespace of its own instead of ${old.file}`;
    changes.add('namespace', 'loses', weight - 10, text, places);
  }
}

function diffMaps(changes: Changes, before: Outcome, after: Outcome): void {
  const old = before.idMaps;
  const now = after.idMaps;
  if (!old || !now) return;
  const places = { before: old.place, after: now.place };
  for (const [kind, was, is] of [
    ['uid', old.uids, now.uids],
    ['gid', old.gids, now.gids],
  ] as const) {
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    const rootWas = toHost(was, 0);
    const root = toHost(is, 0);
    if (rootWas !== root) {
      const text = `${kind} 0 of the container is ${kind} ${root ?? 'nobody'} of the host instead of ${rootWas ?? 'nobody'}`;
      changes.add('namespace', root === 0 ? 'gains' : rootWas === 0 ? 'loses' : 'changes', 90, text, places);
    }
    const text = `${kind}s of the host that are mapped: ${rangesOf(was)} → ${rangesOf(is)}`;
    changes.add('namespace', sizeOf(is) > sizeOf(was) ? 'gains' : 'changes', 35, text, places);
  }
}

/** The host's id behind one of the container. */
export function toHost(maps: readonly IdMapping[], id: number): number | undefined {
  const map = maps.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  return map && map.hostID + id - map.containerID;
}

function rangesOf(maps: readonly IdMapping[]): string {
  return maps.map(({ hostID, size }) => (size === 1 ? hostID : `${hostID}-${hostID + size - 1}`)).join(', ') || 'none';
}

function sizeOf(maps: readonly IdMapping[]): number {
  return maps.reduce((sum, { size }) => sum + size, 0);
}
