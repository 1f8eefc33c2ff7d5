import { dangerOfSource } from '../danger.ts';
import type { Mounted } from '../mounted.ts';
import type { Outcome } from '../outcome.ts';
import { Card, drawChip } from './card.ts';
import type { Drawing } from './drawing.ts';

const ROW = 24;
const INDENT = 18;

/** A mount and what is mounted below it. */
interface Node {
  mounted: Mounted;
  name: string;
  children: Node[];
}

export function drawMounts(drawing: Drawing, outcome: Outcome, x: number, y: number, width: number): number {
  const shown = outcome.tree.filter(({ hiddenBy }) => hiddenBy === undefined);
  const card = new Card(drawing, x, y, width, 'Mounts', `${shown.length} in all`);
  const root = grow(shown);
  if (root) drawNode(card, root, 0);
  const hidden = outcome.tree.filter(({ hiddenBy }) => hiddenBy !== undefined);
  if (hidden.length > 0) {
    card.subheading('Covered by a later mount');
    card.chips(hidden.map(({ destination }) => ({ text: destination, tone: 'note' })));
  }
  drawPaths(card, 'Hidden from the container', outcome.masked);
  drawPaths(card, 'Read-only for the container', outcome.readonly);
  return card.end();
}

function drawPaths(card: Card, heading: string, paths: Outcome['masked']): void {
  if (paths.length === 0) return;
  card.subheading(heading);
  card.chips(paths.map(({ name }) => ({ text: name })));
}

/** The first is the root; of the others each is below the nearest that its path leads through. */
function grow(mounts: readonly Mounted[]): Node | undefined {
  const nodes = mounts.map((mounted) => ({ mounted, name: mounted.destination, children: [] as Node[] }));
  const [root, ...others] = nodes;
  if (!root) return undefined;
  for (const node of others) {
    const parents = nodes.filter(
      (other) => other !== node && isBelow(node.mounted.destination, other.mounted.destination),
    );
    const nearest: Node = parents.reduce(
      (best, other) => (other.mounted.destination.length > best.mounted.destination.length ? other : best),
      root,
    );
    nearest.children.push(node);
    if (nearest !== root) node.name = node.mounted.destination.slice(nearest.mounted.destination.length);
  }
  for (const node of nodes) node.children.sort((left, right) => (left.name < right.name ? -1 : 1));
  return root;
}

function isBelow(path: string, parent: string): boolean {
  return parent !== path && path.startsWith(parent === '/' ? '/' : `${parent}/`);
}

/** Draws it and all below; answers the height of its middle, for the branch that leads to it. */
function drawNode(card: Card, node: Node, depth: number): number {
  const { drawing } = card;
  const middle = card.y + ROW / 2;
  const left = card.left + depth * INDENT;
  drawing.group(inWords(node.mounted), () => drawRow(card, node, left));
  card.y += ROW;
  let last = middle;
  for (const child of node.children) {
    const at = drawNode(card, child, depth + 1);
    drawing.line('branch', [left + 5, at], [left + INDENT - 3, at]);
    last = at;
  }
  if (last > middle) drawing.line('branch', [left + 5, middle + 9], [left + 5, last]);
  return middle;
}

/** destination, ro or rw, filesystem and where it comes from */
function drawRow(card: Card, { mounted, name }: Node, left: number): void {
  const { drawing, y } = card;
  const columns = { mode: card.left + card.width * 0.37, type: card.left + card.width * 0.37 + 40 };
  drawing.text('code-strong', 'ink', left, y + 16, name, columns.mode - left - 12);
  const isExposed = mounted.kind === 'bind' && !mounted.isReadonly && dangerOfSource(mounted.source) > 0;
  const tone = mounted.isReadonly ? 'good' : isExposed ? 'bad' : 'note';
  drawChip(drawing, columns.mode, y + 2, mounted.isReadonly ? 'ro' : 'rw', tone);
  const type = mounted.kind === 'bind' ? 'host' : mounted.type;
  const used = drawing.text('label', mounted.kind === 'bind' ? 'info' : 'muted', columns.type, y + 16, type, 90);
  const rest = columns.type + used + 10;
  const text = mounted.kind === 'filesystem' ? details(mounted) : mounted.source;
  drawing.text('code-small', isExposed ? 'bad' : 'muted', rest, y + 16, text, card.right - rest);
}

function details({ flags, data }: Mounted): string {
  return [...flags, ...data].join(' ');
}

function inWords(mounted: Mounted): string {
  const what = mounted.kind === 'bind' ? `the host's ${mounted.source}` : mounted.type;
  return `${mounted.destination}: ${what}, ${mounted.isReadonly ? 'read-only' : 'writable'}`;
}
