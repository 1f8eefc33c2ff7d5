/** The element of index.html with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found as T;
}

type Child = Node | string | false | undefined;

/**
 * An element with properties and children. Text becomes text nodes, and nothing here or elsewhere in the page reads HTML:
 * a config comes from whoever has made the link.
 */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<Omit<HTMLElementTagNameMap[Tag], 'style'>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  return made;
}

/** A button; `act` is what it does. */
export function button(text: string, className: string, act: () => void): HTMLButtonElement {
  return make('button', { type: 'button', className, onclick: act }, text);
}

/** Tells a screen reader, once nothing more has come for a moment. */
export function say(text: string): void {
  clearTimeout(saying);
  saying = setTimeout(() => byId('said').replaceChildren(text), 400);
}

let saying: ReturnType<typeof setTimeout> | undefined;
