// Shapes on a sheet, and how they become SVG. What text says comes from a config, which may be hostile: everything is
// escaped here, and nowhere else is markup made.

import { elide, FONTS, plain, type Style, widthOf } from './text.ts';

/** Colours by what they say; style.ts has them for light and dark. */
export type Tone = 'ink' | 'muted' | 'good' | 'note' | 'bad' | 'info';

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Rect extends Box {
  kind: 'rect';
  role: string;
  radius: number;
}

/** What of the text is at its `x`. */
export type Anchor = 'start' | 'middle' | 'end';

export interface Text extends Box {
  kind: 'text';
  style: Style;
  tone: Tone;
  text: string;
  baseline: number;
  anchor: Anchor;
  /** All of it, where `text` is shortened. */
  full: string | undefined;
}

export interface Line {
  kind: 'line';
  role: string;
  points: [number, number][];
}

/** What belongs together, to be read out under one name. */
export interface Group {
  kind: 'group';
  label: string;
  shapes: Shape[];
}

export type Shape = Rect | Text | Line | Group;

const BEFORE: Readonly<Record<Anchor, number>> = { start: 0, middle: 0.5, end: 1 };

/** Of what is read out in full there has to be an end. */
const LONGEST = 4096;

export class Drawing {
  private shapes: Shape[] = [];

  get all(): readonly Shape[] {
    return this.shapes;
  }

  rect(role: string, box: Box, radius = 6): Rect {
    const rect: Rect = { kind: 'rect', role, radius, ...box };
    this.shapes.push(rect);
    return rect;
  }

  line(role: string, ...points: [number, number][]): void {
    this.shapes.push({ kind: 'line', role, points });
  }

  /** Text, shortened to `most`. Answers how wide it is. */
  text(
    style: Style,
    tone: Tone,
    x: number,
    baseline: number,
    words: string,
    most = Number.POSITIVE_INFINITY,
    anchor: Anchor = 'start',
  ): number {
    const whole = plain(words);
    const text = elide(whole, style, most);
    const width = widthOf(text, style);
    const { size } = FONTS[style];
    const full = text === whole ? undefined : whole.slice(0, LONGEST);
    const left = x - width * BEFORE[anchor];
    const box = { x: left, y: baseline - size * 0.82, width, height: size * 1.1 };
    this.shapes.push({ kind: 'text', style, tone, text, baseline, anchor, full, ...box });
    return width;
  }

  group(label: string, draw: () => void): void {
    const outer = this.shapes;
    const group: Group = { kind: 'group', label: plain(label), shapes: [] };
    this.shapes = group.shapes;
    draw();
    this.shapes = outer;
    outer.push(group);
  }
}

export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const number = (value: number): string => String(Math.round(value * 10) / 10);

export function render(shapes: readonly Shape[]): string {
  return shapes.map(renderShape).join('\n');
}

function renderShape(shape: Shape): string {
  if (shape.kind === 'group') {
    return `<g role="group" aria-label="${escaped(shape.label)}">\n${render(shape.shapes)}\n</g>`;
  }
  if (shape.kind === 'line') {
    const points = shape.points.map(([x, y]) => `${number(x)},${number(y)}`).join(' ');
    return `<polyline class="${shape.role}" points="${points}"/>`;
  }
  if (shape.kind === 'rect') {
    const { role, radius, x, y, width, height } = shape;
    return `<rect class="${role}" x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}" rx="${radius}"/>`;
  }
  const { style, tone, text, full, baseline, anchor } = shape;
  const x = shape.x + shape.width * BEFORE[anchor];
  const how = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  const title = full === undefined ? '' : `<title>${escaped(full)}</title>`;
  return `<text class="${style} ${tone}" x="${number(x)}" y="${number(baseline)}"${how}>${escaped(text)}${title}</text>`;
}
