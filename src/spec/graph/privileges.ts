import { isDangerous } from '../danger.ts';
import { isAllowed } from '../diff/seccomp.ts';
import { CAPABILITY_SETS, type Outcome, type Seccomp } from '../outcome.ts';
import { Card, type Chip } from './card.ts';
import type { Drawing } from './drawing.ts';

export function drawPrivileges(drawing: Drawing, outcome: Outcome, x: number, y: number, width: number): number {
  const { capabilities, noNewPrivileges, apparmor, selinux } = outcome;
  const all = [...new Set(CAPABILITY_SETS.flatMap((set) => capabilities[set]))];
  const dangerous = all.filter(isDangerous).length;
  const remark = dangerous > 0 ? `${all.length}, ${dangerous} of them dangerous (▲)` : String(all.length);
  const card = new Card(drawing, x, y, width, 'Capabilities', all.length === 0 ? '' : remark);
  const held = all.filter((name) => capabilities.permitted.includes(name));
  const later = all.filter((name) => !capabilities.permitted.includes(name));
  if (all.length === 0) card.note('none', 'good');
  card.chips(held.map(chipOf));
  if (later.length > 0) {
    card.subheading('Not held, but within reach of programs that it executes');
    card.chips(later.map(chipOf));
  }
  card.subheading('Confinement');
  card.pair('no new privileges', noNewPrivileges ? 'yes' : 'no', noNewPrivileges ? 'good' : 'note', false);
  card.pair('AppArmor', apparmor?.value ?? 'no profile', apparmor ? 'ink' : 'muted', apparmor !== undefined);
  card.pair('SELinux', selinux?.value ?? 'no label', selinux ? 'ink' : 'muted', selinux !== undefined);
  return card.end();
}

function chipOf(name: string): Chip {
  const short = name.replace(/^CAP_/, '');
  return isDangerous(name) ? { text: `▲ ${short}`, tone: 'bad' } : { text: short };
}

const BAR = 10;

/** How many calls it lets pass: a bar, and the dangerous ones by name. */
export function drawSeccomp(drawing: Drawing, outcome: Outcome, x: number, y: number, width: number): number {
  const { seccomp } = outcome;
  if (!seccomp) {
    const card = new Card(drawing, x, y, width, 'System calls');
    card.note('no seccomp filter: every system call of the kernel can be made', 'bad');
    return card.end();
  }
  const card = new Card(drawing, x, y, width, 'System calls', `otherwise ${seccomp.defaultAction}`);
  const passing = [...seccomp.calls].filter(([, action]) => isAllowed(action)).map(([name]) => name);
  const parts = [
    { count: passing.length, words: 'allowed', tone: 'good' },
    { count: seccomp.conditional.size, words: 'depend on arguments', tone: 'note' },
    { count: seccomp.calls.size - passing.length, words: 'refused by a rule', tone: 'bad' },
  ] as const;
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  let left = card.left;
  for (const { count, tone } of parts) {
    if (count === 0) continue;
    const part = (card.width * count) / total;
    drawing.rect(`bar-${tone}`, { x: left, y: card.y, width: Math.max(part - 2, 1), height: BAR }, 3);
    left += part;
  }
  if (total > 0) card.y += BAR + 8;
  for (const { count, words, tone } of parts) if (count > 0) card.pair(words, String(count), tone);
  const dangerous = dangerousOf(seccomp, passing);
  if (dangerous.length > 0) {
    card.subheading('Allowed, and worth a look');
    card.chips(dangerous.map((text) => ({ text: `▲ ${text}`, tone: 'bad' })));
  }
  if (seccomp.listenerPath) card.pair('agent', seccomp.listenerPath);
  card.note(seccomp.architectures.map((name) => name.replace(/^SCMP_ARCH_/, '')).join(' · '));
  return card.end();
}

function dangerousOf({ defaultAction }: Seccomp, passing: string[]): string[] {
  if (isAllowed(defaultAction)) return [];
  return passing.filter(isDangerous).sort();
}
