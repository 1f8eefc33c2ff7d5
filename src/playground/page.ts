import type { Spec } from '../spec/spec.ts';
import type { Diagnostic, Rule } from '../spec/types.ts';
import type { Config } from './config.ts';
import { DiffPanel } from './diff.ts';
import { byId, make, say } from './dom.ts';
import { Editor, type Range } from './editor.ts';
import { examples, styleNonce } from './embedded.ts';
import { Findings } from './findings.ts';
import { GraphPanel } from './graph.ts';
import { openMenu, placeMenus, Rules, themeButton } from './menus.ts';
import { PlanPanel } from './plan.ts';
import { fromFragment, toFragment } from './share.ts';
import { Tabs } from './tabs.ts';

const CONFIGS = ['config', 'other'] as const;
const ANSWERS = ['findings', 'plan', 'graph', 'diff'] as const;
const CONFIG_NAMES = { config: 'config.json', other: 'the other config' };

/** Work that takes longer than this on a keystroke waits until the typing pauses. */
const SOON = 30;
const PAUSE = 250;

/** The page: two editors, and what the module says of the one in front. */
export class Page {
  private readonly configs: Tabs<(typeof CONFIGS)[number]>;
  private readonly answers: Tabs<(typeof ANSWERS)[number]>;
  /** Made when they are first seen: an editor takes a while. */
  private readonly editors: Partial<Record<(typeof CONFIGS)[number], Editor>> = {};
  private readonly rules: Rules;
  private readonly findings: Findings;
  private readonly plan: PlanPanel;
  private readonly graph: GraphPanel;
  private readonly diff: DiffPanel;
  private spec: Spec | undefined;
  private explanations: ReadonlyMap<string, Rule> | undefined;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private lastTook = 0;

  /** All that needs no module yet: it is compiled meanwhile. */
  constructor() {
    const refresh = (): void => this.refresh();
    this.configs = new Tabs(CONFIGS, refresh);
    this.answers = new Tabs(ANSWERS, refresh);
    this.rules = new Rules(refresh);
    this.findings = new Findings({
      panel: byId('panel-findings'),
      rules: () => this.explained(),
      goTo: (range) => this.editor.goTo(range),
      apply: (fix) => this.editor.apply(fix),
      fixAll: (unsafe) => this.fixAll(unsafe),
    });
    this.plan = new PlanPanel(byId('panel-plan'), refresh);
    this.graph = new GraphPanel(byId('panel-graph'));
    this.diff = new DiffPanel(byId('panel-diff'), () => this.copy());
    openMenu(examples(), (text) => this.open(this.configs.current, text));
    placeMenus();
    themeButton();
    byId('share').addEventListener('click', () => this.share());
    addEventListener('hashchange', () => this.readLink());
  }

  async start(spec: Promise<Spec>): Promise<void> {
    if (!(await this.readLink())) this.open('config', examples()[0]?.text ?? '');
    this.spec = await spec;
    this.answer();
  }

  private open(name: (typeof CONFIGS)[number], text: string): Editor {
    const there = this.editors[name];
    there?.open(text);
    this.editors[name] ??= new Editor({
      parent: byId(`panel-${name}`),
      label: CONFIG_NAMES[name],
      nonce: styleNonce(),
      text,
      changed: () => this.refresh(),
    });
    return this.editors[name];
  }

  private editorOf(name: (typeof CONFIGS)[number]): Editor {
    return this.editors[name] ?? this.open(name, '');
  }

  /** The one in front. */
  private get editor(): Editor {
    return this.editorOf(this.configs.current);
  }

  private textOf(name: (typeof CONFIGS)[number]): string {
    return this.editors[name]?.text ?? '';
  }

  /** After a keystroke: at once while that is quick, or when no more keys come. */
  private refresh(): void {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.answer(), this.lastTook < SOON ? 0 : PAUSE);
  }

  private answer(): void {
    const { spec } = this;
    if (!spec) return;
    const start = performance.now();
    const { diagnostics } = spec.lint(this.editor.text, this.rules.chosen);
    const took = performance.now() - start;
    this.editor.mark(diagnostics);
    this.summarize(diagnostics, took);
    this.show(spec, diagnostics);
    this.lastTook = performance.now() - start;
    performance.measure('answer', { start });
  }

  /** Only what is seen is worked out. */
  private show(spec: Spec, diagnostics: readonly Diagnostic[]): void {
    const front = this.config(this.configs.current);
    const show = {
      findings: () => this.findings.show(diagnostics),
      plan: () => this.plan.show(spec, front),
      graph: () => this.graph.show(spec, front),
      diff: () => this.diff.show(spec, this.config('config'), this.config('other')),
    };
    show[this.answers.current]();
  }

  private summarize(diagnostics: readonly Diagnostic[], took: number): void {
    const counts = (['error', 'warning', 'info'] as const).flatMap((severity) => {
      const count = diagnostics.filter((one) => one.severity === severity).length;
      const word = severity === 'info' ? 'hint' : severity;
      return count === 0 ? [] : [`${count} ${word}${count === 1 ? '' : 's'}`];
    });
    const words = counts.length === 0 ? 'nothing found' : counts.join(', ');
    const name = CONFIG_NAMES[this.configs.current];
    byId('summary').replaceChildren(
      `${name}: ${words}`,
      make('span', { className: 'soft' }, ` in ${took.toFixed(1)} ms`),
    );
    byId('count').textContent = diagnostics.length === 0 ? '' : String(diagnostics.length);
    say(`${name}: ${words}`);
  }

  private explained(): ReadonlyMap<string, Rule> {
    this.explanations ??= new Map((this.spec?.rules() ?? []).map((rule) => [rule.id, rule]));
    return this.explanations;
  }

  private fixAll(unsafe: boolean): void {
    if (this.spec) this.editor.text = this.spec.fix(this.editor.text, { ...this.rules.chosen, unsafe }).text;
  }

  private copy(): void {
    this.open('other', this.textOf('config'));
    this.configs.show('other');
    this.editor.focus();
  }

  private config(name: (typeof CONFIGS)[number]): Config {
    const goTo = (range: Range): void => {
      this.configs.show(name);
      this.editorOf(name).goTo(range);
    };
    return { name: CONFIG_NAMES[name], text: this.textOf(name), goTo };
  }

  /** The link is in the address bar then, whether or not it could be copied. */
  private async share(): Promise<void> {
    const fragment = await toFragment({
      config: this.textOf('config'),
      other: this.textOf('other'),
      ...this.rules.chosen,
      tab: this.answers.current,
    });
    history.replaceState(null, '', `#${fragment}`);
    const control = byId('share');
    const copied = await navigator.clipboard.writeText(location.href).then(
      () => true,
      () => false,
    );
    control.textContent = copied ? 'Link copied' : 'Link is in the address bar';
    say(control.textContent);
    setTimeout(() => {
      control.textContent = 'Share';
    }, 3000);
  }

  private async readLink(): Promise<boolean> {
    const shared = await fromFragment(location.hash.slice(1));
    if (!shared) return false;
    for (const name of CONFIGS) {
      if (shared[name] !== this.textOf(name)) this.open(name, shared[name]);
    }
    this.rules.chosen = shared;
    const tab = ANSWERS.find((name) => name === shared.tab);
    if (tab) this.answers.show(tab);
    return true;
  }
}
