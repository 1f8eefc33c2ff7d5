import type { Diagnostic, Fix, Rule } from '../spec/types.ts';
import { button, make } from './dom.ts';
import type { Range } from './editor.ts';

/** More than anybody reads; a document may have as many as it has values. */
const MOST_SHOWN = 200;

export interface FindingsOptions {
  panel: HTMLElement;
  rules: () => ReadonlyMap<string, Rule>;
  goTo: (range: Range) => void;
  apply: (fix: Fix) => void;
  fixAll: (unsafe: boolean) => void;
}

/** The list of findings. It is made anew after every change, and keeps what the reader has opened and where he is. */
export class Findings {
  private readonly options: FindingsOptions;
  private readonly opened = new Set<string>();

  constructor(options: FindingsOptions) {
    this.options = options;
  }

  show(findings: readonly Diagnostic[]): void {
    const { panel } = this.options;
    const focused = this.focusedItem();
    panel.replaceChildren(...(findings.length === 0 ? [clean()] : this.list(findings)));
    if (focused < 0) return;
    // The fix that was clicked is gone: on to the finding that has taken its place.
    const places = panel.querySelectorAll<HTMLElement>('.place');
    (places[Math.min(focused, places.length - 1)] ?? panel).focus();
  }

  /** The index of the finding that has the focus; 0 for the panel's other buttons, -1 if it is elsewhere. */
  private focusedItem(): number {
    const { panel } = this.options;
    const { activeElement } = document;
    if (activeElement === panel || !panel.contains(activeElement)) return -1;
    const items = [...panel.querySelectorAll('.finding')];
    return Math.max(
      0,
      items.findIndex((item) => item.contains(activeElement)),
    );
  }

  private list(findings: readonly Diagnostic[]): HTMLElement[] {
    const shown = findings.slice(0, MOST_SHOWN).map((finding) => this.item(finding));
    const list = make('ol', { className: 'findings' }, ...shown);
    const more = findings.length - shown.length;
    return [
      this.fixes(findings),
      list,
      ...(more > 0 ? [make('p', { className: 'note' }, `and ${more} more, once these are mended`)] : []),
    ];
  }

  /** What one click can do about all of them. */
  private fixes(findings: readonly Diagnostic[]): HTMLElement {
    const { fixAll } = this.options;
    const safe = findings.filter(({ fix }) => fix?.safe).length;
    const all = findings.filter(({ fix }) => fix).length;
    const some = button(`Fix all that is safe (${safe})`, '', () => fixAll(false));
    const every = button(`Fix all (${all})`, '', () => fixAll(true));
    some.title = 'Changes nothing about a container that starts as the config is now';
    every.title = 'Look at what these fixes do: they change what the container may do';
    const none = make('span', { className: 'soft' }, 'None of these can be mended by a click.');
    return make('div', { className: 'tools' }, safe > 0 && some, all > safe && every, all === 0 && none);
  }

  private item(finding: Diagnostic): HTMLLIElement {
    const { goTo } = this.options;
    const place = button('', 'place', () => goTo(finding));
    place.append(
      make('span', { className: 'severity' }, finding.severity),
      ' ',
      make('span', { className: 'message' }, finding.message),
      ' ',
      where(finding),
    );
    const related = (finding.related ?? []).map((one) => {
      const link = button(one.message, 'link', () => goTo(one));
      return make('li', {}, link, ' ', where(one));
    });
    return make(
      'li',
      { className: `finding ${finding.severity}` },
      place,
      finding.help !== undefined && make('p', { className: 'help' }, finding.help),
      related.length > 0 && make('ul', { className: 'related' }, ...related),
      make('div', { className: 'ways' }, finding.fix && this.fixButton(finding.fix), this.explanation(finding)),
    );
  }

  private fixButton(fix: Fix): HTMLButtonElement {
    const made = button(`Fix: ${fix.title}`, fix.safe ? 'fix' : 'fix unsafe', () => this.options.apply(fix));
    if (!fix.safe) made.append(make('span', { className: 'soft' }, ' – look at it'));
    return made;
  }

  /** Why there is such a rule: made when it is opened. */
  private explanation({ rule: id, name, path }: Diagnostic): HTMLDetailsElement {
    const key = `${id} ${path}`;
    const details = make('details', {}, make('summary', {}, make('code', {}, id), ` ${name}`));
    const fill = (): void => {
      if (details.open) this.opened.add(key);
      else this.opened.delete(key);
      const rule = this.options.rules().get(id);
      if (details.open && rule && details.childElementCount === 1) details.append(explain(rule));
    };
    details.open = this.opened.has(key);
    if (details.open) fill();
    details.addEventListener('toggle', fill);
    return details;
  }
}

function where({ line, column, path }: Range & { path: string }): HTMLElement {
  return make('span', { className: 'where' }, `${line}:${column}${path === '' ? '' : ` ${path}`}`);
}

function explain({ summary, why, bad, good, reference, severity, preset }: Rule): HTMLElement {
  const example = (title: string, text: string | undefined) =>
    text !== undefined &&
    text !== '' &&
    make('div', {}, make('dt', {}, title), make('dd', {}, make('pre', {}, make('code', {}, pretty(text)))));
  return make(
    'div',
    { className: 'explanation' },
    make('p', {}, make('strong', {}, `${summary[0]?.toUpperCase()}${summary.slice(1)}.`), ` ${why}`),
    make('dl', {}, example('Wrong', bad), example('Right', good)),
    make('p', { className: 'soft' }, `${severity}, in the preset ${preset}. See ${reference}`),
  );
}

/** Examples are members of a config on one line, or a whole text that may be broken on purpose. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function clean(): HTMLElement {
  return make(
    'div',
    { className: 'empty' },
    make('p', { className: 'large' }, 'Nothing found'),
    make('p', {}, 'None of the rules of this preset has anything to say about this config.'),
  );
}
