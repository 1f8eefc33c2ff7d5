import { OrlopError } from '../../error.ts';
import type { Linter } from '../../spec/linter.ts';
import type { LintOptions, Preset } from '../../spec/types.ts';
import { text, texts, type Values } from '../command.ts';
import { featuresIn, isRuntimeName } from './targets.ts';

type Level = NonNullable<LintOptions['rules']>[string];

/** What the command line says of presets, rules and targets. */
export function overridesOf(values: Values, linter: Linter): LintOptions {
  const preset = text(values, 'preset') as Preset | undefined;
  const rules = texts(values, 'rule').map(levelOf);
  const targets = texts(values, 'target').map((target) => (isRuntimeName(target) ? target : featuresIn(target)));
  const overrides: LintOptions = {
    ...(preset && { preset }),
    ...(rules.length > 0 && { rules: Object.fromEntries(rules) }),
    ...(targets.length > 0 && { targets }),
  };
  for (const { path, message, help } of linter.check(new TextEncoder().encode(JSON.stringify(overrides)))) {
    const [, member = '', key = ''] = path.split('/');
    const option = member === 'rules' ? `--rule ${key}` : `--target ${texts(values, 'target')[Number(key)]}`;
    throw new OrlopError('usage/invalid', `${option}: ${message}`, { hint: help });
  }
  return overrides;
}

/** `OCI302=off`; a level is called as findings call theirs, or as config files do. */
function levelOf(word: string): [rule: string, level: Level] {
  const at = word.lastIndexOf('=');
  const rule = word.slice(0, at);
  const level = word.slice(at + 1);
  if (at > 0)
    return [/^oci\d+$/i.test(rule) ? rule.toUpperCase() : rule, (level === 'warning' ? 'warn' : level) as Level];
  throw new OrlopError('usage/invalid', `--rule ${word}: no level`, { hint: 'write it as --rule OCI302=off' });
}

/** The command line has the last word; of targets it names all. */
export function merged(options: LintOptions, overrides: LintOptions): LintOptions {
  if (!overrides.rules) return { ...options, ...overrides };
  // Later ones hold, and a rule may have its id here and its name there.
  const rules = { ...options.rules };
  for (const [rule, level] of Object.entries(overrides.rules)) {
    delete rules[rule];
    rules[rule] = level;
  }
  return { ...options, ...overrides, rules };
}
