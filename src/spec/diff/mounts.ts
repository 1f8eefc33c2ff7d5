import { dangerOfSource } from '../danger.ts';
import { type Mounted, visible } from '../mounted.ts';
import type { Named, Outcome } from '../outcome.ts';
import { type Changes, pairs } from './change.ts';

export function diffMounts(changes: Changes, before: Outcome, after: Outcome): void {
  const old = visible(before.tree);
  const now = visible(after.tree);
  for (const destination of new Set([...old.keys(), ...now.keys()])) {
    const was = old.get(destination);
    const is = now.get(destination);
    if (!was && is) {
      changes.add('mount', 'gains', weightOf(is), `gains ${inWords(is)}`, { after: is.place });
    } else if (was && !is) {
      changes.add('mount', 'loses', weightOf(was), `loses ${inWords(was)}`, { before: was.place });
    } else if (was && is) diffMount(changes, was, is);
  }
  diffPaths(changes, before.masked, after.masked, 'can be seen again, which was hidden', 'is hidden', 65);
  diffPaths(changes, before.readonly, after.readonly, 'becomes writable', 'becomes read-only', 64);
}

const HARDENING: readonly (readonly [string, string, string])[] = [
  ['nosuid', 'set-user-ID programs take effect on', 'set-user-ID programs have no effect any more on'],
  ['nodev', 'device files can be used on', 'device files cannot be used any more on'],
  ['noexec', 'programs can be executed on', 'programs cannot be executed any more on'],
  ['nosymfollow', 'symbolic links are followed on', 'symbolic links are not followed any more on'],
];

function diffMount(changes: Changes, was: Mounted, is: Mounted): void {
  const places = { before: was.place, after: is.place };
  const name = is.destination === '/' ? 'the root filesystem' : is.destination;
  const weight = weightOf(is);
  if (was.kind !== is.kind || was.type !== is.type || was.source !== is.source) {
    // The setting of the root filesystem says so already.
    if (is.kind !== 'root') {
      const isHost = is.kind === 'bind' && was.kind !== 'bind';
      changes.add(
        'mount',
        isHost ? 'gains' : 'changes',
        weight,
        `${name} is ${content(is)} instead of ${content(was)}`,
        places,
      );
    }
  }
  const seals = { before: was.sealedBy ?? was.place, after: is.sealedBy ?? is.place };
  if (was.isReadonly && !is.isReadonly) changes.add('mount', 'gains', weight + 2, `${name} becomes writable`, seals);
  if (!was.isReadonly && is.isReadonly) changes.add('mount', 'loses', weight + 2, `${name} becomes read-only`, seals);
  for (const [flag, without, withIt] of HARDENING) {
    const had = hasFlag(was, flag);
    const has = hasFlag(is, flag);
    if (had && !has) changes.add('mount', 'gains', 55, `${without} ${name} (${flag} is gone)`, places);
    if (!had && has) changes.add('mount', 'loses', 55, `${withIt} ${name} (${flag})`, places);
  }
  if (is.kind !== 'root' && was.propagation !== is.propagation) {
    const text = `mounts on ${name} travel as ${is.propagation || 'private'} instead of ${was.propagation || 'private'}`;
    changes.add('mount', is.propagation.endsWith('shared') ? 'gains' : 'changes', 52, text, places);
  }
  if (was.isRecursive !== is.isRecursive && is.kind === 'bind') {
    const text = is.isRecursive
      ? `what is mounted below comes along on ${name}`
      : `${name} comes without what is mounted below`;
    changes.add('mount', is.isRecursive ? 'gains' : 'loses', 48, text, places);
  }
  if (was.ids !== is.ids) {
    const text = `ids of ${name} are ${is.ids === '' ? 'no longer mapped' : `mapped (${is.ids})`}`;
    changes.add('mount', 'changes', 50, text, places);
  }
  const rest = others(was);
  const restNow = others(is);
  if (rest !== restNow) changes.add('mount', 'changes', 20, `options of ${name}: ${rest} → ${restNow}`, places);
}

function hasFlag({ flags }: Mounted, flag: string): boolean {
  return flags.includes(flag) || flags.includes(`r${flag}`);
}

/** Options that no words above are for. */
function others({ flags, data }: Mounted): string {
  const hardening = new Set(HARDENING.flatMap(([flag]) => [flag, `r${flag}`]));
  return [...flags.filter((flag) => !hardening.has(flag)), ...data].join(',') || 'none';
}

function inWords(mounted: Mounted): string {
  return `${content(mounted)} on ${mounted.destination}, ${mounted.isReadonly ? 'read-only' : 'writable'}`;
}

function content({ kind, type, source }: Mounted): string {
  if (kind === 'root') return `the root filesystem ${source}`;
  return kind === 'bind' ? `the host's ${source}` : `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

/** The host's own trees weigh more than new filesystems, writable ones more than others. */
function weightOf({ kind, source, isReadonly, destination }: Mounted): number {
  const base = kind === 'bind' ? 62 + 15 * dangerOfSource(source) : kind === 'root' ? 66 : 30;
  return base + (isReadonly ? 0 : 5) + (destination === '/etc' || destination === '/proc' ? 5 : 0);
}

function diffPaths(
  changes: Changes,
  before: Named[],
  after: Named[],
  gain: string,
  loss: string,
  weight: number,
): void {
  for (const [name, was, is] of pairs(before, after, (one) => one.name)) {
    if (was && !is) changes.add('mount', 'gains', weight, `${name} ${gain}`, { before: was.place });
    if (!was && is) changes.add('mount', 'loses', weight, `${name} ${loss}`, { after: is.place });
  }
}
