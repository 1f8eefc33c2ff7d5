import type { Outcome } from '../outcome.ts';
import { Card } from './card.ts';
import type { Drawing } from './drawing.ts';

/** Those that one container can starve all others without. */
const WANTED = ['memory limit', 'CPU limit', 'process limit'];

export function drawLimits(drawing: Drawing, outcome: Outcome, x: number, y: number, width: number): number {
  const card = new Card(drawing, x, y, width, 'Limits');
  for (const name of WANTED) {
    const limit = outcome.limits.find((one) => one.name === name);
    const isNone = limit === undefined || limit.shown === 'none';
    card.pair(name, limit?.shown ?? 'none', isNone ? 'note' : 'ink');
  }
  for (const { name, shown } of outcome.limits) if (!WANTED.includes(name)) card.pair(name, shown);
  for (const { name, value } of outcome.rlimits) card.pair(name, value);
  return card.end();
}

export function drawDevices(drawing: Drawing, outcome: Outcome, x: number, y: number, width: number): number {
  const card = new Card(drawing, x, y, width, 'Devices');
  const { deviceRules: rules, devices } = outcome;
  if (!rules) card.note('no rules: what the files allow');
  else if (rules.isOpen) card.note('every device of the host may be used', 'bad');
  else card.note('only these may be used (r read, w write, m make)');
  if (rules && rules.exceptions.length > 0) {
    if (rules.isOpen) card.subheading('but not');
    card.chips(
      rules.exceptions.map(({ text }) => ({
        text,
        tone: !rules.isOpen && text.startsWith('b ') && !text.endsWith(' m') ? 'bad' : 'plain',
      })),
    );
  }
  if (devices.length > 0) {
    card.subheading('Files in /dev');
    card.chips(
      devices.map(({ file, type, place }) => ({
        text: file,
        tone: type === 'b' ? 'bad' : place.path === undefined ? 'plain' : 'info',
      })),
    );
  }
  return card.end();
}
