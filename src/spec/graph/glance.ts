import { dangerOfSource, isDangerous } from '../danger.ts';
import { toHost } from '../diff/namespaces.ts';
import { CAPABILITY_SETS, type Outcome } from '../outcome.ts';
import type { Chip } from './card.ts';

/** What a reviewer asks first, the bad news before the good. */
export function glance(outcome: Outcome): Chip[] {
  return [...exposures(outcome), ...defences(outcome)];
}

function exposures({ capabilities, seccomp, namespaces, tree, deviceRules, limits, idMaps, hooks }: Outcome): Chip[] {
  const bad: string[] = [];
  const note: string[] = [];
  const dangerous = [...new Set(CAPABILITY_SETS.flatMap((set) => capabilities[set]))].filter(isDangerous).length;
  if (dangerous > 0) bad.push(`${dangerous} dangerous ${dangerous === 1 ? 'capability' : 'capabilities'}`);
  if (!seccomp) bad.push('no seccomp filter');
  for (const { type, state } of namespaces) {
    if (state === 'host' && ['mount', 'pid', 'network', 'ipc'].includes(type)) bad.push(`${type} of the host`);
  }
  for (const { kind, source, isReadonly } of tree) {
    if (kind === 'bind' && dangerOfSource(source) === 2)
      bad.push(`the host's ${source}${isReadonly ? '' : ', writable'}`);
  }
  if (deviceRules?.isOpen) bad.push('every device');
  if (idMaps && toHost(idMaps.uids, 0) === 0) bad.push('its root is root of the host');
  const memory = limits.find(({ name }) => name === 'memory limit');
  if (!memory || memory.shown === 'none') note.push('no memory limit');
  const onHost = hooks.filter(({ by }) => by === 'host').length;
  if (onHost > 0) note.push(`${onHost} ${onHost === 1 ? 'hook' : 'hooks'} on the host`);
  return [
    ...bad.map((text): Chip => ({ text: `▲ ${text}`, tone: 'bad' })),
    ...note.map((text): Chip => ({ text, tone: 'note' })),
  ];
}

function defences({ seccomp, namespaces, tree, noNewPrivileges, apparmor, selinux, user }: Outcome): Chip[] {
  const good: string[] = [];
  if (namespaces.some(({ type, state }) => type === 'user' && state === 'own')) good.push('users of its own');
  if (tree[0]?.isReadonly) good.push('read-only root');
  if (seccomp) good.push('seccomp');
  if (noNewPrivileges) good.push('no new privileges');
  if (apparmor && apparmor.value !== 'unconfined') good.push('AppArmor');
  if (selinux) good.push('SELinux');
  if (user.uid !== 0) good.push(`uid ${user.uid}`);
  return good.map((text) => ({ text: `✓ ${text}`, tone: 'good' }));
}
