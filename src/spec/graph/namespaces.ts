import type { Namespace, Outcome } from '../outcome.ts';
import type { IdMapping } from '../types.ts';
import { Card } from './card.ts';
import type { Drawing, Tone } from './drawing.ts';

const WORDS = { own: 'its own', joined: 'joined', host: "the host's" } as const;
const TONES: Readonly<Record<Namespace['state'], Tone>> = { own: 'good', joined: 'info', host: 'note' };
const TILE_HEIGHT = 56;
const GAP = 10;

/** One tile each: what is the container's own, what it joins and what it shares with the host look different. */
export function drawNamespaces(drawing: Drawing, outcome: Outcome, x: number, y: number, width: number): number {
  const card = new Card(drawing, x, y, width, 'Namespaces', 'its own: solid · joined: dashed · of the host: dotted');
  const { namespaces } = outcome;
  const tile = (card.width - GAP * (namespaces.length - 1)) / namespaces.length;
  for (const [index, { type, state, file }] of namespaces.entries()) {
    const left = card.left + index * (tile + GAP);
    drawing.group(`${type} namespace: ${WORDS[state]}${file === undefined ? '' : ` ${file}`}`, () => {
      drawing.rect(state, { x: left, y: card.y, width: tile, height: TILE_HEIGHT }, 8);
      drawing.text('strong', TONES[state], left + 10, card.y + 22, type, tile - 20);
      if (file === undefined) drawing.text('small', TONES[state], left + 10, card.y + 42, WORDS[state], tile - 20);
      else drawing.text('code-small', TONES[state], left + 10, card.y + 42, file, tile - 20);
    });
  }
  card.y += TILE_HEIGHT + 8;
  return card.end();
}

/** Who the process is, and who that is on the host. */
export function drawUsers(drawing: Drawing, outcome: Outcome, x: number, y: number, width: number): number {
  const card = new Card(drawing, x, y, width, 'Users');
  const { user, idMaps, namespaces } = outcome;
  const groups = user.additionalGids.length > 0 ? ` · groups ${user.additionalGids.join(', ')}` : '';
  card.pair('process', `${user.uid}:${user.gid}${user.uid === 0 ? ' (root)' : ''}${groups}`);
  const state = namespaces.find(({ type }) => type === 'user')?.state;
  if (idMaps) {
    drawMap(card, 'uid', idMaps.uids);
    drawMap(card, 'gid', idMaps.gids);
  } else if (state === 'joined') card.note('ids are those of the user namespace that it joins');
  else card.note("ids are the host's: there is no user namespace", 'note');
  return card.end();
}

/** `container 0–65535 ──▶ host 100000–165535` */
function drawMap(card: Card, kind: string, maps: readonly IdMapping[]): void {
  const { drawing } = card;
  card.subheading(`${kind}s of the container → of the host`);
  const middle = (card.left + card.right) / 2;
  const half = card.width / 2 - 40;
  for (const { containerID, hostID, size } of maps) {
    drawing.text('code', 'ink', card.left, card.y + 13, range(containerID, size), half);
    drawing.line('branch', [middle - 20, card.y + 9], [middle + 20, card.y + 9]);
    drawing.line('branch', [middle + 15, card.y + 5], [middle + 20, card.y + 9], [middle + 15, card.y + 13]);
    drawing.text('code', hostID === 0 ? 'bad' : 'ink', card.right, card.y + 13, range(hostID, size), half, 'end');
    card.y += 20;
  }
}

function range(first: number, size: number): string {
  return size === 1 ? String(first) : `${first}–${first + size - 1}`;
}
