import { OrlopError } from '../error.ts';
import type { Diagnostic } from '../spec/types.ts';
import { button, make } from './dom.ts';
import type { Range } from './editor.ts';

/** One of the two configs, as the answers see it. */
export interface Config {
  /** What the reader calls it. */
  name: string;
  text: string;
  /** Shows a place of it in its editor. */
  goTo: (range: Range) => void;
}

/** A view of a config's plan, or, of a config that nobody can launch, what stands against it. */
export function viewOrRefusal<T>(config: Config, plan: () => T, view: (planned: T) => HTMLElement[]): HTMLElement[] {
  let planned: T;
  try {
    planned = plan();
  } catch (error) {
    if (!(error instanceof OrlopError)) throw error;
    return [refusal(config, (error.diagnostics ?? []) as Diagnostic[])];
  }
  return view(planned);
}

function refusal({ name, goTo }: Config, diagnostics: readonly Diagnostic[]): HTMLElement {
  const items = diagnostics
    .filter(({ severity }) => severity === 'error')
    .map((one) => {
      const place = button(`${one.path}:${one.line}`, 'link where', () => goTo(one));
      return make('li', {}, `${one.message} `, place);
    });
  const title = make('p', { className: 'large' }, `${name} cannot be launched`);
  return make('div', { className: 'empty' }, title, make('ul', {}, ...items));
}
