import { OrlopError } from '../error.ts';
import type { Spec } from '../spec/spec.ts';
import type { Diagnostic, Rule } from '../spec/types.ts';
import { button, byId, make, say } from './dom.ts';
import { Editor } from './editor.ts';
import { examples, styleNonce } from './embedded.ts';
import { Findings } from './findings.ts';
import { openMenu, placeMenus, Rules, themeButton } from './menus.ts';
import { planView } from './plan.ts';
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
  private spec: Spec | undefined;
  private explanations: ReadonlyMap<string, Rule> | undefined;
  private hasCalls = false;
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

  /** The one in front. */
  private get editor(): Editor {
    const name = this.configs.current;
    return this.editors[name] ?? this.open(name, '');
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
    const show = {
      findings: () => this.findings.show(diagnostics),
      plan: () => this.showPlan(spec),
      graph: () => {},
      diff: () => {},
    };
    show[this.answers.current]();
    this.lastTook = performance.now() - start;
    performance.measure('answer', { start });
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

  private showPlan(spec: Spec): void {
    const calls = make('input', { type: 'checkbox', checked: this.hasCalls, id: 'calls' });
    calls.addEventListener('change', () => {
      this.hasCalls = calls.checked;
      this.answer();
      byId('calls').focus();
    });
    const panel = byId('panel-plan');
    const tools = make('div', { className: 'tools' }, make('label', {}, calls, ' with all system calls'));
    tools.append(make('span', { className: 'soft' }, 'on a host with cgroup v2, started by root'));
    panel.replaceChildren(tools, ...this.planned(() => this.planParts(spec)));
  }

  private planParts(spec: Spec): HTMLElement[] {
    const goTo = this.editor.goTo.bind(this.editor);
    if (!this.hasCalls) return planView(spec.plan(this.editor.text), undefined, goTo);
    const { plan, rows } = spec.image(this.editor.text);
    return planView(plan, rows, goTo);
  }

  /** A config that nobody can launch has no plan: then it is what stands against it. */
  private planned(view: () => HTMLElement[]): HTMLElement[] {
    try {
      return view();
    } catch (error) {
      if (!(error instanceof OrlopError)) throw error;
      const diagnostics = (error.diagnostics ?? []) as Diagnostic[];
      const errors = diagnostics.filter(({ severity }) => severity === 'error');
      const items = errors.map((one) => {
        const place = button(`${one.path}:${one.line}`, 'link where', () => this.editor.goTo(one));
        return make('li', {}, `${one.message} `, place);
      });
      return [
        make(
          'div',
          { className: 'empty' },
          make('p', { className: 'large' }, 'This cannot be launched'),
          make('ul', {}, ...items),
        ),
      ];
    }
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
