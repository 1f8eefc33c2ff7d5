import colors from 'picocolors';
import type { Diagnostic } from '../../../spec/types.ts';
import { frame, type Pen, visible } from '../../render.ts';
import { count, type Format, type LintedFile, linesOf, nameOf, type Report } from '../report.ts';

type Colors = ReturnType<typeof colors.createColors>;

/** For people: each finding with its line of the source, and a summary. */
const format: Format = (report) => {
  // That none could be read, an error says.
  if (report.files.length === 0) return '';
  const paint = colors.createColors(report.isColored);
  const parts = report.files.flatMap((file) => {
    if (file.diagnostics.length === 0) return [];
    const source = linesOf(file);
    return file.diagnostics.map((finding) => `${drawn(finding, nameOf(file.file), source, paint)}\n`);
  });
  return `${parts.join('')}${summary(report, paint)}\n`;
};

export default format;

function drawn(finding: Diagnostic, file: string, source: string[], paint: Colors): string {
  const { severity, rule, name, message, path, help, related = [], fix } = finding;
  const bright = { error: paint.red, warning: paint.yellow, info: paint.cyan }[severity];
  const pen: Pen = { corner: '┌─', mark: '^', dim: paint.dim, bright };
  const margin = ' '.repeat(Math.max(String(finding.line).length, 2) + 1);
  const lines = [
    `${bright(paint.bold(`${severity}[${rule}]`))} ${paint.bold(name)}: ${visible(message)}`,
    ...frame(finding, path, file, source, pen),
  ];
  for (const place of related) {
    const [where = '', ...rest] = frame(place, place.path, file, source, {
      ...pen,
      corner: '├─',
      mark: '-',
      bright: paint.blue,
    });
    lines.push(`${where}: ${visible(place.message)}`, ...rest);
  }
  if (help) lines.push(`${margin}${paint.dim('=')} ${paint.green('help')}: ${visible(help)}`);
  if (fix)
    lines.push(
      `${margin}${paint.dim('=')} ${paint.green('fix')}: ${visible(fix.title)} (${fix.safe ? '--fix' : '--fix=unsafe'})`,
    );
  return `${lines.join('\n')}\n`;
}

function summary({ files, fixes, isDry }: Report, paint: Colors): string {
  const [errors, warnings, infos] = [count(files, 'error'), count(files, 'warning'), count(files, 'info')];
  const found = [
    ...(errors > 0 ? [paint.red(counted(errors, 'error'))] : []),
    ...(warnings > 0 ? [paint.yellow(counted(warnings, 'warning'))] : []),
    ...(infos > 0 ? [paint.cyan(counted(infos, 'info'))] : []),
  ];
  const checked = counted(files.length, 'file');
  const parts = [
    ...(fixes > 0 ? [paint.green(`${counted(fixes, 'fix')} ${isDry ? 'to apply' : 'applied'}`)] : []),
    found.length > 0 ? `${found.join(', ')} in ${checked}` : paint.green(`nothing found in ${checked}`),
    ...correctable(files),
  ];
  return parts.join('; ');
}

function correctable(files: LintedFile[]): string[] {
  const fixable = files.flatMap(({ diagnostics }) => diagnostics.flatMap(({ fix }) => (fix ? [fix] : [])));
  const safe = fixable.filter((fix) => fix.safe).length;
  const unsafe = fixable.length - safe;
  return [
    ...(safe > 0 ? [`--fix corrects ${safe}`] : []),
    ...(unsafe > 0 ? [`--fix=unsafe corrects ${unsafe}${safe > 0 ? ' more' : ''}`] : []),
  ];
}

const counted = (number: number, what: string): string =>
  `${number} ${what}${number === 1 ? '' : what.endsWith('x') ? 'es' : 's'}`;
