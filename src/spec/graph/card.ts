import type { Drawing, Rect, Tone } from './drawing.ts';
import { widthOf } from './text.ts';

export interface Chip {
  text: string;
  tone?: 'good' | 'note' | 'bad' | 'info' | 'plain';
}

export const PADDING = 16;
const CHIP_HEIGHT = 20;
const CHIP_PADDING = 7;
const GAP = 6;

/** A part of the sheet with a heading; what is put into it goes from top to bottom. */
export class Card {
  private readonly frame: Rect;
  readonly drawing: Drawing;
  readonly left: number;
  readonly right: number;
  /** Where the next thing begins. */
  y: number;

  constructor(drawing: Drawing, x: number, y: number, width: number, heading: string, remark = '') {
    this.drawing = drawing;
    this.frame = drawing.rect('card', { x, y, width, height: 0 }, 10);
    this.left = x + PADDING;
    this.right = x + width - PADDING;
    const used = drawing.text('heading', 'ink', this.left, y + 25, heading, this.width);
    if (remark !== '') drawing.text('small', 'muted', this.right, y + 25, remark, this.width - used - 12, 'end');
    this.y = y + 38;
  }

  get width(): number {
    return this.right - this.left;
  }

  /** The frame goes around what is there. Answers where the next card may begin. */
  end(): number {
    this.frame.height = this.y + 10 - this.frame.y;
    return this.frame.y + this.frame.height;
  }

  note(text: string, tone: Tone = 'muted'): void {
    this.drawing.text('small', tone, this.left, this.y + 12, text, this.width);
    this.y += 19;
  }

  subheading(text: string): void {
    this.y += 4;
    this.drawing.text('small', 'muted', this.left, this.y + 12, text, this.width);
    this.y += 20;
  }

  /** A name on the left, what it is on the right. */
  pair(name: string, value: string, tone: Tone = 'ink', isCode = true): void {
    const most = this.width * 0.62;
    const style = isCode ? 'code' : 'label';
    const used = this.drawing.text(style, tone, this.right, this.y + 13, value, most, 'end');
    this.drawing.text('label', 'muted', this.left, this.y + 13, name, this.width - used - 14);
    this.y += 21;
  }

  /** A line of code, as long as it may be. */
  code(text: string, tone: Tone = 'ink'): void {
    this.drawing.text('code', tone, this.left, this.y + 13, text, this.width);
    this.y += 20;
  }

  /** In rows, as many as it takes. */
  chips(chips: readonly Chip[]): void {
    let x = this.left;
    for (const { text, tone = 'plain' } of chips) {
      const most = this.width - 2 * CHIP_PADDING;
      const width = Math.min(widthOf(text, 'code-small'), most) + 2 * CHIP_PADDING;
      if (x > this.left && x + width > this.right) {
        x = this.left;
        this.y += CHIP_HEIGHT + GAP;
      }
      drawChip(this.drawing, x, this.y, text, tone, most);
      x += width + GAP;
    }
    if (chips.length > 0) this.y += CHIP_HEIGHT + GAP;
  }
}

/** Answers how wide it is. */
export function drawChip(
  drawing: Drawing,
  x: number,
  y: number,
  text: string,
  tone: NonNullable<Chip['tone']>,
  most = Number.POSITIVE_INFINITY,
): number {
  const width = Math.min(widthOf(text, 'code-small'), most) + 2 * CHIP_PADDING;
  drawing.rect(`chip-${tone}`, { x, y, width, height: CHIP_HEIGHT }, 5);
  drawing.text('code-small', tone === 'plain' ? 'ink' : tone, x + width / 2, y + 14, text, most, 'middle');
  return width;
}
