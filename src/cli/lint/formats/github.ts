import { type Format, nameOf, type Severity } from '../report.ts';

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'notice' };

/** Annotations of GitHub Actions: docs.github.com, Workflow commands for GitHub Actions. */
const format: Format = ({ files }) =>
  files
    .flatMap(({ file, diagnostics }) =>
      diagnostics.map(({ severity, rule, name, message, help, path, line, column, endLine, endColumn }) => {
        const isOneLine = line === endLine;
        const properties = Object.entries({
          title: `${rule} ${name}`,
          file: nameOf(file),
          line,
          endLine,
          // Columns of a range of several lines would be taken for those of its first.
          ...(isOneLine && { col: column, endColumn }),
        });
        const text = [`${message}${path ? ` (${path})` : ''}`, ...(help ? [`help: ${help}`] : [])].join('\n');
        const written = properties.map(([key, value]) => `${key}=${escaped(String(value), /[%\r\n:,]/g)}`).join(',');
        return `::${COMMANDS[severity]} ${written}::${escaped(text, /[%\r\n]/g)}\n`;
      }),
    )
    .join('');

export default format;

/** A name of a file with a line feed in it must not become a command of its own. */
function escaped(text: string, signs: RegExp): string {
  return text.replaceAll(signs, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
