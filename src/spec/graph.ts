import { Card, type Chip } from './graph/card.ts';
import { Drawing, escaped, render, type Shape } from './graph/drawing.ts';
import { glance } from './graph/glance.ts';
import { drawMounts } from './graph/mounts.ts';
import { drawNamespaces, drawUsers } from './graph/namespaces.ts';
import { drawPrivileges, drawSeccomp } from './graph/privileges.ts';
import { drawHooks, drawKernel, drawProcess } from './graph/program.ts';
import { drawDevices, drawLimits } from './graph/resources.ts';
import { styleSheet } from './graph/style.ts';
import { plain } from './graph/text.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Plan } from './types.ts';

export interface GraphOptions {
  /** Of the drawing, in its own units; 1280 if not given. At least 960. */
  width?: number;
  /** Begins ids and the class of the drawing: to be another for each of several in one page. Letters, digits and `-`. */
  prefix?: string;
}

/** Where everything is, before it becomes SVG. */
export interface Layout {
  width: number;
  height: number;
  shapes: readonly Shape[];
  title: string;
  description: string;
}

/**
 * The container that a plan makes, as an SVG document: namespaces, mounts, users, privileges, system calls, limits,
 * devices and hooks. It has no scripts and loads nothing, and whatever the config says is text in it. The same plan makes
 * the same bytes. Light or dark as whoever looks prefers it.
 */
export function graph(plan: Plan, { width = 1280, prefix = 'orlop-graph' }: GraphOptions = {}): string {
  if (!/^[a-z][a-z0-9-]*$/i.test(prefix)) throw new RangeError(`prefix "${prefix}": letters, digits and - only`);
  const sheet = layout(plan, width);
  const size = `width="${sheet.width}" height="${Math.ceil(sheet.height)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="${prefix}" ${size} viewBox="0 0 ${sheet.width} ${Math.ceil(sheet.height)}" role="graphics-document" aria-labelledby="${prefix}-title" aria-describedby="${prefix}-description">`,
    `<title id="${prefix}-title">${escaped(sheet.title)}</title>`,
    `<desc id="${prefix}-description">${escaped(sheet.description)}</desc>`,
    `<style>${styleSheet(prefix)}</style>`,
    render(sheet.shapes),
    '</svg>\n',
  ].join('\n');
}

const MARGIN = 24;
const GAP = 14;
const LEAST_WIDTH = 960;

interface Column {
  x: number;
  y: number;
  width: number;
}

type Draw = (drawing: Drawing, outcome: Outcome, x: number, y: number, width: number) => number;

/** The sheet: a heading, the namespaces, then cards in two columns, each where there is more room. */
export function layout(plan: Plan, wanted: number): Layout {
  const width = Math.max(LEAST_WIDTH, Math.round(wanted));
  const outcome = outcomeOf(plan);
  const drawing = new Drawing();
  const page = drawing.rect('page', { x: 0, y: 0, width, height: 0 }, 0);
  const chips = glance(outcome);
  let y = drawHeading(drawing, plan, outcome, chips, width);
  drawing.group('Namespaces', () => {
    y = drawNamespaces(drawing, outcome, MARGIN, y, width - 2 * MARGIN) + GAP;
  });
  const inner = width - 2 * MARGIN - GAP;
  const wide = Math.round(inner * 0.58);
  const columns = [
    { x: MARGIN, y, width: wide },
    { x: MARGIN + wide + GAP, y, width: inner - wide },
  ] as [Column, Column];
  const place = (column: Column, label: string, draw: Draw) => {
    drawing.group(label, () => {
      column.y = draw(drawing, outcome, column.x, column.y, column.width) + GAP;
    });
  };
  place(columns[0], 'Mounts', drawMounts);
  place(columns[1], 'Users', drawUsers);
  place(columns[1], 'Capabilities and confinement', drawPrivileges);
  for (const [label, draw] of cardsOf(outcome)) {
    place(columns[0].y <= columns[1].y ? columns[0] : columns[1], label, draw);
  }
  const height = Math.max(columns[0].y, columns[1].y) - GAP + MARGIN;
  page.height = height;
  const title = plain(`Container ${plan.id}: ${outcome.args.join(' ')}`).slice(0, 300);
  return { width, height, shapes: drawing.all, title, description: describe(outcome, chips) };
}

function cardsOf(outcome: Outcome): [string, Draw][] {
  const cards: [string, Draw][] = [
    ['System calls', drawSeccomp],
    ['Limits', drawLimits],
    ['Devices', drawDevices],
  ];
  if (outcome.hooks.length > 0) cards.push(['Hooks', drawHooks]);
  if (outcome.sysctls.length > 0 || outcome.netDevices.length > 0) cards.push(['Kernel parameters', drawKernel]);
  cards.push(['Process', drawProcess]);
  return cards;
}

function drawHeading(drawing: Drawing, plan: Plan, outcome: Outcome, chips: Chip[], width: number): number {
  const most = width - 2 * MARGIN;
  const used = drawing.text('title', 'ink', MARGIN, 46, plan.id, most * 0.4);
  drawing.text('code', 'muted', MARGIN + used + 18, 46, outcome.args.join(' '), most - used - 18);
  const root = outcome.tree[0]?.source ?? '';
  drawing.text('code-small', 'muted', MARGIN, 68, root, most);
  const card = new Card(drawing, MARGIN, 82, most, 'At a glance');
  card.chips(chips);
  return card.end() + GAP;
}

/** For who does not see it. */
function describe(outcome: Outcome, chips: Chip[]): string {
  const by = (state: string) =>
    outcome.namespaces
      .filter((one) => one.state === state)
      .map(({ type }) => type)
      .join(', ') || 'none';
  return plain(
    [
      `Namespaces of its own: ${by('own')}; joined: ${by('joined')}; of the host: ${by('host')}.`,
      `Mounts: ${outcome.tree.length}. Capabilities held: ${outcome.capabilities.permitted.length}.`,
      `At a glance: ${chips.map(({ text }) => text.replace(/^[▲✓] /, '')).join('; ') || 'nothing to note'}.`,
    ].join(' '),
  );
}
