import type { Outcome } from '../outcome.ts';
import { Card } from './card.ts';
import type { Drawing } from './drawing.ts';

/** What the other cards or the heading show. */
const ELSEWHERE = new Set(['root filesystem', 'propagation of the root mount']);

export function drawProcess(drawing: Drawing, outcome: Outcome, x: number, y: number, width: number): number {
  const card = new Card(drawing, x, y, width, 'Process');
  for (const { name, value } of outcome.settings) if (!ELSEWHERE.has(name)) card.pair(name, value);
  if (outcome.env.length > 0) {
    card.subheading('Variables');
    card.chips(outcome.env.map((variable) => ({ text: variable.slice(0, variable.indexOf('=')) })));
  }
  return card.end();
}

/** Programs that run beside the container, those of the host marked: they run as whoever starts it. */
export function drawHooks(drawing: Drawing, outcome: Outcome, x: number, y: number, width: number): number {
  const card = new Card(drawing, x, y, width, 'Hooks', 'in order');
  for (const { kind, file, args, by } of outcome.hooks) {
    const isHost = by === 'host';
    drawing.text('label', 'ink', card.left, card.y + 13, kind, 140);
    drawing.text('label', isHost ? 'note' : 'muted', card.left + 146, card.y + 13, isHost ? 'host' : 'container', 70);
    const text = [file, ...args.slice(1)].join(' ');
    drawing.text('code', 'ink', card.left + 222, card.y + 13, text, card.width - 222);
    card.y += 21;
  }
  return card.end();
}

export function drawKernel(drawing: Drawing, outcome: Outcome, x: number, y: number, width: number): number {
  const card = new Card(drawing, x, y, width, 'Kernel parameters and network');
  for (const { name, value } of outcome.sysctls) card.pair(name, value);
  for (const { name, value } of outcome.netDevices) card.pair(`device ${name} of the host`, `as ${value}`, 'note');
  return card.end();
}
