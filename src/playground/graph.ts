import { graph } from '../spec/graph.ts';
import type { Spec } from '../spec/spec.ts';
import { type Config, viewOrRefusal } from './config.ts';
import { make } from './dom.ts';

/** Beside an editor there is not much room: the drawing's own least width makes the letters largest. */
const NARROWEST = 960;

const ALT = 'The container at a glance: namespaces, users, capabilities, mounts and limits. The plan has it in words.';

/**
 * The drawing of a container, as a picture: the names and paths in it are of a config that anybody may have made; a
 * picture is no part of the page and runs nothing.
 */
export class GraphPanel {
  private readonly answer = make('div');
  private readonly save = make('a', { download: 'container.svg', className: 'link' }, 'Save as SVG');
  private url = '';

  constructor(panel: HTMLElement) {
    const full = make('input', { type: 'checkbox' });
    full.addEventListener('change', () => this.answer.classList.toggle('full', full.checked));
    const label = make('label', {}, full, ' at full size');
    panel.append(make('div', { className: 'tools' }, label, this.save), this.answer);
  }

  show(spec: Spec, config: Config): void {
    const view = viewOrRefusal(
      config,
      () => spec.plan(config.text),
      (plan) => this.view(graph(plan, { width: NARROWEST })),
    );
    this.answer.replaceChildren(...view);
  }

  private view(svg: string): HTMLElement[] {
    URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
    this.save.href = this.url;
    return [make('img', { src: this.url, alt: ALT, className: 'drawing' })];
  }
}
