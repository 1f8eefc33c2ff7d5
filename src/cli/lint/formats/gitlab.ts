import { fingerprints } from '../fingerprint.ts';
import { type Format, nameOf, type Severity } from '../report.ts';

const SEVERITIES: Readonly<Record<Severity, string>> = { error: 'major', warning: 'minor', info: 'info' };

/** A Code Quality report: docs.gitlab.com/ci/testing/code_quality, "Code Quality report format". */
const format: Format = ({ files }) => {
  const issues = files.flatMap(({ file, diagnostics }) => {
    // Paths are relative to the repository, and a fingerprint is of the whole report.
    const path = nameOf(file).replace(/^\.\//, '');
    const marks = fingerprints(diagnostics, path);
    return diagnostics.map(({ rule, name, severity, message, help, line, column, endLine, endColumn }, index) => ({
      type: 'issue',
      check_name: `${rule} ${name}`,
      description: message,
      ...(help && { content: { body: help } }),
      categories: [rule.startsWith('OCI9') ? 'Security' : 'Bug Risk'],
      severity: SEVERITIES[severity],
      fingerprint: marks[index],
      location: { path, positions: { begin: { line, column }, end: { line: endLine, column: endColumn } } },
    }));
  });
  return `${JSON.stringify(issues, null, 2)}\n`;
};

export default format;
