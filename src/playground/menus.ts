import type { Preset } from '../spec/types.ts';
import { button, byId, make } from './dom.ts';
import type { Example } from './embedded.ts';

// The bar at the top. Its menus are popovers: the browser opens and closes them, also by Escape or a click elsewhere.

const PRESETS: Record<Exclude<Preset, 'none'>, string> = {
  spec: 'spec: what is broken',
  recommended: 'recommended',
  hardened: 'hardened',
  strict: 'strict: everything',
};

/** Versions between which what a runtime ignores or refuses has changed. */
const TARGETS = [
  ['runc@1.0', 'runc@1.1', 'runc@1.2', 'runc@1.3', 'runc@1.4'],
  ['crun@1.8', 'crun@1.14', 'crun'],
  ['youki@0.5', 'youki'],
  ['orlop'],
];

/** Which rules are asked: the preset and the runtimes that the config is for. */
export class Rules {
  private readonly preset = byId<HTMLSelectElement>('preset');
  private readonly boxes: HTMLInputElement[];

  constructor(changed: () => void) {
    for (const [value, text] of Object.entries(PRESETS)) this.preset.append(make('option', { value }, text));
    this.preset.value = 'recommended';
    this.preset.addEventListener('change', changed);
    this.boxes = TARGETS.flat().map((value) => make('input', { type: 'checkbox', value }));
    const labels = this.boxes.map((box) => make('label', {}, box, ` ${box.value.replace('@', ' ')}`));
    const columns = TARGETS.map((column) => make('div', {}, ...labels.splice(0, column.length)));
    byId('target-list').append(...columns);
    byId('target-list').addEventListener('change', () => {
      this.name();
      changed();
    });
  }

  get chosen(): { preset: Preset; targets: string[] } {
    const targets = this.boxes.filter(({ checked }) => checked).map(({ value }) => value);
    return { preset: this.preset.value as Preset, targets };
  }

  /** Of a link: names that the page does not know are left out. */
  set chosen({ preset, targets }: { preset: string; targets: readonly unknown[] }) {
    this.preset.value = preset in PRESETS ? preset : 'recommended';
    for (const box of this.boxes) box.checked = targets.includes(box.value);
    this.name();
  }

  /** The button says what has been chosen, when its menu is closed. */
  private name(): void {
    const { targets } = this.chosen;
    const few =
      targets.length <= 2 ? targets.map((name) => name.replace('@', ' ')).join(', ') : `${targets.length} runtimes`;
    byId('targets').textContent = targets.length === 0 ? 'For any runtime' : `For ${few}`;
  }
}

/** Examples, and files of the reader, which the browser reads without anybody else. */
export function openMenu(examples: readonly Example[], open: (text: string) => void): void {
  const menu = byId('open-menu');
  const use = (text: string): void => {
    menu.hidePopover();
    open(text);
  };
  byId('examples').append(
    ...examples.map(({ title, text }) =>
      make(
        'li',
        {},
        button(title, 'link', () => use(text)),
      ),
    ),
  );
  const file = byId<HTMLInputElement>('file');
  file.addEventListener('change', async () => {
    const [chosen] = file.files ?? [];
    if (chosen) use(await chosen.text());
    file.value = '';
  });
}

/** Each menu opens below its button, and within the window. */
export function placeMenus(): void {
  for (const menu of document.querySelectorAll<HTMLElement>('[popover]')) {
    const opener = document.querySelector(`[popovertarget="${menu.id}"]`);
    menu.addEventListener('toggle', () => {
      const place = opener?.getBoundingClientRect();
      if (!place) return;
      menu.style.top = `${place.bottom + 6}px`;
      menu.style.left = `${Math.max(8, Math.min(place.left, innerWidth - menu.offsetWidth - 8))}px`;
    });
  }
}

const THEMES = ['light dark', 'light', 'dark'] as const;
const THEME_NAMES = { 'light dark': 'as the system has them', light: 'light', dark: 'dark' };

/** Light and dark, by one property: all colours of style.css are pairs. */
export function themeButton(): void {
  const control = byId('theme');
  let at = 0;
  const show = (): void => {
    const theme = THEMES[at] ?? 'light dark';
    document.documentElement.style.colorScheme = theme;
    control.textContent = { 'light dark': '◐', light: '○', dark: '●' }[theme];
    control.title = `Colours: ${THEME_NAMES[theme]}`;
    control.setAttribute('aria-label', control.title);
  };
  control.addEventListener('click', () => {
    at = (at + 1) % THEMES.length;
    show();
  });
  show();
}
