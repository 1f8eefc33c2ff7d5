import { isatty } from 'node:tty';
import { OrlopError } from '../../error.ts';
import { specModule } from '../../spec/embedded.ts';
import { Linter } from '../../spec/linter.ts';
import type { Rule } from '../../spec/types.ts';
import { type Action, number, text, type Values } from '../command.ts';
import { CONFIG, filesNamed } from '../lint/files.ts';
import { type FormatName, loadFormat } from '../lint/formats.ts';
import { overridesOf } from '../lint/overrides.ts';
import { Progress } from '../lint/progress.ts';
import { count, type Report } from '../lint/report.ts';
import { type Fixing, Run } from '../lint/run.ts';
import { print, printError } from '../output.ts';
import { asOrlopError, renderError } from '../render.ts';

/** 0 clean, or warnings that are not too many; 1 errors found; 2 something could not be checked. */
const action: Action = async (_context, values, words) => {
  const linter = new Linter(specModule());
  const explained = text(values, 'explain');
  if (explained !== undefined) return explain(linter.rules(), explained);
  if (values['list-rules'] === true) return list(linter.rules());

  const mostWarnings = number(values, 'max-warnings', 0, 1e9) ?? Infinity;
  const format = await loadFormat((text(values, 'format') ?? 'pretty') as FormatName);
  const { files, errors } = filesNamed(words.length > 0 ? words : [CONFIG]);
  const run = new Run(linter, overridesOf(values, linter), await fixingOf(values, files));
  const progress = new Progress(files.length);
  for (const [index, file] of files.entries()) {
    try {
      run.lint(file);
    } catch (error) {
      errors.push(error);
    }
    progress.tell(index + 1);
  }
  progress.end();
  const report: Report = { ...run.finish(), isColored: isColored(values), rules: () => linter.rules() };
  // What is corrected of standard input, or would be, is the output then.
  (run.isOutput ? printError : print)(format(report));
  for (const error of [...errors, ...run.errors]) printError(renderError(asOrlopError(error), undefined));
  if (errors.length + run.errors.length > 0) return 2;
  return statusOf(report, mostWarnings);
};

export default action;

function statusOf({ files }: Report, mostWarnings: number): number {
  const warnings = count(files, 'warning');
  if (count(files, 'error') > 0) return 1;
  if (warnings <= mostWarnings) return 0;
  printError(`orlop: more warnings than --max-warnings ${mostWarnings}: ${warnings}\n`);
  return 1;
}

/** No terminal wants colours in a file; https://no-color.org says what else. */
function isColored(values: Values): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  const when = text(values, 'color') ?? 'auto';
  if (when !== 'auto') return when === 'always';
  return !NO_COLOR && (Boolean(FORCE_COLOR) || (isatty(1) && TERM !== 'dumb'));
}

async function fixingOf(values: Values, files: string[]): Promise<Fixing | undefined> {
  const isDry = values['fix-dry-run'] === true;
  const which = text(values, 'fix');
  if (!isDry && which === undefined) return undefined;
  if (files.length > 1 && files.includes('-')) {
    throw new OrlopError('usage/invalid', '--fix of standard input and of files', {
      hint: 'standard output is for one of them: call it twice',
    });
  }
  const { showChanges, writeChanges } = await import('../lint/fix.ts');
  return {
    isUnsafe: which === 'unsafe',
    isDry,
    deliver: isDry ? showChanges : writeChanges,
    isOutput: isDry || files[0] === '-',
  };
}

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
  if (bad) print(`  wrong  ${bad}\n  right  ${good}\n\n`);
  print(`Severity: ${severity}. Preset: ${preset}.${fix ? ` Fix: ${fix}.` : ''}\nSee: ${reference}\n`);
  return 0;
}
