import { FONTS, type Style } from './text.ts';

interface Palette {
  page: string;
  card: string;
  edge: string;
  ink: string;
  muted: string;
  good: string;
  goodSoft: string;
  note: string;
  noteSoft: string;
  bad: string;
  badSoft: string;
  info: string;
  infoSoft: string;
}

const LIGHT: Palette = {
  page: '#f4f6f9',
  card: '#ffffff',
  edge: '#d5dce6',
  ink: '#18202c',
  muted: '#566273',
  good: '#0a6650',
  goodSoft: '#e0f3ec',
  note: '#7d4f00',
  noteSoft: '#fdf0d2',
  bad: '#a3241f',
  badSoft: '#fde8e6',
  info: '#1b56ae',
  infoSoft: '#e6effc',
};

const DARK: Palette = {
  page: '#12161d',
  card: '#1b212a',
  edge: '#36404e',
  ink: '#e8ecf2',
  muted: '#a2adbc',
  good: '#69d6b3',
  goodSoft: '#15382f',
  note: '#f2c265',
  noteSoft: '#3b2d10',
  bad: '#ff968e',
  badSoft: '#431f1e',
  info: '#8dbbff',
  infoSoft: '#1a2d4a',
};

const SANS = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif";
const MONO = "ui-monospace,'SF Mono',Menlo,Consolas,'Liberation Mono','DejaVu Sans Mono',monospace";

/** Of one drawing alone, also where it stands in a page: every rule begins with its class. No variables: not all that draw SVG know them. */
export function styleSheet(root: string): string {
  const fonts = (Object.keys(FONTS) as Style[]).map((style) => {
    const { size, isMono, isBold } = FONTS[style];
    return `.${root} .${style}{font:${isBold ? 600 : 400} ${size}px ${isMono ? MONO : SANS}}`;
  });
  return [
    `.${root} text{white-space:pre}`,
    ...fonts,
    `.${root} polyline{fill:none;stroke-width:1}`,
    `.${root} .host{stroke-dasharray:2 3;stroke-width:1.5}`,
    `.${root} .joined{stroke-dasharray:7 3;stroke-width:1.5}`,
    `.${root} .own{stroke-width:1.5}`,
    ...colours(root, LIGHT),
    `@media (prefers-color-scheme:dark){${colours(root, DARK).join('')}}`,
  ].join('\n');
}

function colours(root: string, palette: Palette): string[] {
  const chips = (['good', 'note', 'bad', 'info'] as const).flatMap((tone) => [
    `.${root} .${tone}{fill:${palette[tone]}}`,
    `.${root} .chip-${tone}{fill:${palette[`${tone}Soft`]};stroke:${palette[tone]};stroke-opacity:.35}`,
    `.${root} .bar-${tone}{fill:${palette[tone]}}`,
  ]);
  return [
    `.${root} .page{fill:${palette.page}}`,
    `.${root} .card{fill:${palette.card};stroke:${palette.edge}}`,
    `.${root} .ink{fill:${palette.ink}}`,
    `.${root} .muted{fill:${palette.muted}}`,
    `.${root} .rule,.${root} .branch{stroke:${palette.edge}}`,
    `.${root} .chip-plain{fill:none;stroke:${palette.edge}}`,
    `.${root} .own{fill:${palette.goodSoft};stroke:${palette.good}}`,
    `.${root} .joined{fill:${palette.infoSoft};stroke:${palette.info}}`,
    `.${root} .host{fill:${palette.noteSoft};stroke:${palette.note}}`,
    ...chips,
  ];
}
