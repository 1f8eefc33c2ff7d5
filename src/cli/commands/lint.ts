import { OrlopError } from '../../error.ts';
import { specModule } from '../../spec/embedded.ts';
import { Linter } from '../../spec/linter.ts';
import type { Preset, Rule } from '../../spec/types.ts';
import { type Action, text } from '../command.ts';
import { readInput } from '../input.ts';
import { print } from '../output.ts';
import { renderDiagnostic, sourceOf } from '../render.ts';

/** 0 clean or warnings only, 1 errors found. */
const action: Action = (_context, values, files) => {
  const linter = new Linter(specModule());
  const explained = text(values, 'explain');
  if (explained !== undefined) return explain(linter.rules(), explained);
  if (values['list-rules'] === true) return list(linter.rules());

  const preset = (text(values, 'preset') ?? 'recommended') as Preset;
  const named = files.length > 0 ? files : ['config.json'];
  const results = named.map((file) => ({
    file,
    diagnostics: linter.lint(readInput(file), { preset }).diagnostics,
  }));
  if (values.format === 'json') print(`${JSON.stringify({ files: results })}\n`);
  else {
    for (const { file, diagnostics } of results) {
      const source = sourceOf(file);
      print(diagnostics.map((finding) => `${renderDiagnostic(finding, file, source)}\n`).join(''));
    }
  }
  const hasErrors = results.some(({ diagnostics }) => diagnostics.some(({ severity }) => severity === 'error'));
  return hasErrors ? 1 : 0;
};

export default action;

function list(rules: Rule[]): number {
  for (const { id, name, severity, preset, summary } of rules) {
    print(`${id}  ${name.padEnd(40)} ${severity.padEnd(8)} ${preset.padEnd(12)} ${summary}\n`);
  }
  return 0;
}

function explain(rules: Rule[], wanted: string): number {
  const rule = rules.find(({ id, name }) => id === wanted.toUpperCase() || name === wanted);
  if (!rule) throw new OrlopError('usage/invalid', `--explain ${wanted}: no such rule`, { hint: 'see --list-rules' });
  const { id, name, severity, preset, fix, summary, why, bad, good, reference } = rule;
  print(`${id} ${name}: ${summary}\n\n${why}\n\n`);
  if (bad !== undefined && bad !== '') print(`  wrong  ${bad}\n  right  ${good}\n\n`);
  print(`Severity: ${severity}. Preset: ${preset}.${fix ? ` Fix: ${fix}.` : ''}\nSee: ${reference}\n`);
  return 0;
}
