import type { Diagnostic } from '../../../spec/types.ts';
import { type Format, type LintedFile, nameOf } from '../report.ts';
import { attributes, content, XML_HEAD } from '../xml.ts';

/** A suite for each file: a case that fails for each error and warning, one that passes where there is none. */
const format: Format = ({ files }) => {
  const failures = files.reduce((sum, file) => sum + failuresOf(file).length, 0);
  const tests = files.reduce((sum, file) => sum + casesOf(file).length, 0);
  const totals = attributes({ name: 'orlop lint', tests, failures, errors: 0 });
  return `${XML_HEAD}<testsuites${totals}>\n${files.map(suite).join('')}</testsuites>\n`;
};

export default format;

const isFailure = ({ severity }: Diagnostic): boolean => severity !== 'info';
const failuresOf = ({ diagnostics }: LintedFile): Diagnostic[] => diagnostics.filter(isFailure);

function suite(file: LintedFile): string {
  const cases = casesOf(file);
  const name = nameOf(file.file);
  const counts = attributes({ name, tests: cases.length, failures: failuresOf(file).length, errors: 0, skipped: 0 });
  return `  <testsuite${counts}>\n${cases.join('')}  </testsuite>\n`;
}

function casesOf(linted: LintedFile): string[] {
  const classname = nameOf(linted.file);
  if (linted.diagnostics.length === 0) return [`    <testcase${attributes({ classname, name: 'lint', time: 0 })}/>\n`];
  return linted.diagnostics.map((finding) => {
    const { rule, name, severity, message, path, line, column, help } = finding;
    const where = `${classname}:${line}:${column}${path ? ` ${path}` : ''}`;
    const text = content([where, message, ...(help ? [`help: ${help}`] : [])].join('\n'));
    const said = isFailure(finding)
      ? `<failure${attributes({ type: severity, message })}>${text}</failure>`
      : `<system-out>${text}</system-out>`;
    return `    <testcase${attributes({ classname, name: `${rule} ${name} ${path}`.trimEnd(), time: 0 })}>\n      ${said}\n    </testcase>\n`;
  });
}
