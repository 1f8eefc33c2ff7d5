import { type Change, diff, type Effect } from '../spec/diff.ts';
import type { Spec } from '../spec/spec.ts';
import type { Place } from '../spec/types.ts';
import { type Config, viewOrRefusal } from './config.ts';
import { button, make } from './dom.ts';

const HEADINGS: Readonly<Record<Effect, string>> = {
  gains: 'The container gains',
  changes: 'It is different in',
  loses: 'It loses',
};

/** What the second config changes about the container of the first. */
export class DiffPanel {
  private readonly panel: HTMLElement;
  private readonly copy: () => void;

  /** `copy` makes the second config one like the first, to be changed by the reader. */
  constructor(panel: HTMLElement, copy: () => void) {
    this.panel = panel;
    this.copy = copy;
  }

  show(spec: Spec, before: Config, after: Config): void {
    const isEmpty = after.text.trim() === '';
    this.panel.replaceChildren(...(isEmpty ? [this.invitation(after.name)] : this.compared(spec, before, after)));
  }

  private compared(spec: Spec, before: Config, after: Config): HTMLElement[] {
    return viewOrRefusal(
      before,
      () => spec.plan(before.text),
      (old) =>
        viewOrRefusal(
          after,
          () => spec.plan(after.text),
          (now) => diffView(diff(old, now), before, after),
        ),
    );
  }

  private invitation(name: string): HTMLElement {
    const title = make('p', { className: 'large' }, 'What changes between two configs?');
    const words = make('p', {}, `Put ${name} into the second editor, or begin with a copy and change it.`);
    const tools = make('div', { className: 'tools' }, button('Copy config.json there', '', this.copy));
    return make('div', { className: 'empty' }, title, words, tools);
  }
}

/** The gravest first. */
function diffView(changes: readonly Change[], before: Config, after: Config): HTMLElement[] {
  if (changes.length === 0) {
    const same = 'No change in what the container may do, or how it runs';
    return [make('div', { className: 'empty' }, make('p', { className: 'large' }, same))];
  }
  return (['gains', 'changes', 'loses'] as const).flatMap((effect) => {
    const items = changes.filter((change) => change.effect === effect).map((change) => item(change, before, after));
    if (items.length === 0) return [];
    const list = make('ul', { className: 'changes' }, ...items);
    return [make('section', { className: effect }, make('h2', {}, HEADINGS[effect]), list)];
  });
}

function item({ area, text, before, after, calls = [] }: Change, old: Config, now: Config): HTMLLIElement {
  const places = [placeOf(before, old), placeOf(after, now)].filter((one) => one !== undefined);
  return make(
    'li',
    {},
    make('span', { className: 'area' }, area),
    make(
      'div',
      {},
      text,
      calls.length > 0 && make('code', { className: 'called' }, calls.join(' ')),
      places.length > 0 && make('div', {}, ...places.flatMap((one, index) => (index > 0 ? [' → ', one] : [one]))),
    ),
  );
}

function placeOf(place: Place | undefined, { goTo }: Config): HTMLElement | undefined {
  if (place?.path === undefined) return undefined;
  const { path, line, column = 1 } = place;
  if (line === undefined) return make('span', { className: 'where' }, path);
  return button(`${path}:${line}`, 'link where', () => goTo({ line, column }));
}
