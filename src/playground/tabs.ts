import { byId } from './dom.ts';

/**
 * A list of tabs and their panels: one stop of the Tab key, arrows go on to the next one. ARIA Authoring Practices, Tabs
 * with automatic activation.
 */
export class Tabs<Name extends string> {
  private readonly names: readonly Name[];
  private readonly changed: (name: Name) => void;
  private shown: Name;

  constructor(names: readonly [Name, ...Name[]], changed: (name: Name) => void) {
    this.names = names;
    this.changed = changed;
    this.shown = names[0];
    for (const name of names) {
      const tab = byId(`tab-${name}`);
      tab.addEventListener('click', () => this.show(name));
      tab.addEventListener('keydown', (event) => this.key(event));
    }
    this.mark();
  }

  get current(): Name {
    return this.shown;
  }

  show(name: Name): void {
    if (name === this.shown) return;
    this.shown = name;
    this.mark();
    this.changed(name);
  }

  private mark(): void {
    for (const name of this.names) {
      const isShown = name === this.shown;
      const tab = byId(`tab-${name}`);
      tab.setAttribute('aria-selected', String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      byId(`panel-${name}`).hidden = !isShown;
    }
  }

  private key(event: KeyboardEvent): void {
    const at = this.names.indexOf(this.shown);
    const last = this.names.length - 1;
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[
      event.key
    ];
    const name = next === undefined ? undefined : this.names[next];
    if (name === undefined) return;
    event.preventDefault();
    this.show(name);
    byId(`tab-${name}`).focus();
  }
}
