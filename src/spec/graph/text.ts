// How wide text is, where nothing can be asked: more than in any usual font, so that nothing overlaps.

export type Style = 'title' | 'heading' | 'label' | 'strong' | 'small' | 'code' | 'code-strong' | 'code-small';

interface Font {
  size: number;
  isMono: boolean;
  isBold: boolean;
}

export const FONTS: Readonly<Record<Style, Font>> = {
  title: { size: 22, isMono: false, isBold: true },
  heading: { size: 13, isMono: false, isBold: true },
  label: { size: 12, isMono: false, isBold: false },
  strong: { size: 12, isMono: false, isBold: true },
  small: { size: 11, isMono: false, isBold: false },
  code: { size: 12, isMono: true, isBold: false },
  'code-strong': { size: 12, isMono: true, isBold: true },
  'code-small': { size: 11, isMono: true, isBold: false },
};

const MONO = 0.615;
const BOLD = 1.08;

/** In parts of the size; DejaVu Sans, the widest of the usual fonts, is the measure. */
function partOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x1100) return 1.35;
  if (code >= 0x250) return 0.9;
  if (/[ijltfrI.,:;'|!()[\]/ -]/.test(character)) return 0.45;
  if (/[mwMW@%—→]/.test(character)) return 1;
  if (/[A-Z]/.test(character)) return 0.78;
  return 0.66;
}

export function widthOf(text: string, style: Style): number {
  const { size, isMono, isBold } = FONTS[style];
  let parts = 0;
  for (const character of text) {
    parts += isMono ? ((character.codePointAt(0) ?? 0) >= 0x250 ? 1.35 : MONO) : partOf(character);
  }
  return parts * size * (isBold && !isMono ? BOLD : 1);
}

const ELLIPSIS = '…';

/** The middle goes first: of a path, the end tells more than what leads there. */
export function elide(text: string, style: Style, most: number): string {
  if (widthOf(text, style) <= most) return text;
  const characters = [...text];
  let kept = Math.min(characters.length - 1, Math.floor(most / (0.45 * FONTS[style].size)));
  for (; kept > 0; kept--) {
    const head = Math.floor(kept * 0.4);
    const tail = kept - head;
    const shorter = `${characters.slice(0, head).join('')}${ELLIPSIS}${characters.slice(characters.length - tail).join('')}`;
    if (widthOf(shorter, style) <= most) return shorter;
  }
  return ELLIPSIS;
}

/**
 * Only what XML may hold and what shows itself: no controls, no halves of characters, nothing that turns the direction of
 * what follows.
 */
export function plain(text: string): string {
  return text.replace(/[\t\n\r]/g, ' ').replace(/[\p{Cc}\p{Cs}\p{Cn}\p{Co}\p{Cf}]/gu, '\ufffd');
}
