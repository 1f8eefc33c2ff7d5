// The mounts of a container as it sees them in the end.

import { placeOf } from './steps.ts';
import type { Place, Plan, Step } from './types.ts';

export interface Mounted {
  destination: string;
  kind: 'root' | 'bind' | 'filesystem';
  /** `tmpfs`; `bind` of the host's. */
  type: string;
  source: string;
  isReadonly: boolean;
  /** `nosuid`, `nodev`, `noexec` and the like, without `ro`. */
  flags: string[];
  /** What the filesystem itself is told: `size=64m`. */
  data: string[];
  propagation: string;
  isRecursive: boolean;
  /** A bind whose ids are mapped. */
  ids: string;
  copiesUp: boolean;
  /** Destination of a later mount that covers it. */
  hiddenBy?: string;
  place: Place;
  /** What makes it read-only, where that is another place of config.json. */
  sealedBy?: Place;
}

/** In the order of mounting, the root first. */
export type MountedTree = Mounted[];

interface MountFields {
  destination: string;
  type?: string;
  source?: string;
  version?: number;
  attributes?: string[];
  without?: string[];
  data?: string[];
  propagation?: string;
  recursive?: boolean;
  ids?: string;
  copiesUp?: boolean;
  branches?: { source?: string; type?: string }[];
}

const READONLY = new Set(['ro', 'rro']);
const ROOT = '/';

export function mountedTree(plan: Plan): MountedTree {
  const tree: MountedTree = [];
  for (const step of plan.steps) {
    if (step.verb === 'root') tree.push(rootOf(step));
    else if (step.verb === 'mount' || step.verb === 'bind' || step.verb === 'cgroup-mount') {
      const added = mountOf(step as Step & MountFields);
      for (const mounted of tree) if (covers(added.destination, mounted)) mounted.hiddenBy = added.destination;
      tree.push(added);
    } else if (step.verb === 'remount') change(lastAt(tree, String(step.destination)), step as Step & MountFields);
    else if (step.verb === 'seal') {
      const sealed = lastAt(tree, String(step.file));
      if (!sealed) continue;
      sealed.isReadonly = true;
      sealed.sealedBy = placeOf(step);
    }
  }
  return tree;
}

/** Those that the container sees, by destination. */
export function visible(tree: MountedTree): Map<string, Mounted> {
  return new Map(
    tree.filter((mounted) => mounted.hiddenBy === undefined).map((mounted) => [mounted.destination, mounted]),
  );
}

function rootOf(step: Step): Mounted {
  return {
    destination: ROOT,
    kind: 'root',
    type: 'rootfs',
    source: String(step.directory),
    isReadonly: false,
    flags: [],
    data: [],
    propagation: '',
    isRecursive: true,
    ids: '',
    copiesUp: false,
    place: placeOf(step),
  };
}

/** The one that a cgroup mount shows as the host has it: version 2 without a cgroup namespace. */
function hierarchyOf({ version, branches }: MountFields): string | undefined {
  return version === 2 && branches?.[0]?.type === undefined ? branches?.[0]?.source : undefined;
}

function mountOf(step: Step & MountFields): Mounted {
  const attributes = step.attributes ?? [];
  const bound = step.verb === 'bind' ? step.source : hierarchyOf(step);
  const isBind = bound !== undefined;
  const cgroup = `cgroup${step.version === 2 ? '2' : ''}`;
  return {
    destination: step.destination,
    kind: isBind ? 'bind' : 'filesystem',
    type: isBind ? 'bind' : step.verb === 'cgroup-mount' ? cgroup : (step.type ?? ''),
    source: bound ?? step.source ?? 'cgroup',
    isReadonly: attributes.some((name) => READONLY.has(name)),
    flags: attributes.filter((name) => !READONLY.has(name)),
    data: step.data ?? [],
    propagation: step.propagation ?? '',
    isRecursive: step.recursive === true || step.branches !== undefined,
    ids: step.ids ?? '',
    copiesUp: step.copiesUp === true,
    place: placeOf(step),
  };
}

function change(mounted: Mounted | undefined, { attributes = [], without = [], data = [] }: MountFields): void {
  if (!mounted) return;
  if (attributes.some((name) => READONLY.has(name))) mounted.isReadonly = true;
  else if (without.some((name) => READONLY.has(name))) mounted.isReadonly = false;
  const kept = mounted.flags.filter((name) => !without.includes(name));
  mounted.flags = [...new Set([...kept, ...attributes.filter((name) => !READONLY.has(name))])];
  mounted.data = [...mounted.data, ...data];
}

function lastAt(tree: MountedTree, destination: string): Mounted | undefined {
  return tree.findLast((mounted) => mounted.destination === destination);
}

function covers(destination: string, { destination: other }: Mounted): boolean {
  return other === destination || other.startsWith(destination === ROOT ? ROOT : `${destination}/`);
}
