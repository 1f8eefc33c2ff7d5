import type { Named, Outcome } from '../outcome.ts';
import { placeOf } from '../steps.ts';
import { type Changes, pairs } from './change.ts';

/** The program and what is around it. Values of variables stay out of the text: they may be secrets. */
export function diffProcess(changes: Changes, before: Outcome, after: Outcome): void {
  const places = { before: before.process, after: after.process };
  if (JSON.stringify(before.args) !== JSON.stringify(after.args)) {
    changes.add('process', 'changes', 60, `runs ${command(after.args)} instead of ${command(before.args)}`, places);
  }
  diffEnvironment(changes, before, after);
  diffNamed(changes, before.settings, after.settings, 'process', 15, (name) => `the ${name}`);
  diffNamed(changes, before.sysctls, after.sysctls, 'kernel', 38, (name) => `the sysctl ${name}`);
  for (const [name, was, is] of pairs(before.netDevices, after.netDevices, (one) => one.name)) {
    if (was && is && was.value === is.value) continue;
    const device = { before: was?.place, after: is?.place };
    if (!was) changes.add('network', 'gains', 61, `gets the host's network device ${name}`, device);
    else if (!is) changes.add('network', 'loses', 61, `no longer gets the host's network device ${name}`, device);
    else
      changes.add(
        'network',
        'changes',
        20,
        `the network device ${name} is called ${is.value} instead of ${was.value}`,
        device,
      );
  }
}

function command(args: string[]): string {
  return args.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}

/** How its programs are loaded and found. */
const POWERFUL = /^(LD_|PATH$|GCONV_PATH$|BASH_ENV$|ENV$|NODE_OPTIONS$|PYTHONSTARTUP$|PERL5OPT$)/;

function diffEnvironment(changes: Changes, before: Outcome, after: Outcome): void {
  const places = { before: before.process, after: after.process };
  const nameOf = (variable: string) => variable.slice(0, variable.indexOf('='));
  for (const [name, was, is] of pairs(before.env, after.env, nameOf)) {
    if (was === is) continue;
    const what = was === undefined ? 'is new' : is === undefined ? 'is gone' : 'has another value';
    changes.add('process', 'changes', POWERFUL.test(name) ? 55 : 10, `the variable ${name} ${what}`, places);
  }
}

function diffNamed(
  changes: Changes,
  before: Named[],
  after: Named[],
  area: 'process' | 'kernel',
  weight: number,
  inWords: (name: string) => string,
): void {
  for (const [name, was, is] of pairs(before, after, (one) => one.name)) {
    if (was?.value === is?.value) continue;
    const places = { before: was?.place, after: is?.place };
    const words = inWords(name);
    if (!was) changes.add(area, 'changes', weight, `${words} is set to ${is?.value}`, places);
    else if (!is) changes.add(area, 'changes', weight, `${words} is no longer set (${was.value})`, places);
    else changes.add(area, 'changes', weight, `${words} is ${is.value} instead of ${was.value}`, places);
  }
}

/** Programs of the host that run as whoever starts the container: by their place in the list. */
export function diffHooks(changes: Changes, before: Outcome, after: Outcome): void {
  const nameOf = (hook: Outcome['hooks'][number]) => JSON.stringify([hook.kind, hook.file, hook.args, hook.env ?? []]);
  for (const [, was, is] of pairs(before.hooks, after.hooks, nameOf)) {
    const hook = is ?? was;
    if ((was && is) || !hook) continue;
    const where = hook.kind === 'startContainer' || hook.kind === 'createContainer' ? '' : ' on the host';
    const words = `the ${hook.kind} hook ${command([hook.file, ...hook.args.slice(1)])}`;
    if (is) changes.add('hook', 'gains', 88, `${words} is run${where}`, { after: placeOf(is) });
    else changes.add('hook', 'loses', 88, `${words} is no longer run${where}`, { before: placeOf(was) });
  }
}
