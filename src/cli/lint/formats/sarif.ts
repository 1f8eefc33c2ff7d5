import { pathToFileURL } from 'node:url';
import type { Fix, Location, Log, Region, ReportingDescriptor, Result } from 'sarif';
import type { Fix as Correction, Diagnostic, Rule } from '../../../spec/types.ts';
import { VERSION } from '../../../version.ts';
import { fingerprints } from '../fingerprint.ts';
import { type Format, type LintedFile, nameOf, type Severity } from '../report.ts';

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const satisfies Record<Severity, string>;

/** The key says how it is made: fingerprint.ts. */
const FINGERPRINT = 'orlop/v1';

type Range = Pick<Diagnostic, 'line' | 'column' | 'endLine' | 'endColumn'>;

/** SARIF 2.1.0: docs.oasis-open.org/sarif/sarif/v2.1.0. */
const format: Format = (report) => {
  const found = new Set(report.files.flatMap(({ diagnostics }) => diagnostics.map(({ rule }) => rule)));
  const rules = report.rules().filter(({ id }) => found.has(id));
  const indices = new Map(rules.map(({ id }, index) => [id, index]));
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'orlop', version: VERSION, semanticVersion: VERSION, rules: rules.map(descriptor) } },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { '%SRCROOT%': { uri: pathToFileURL(`${process.cwd()}/`).href } },
        artifacts: report.files.map(({ file }) => ({ location: artifact(file) })),
        results: report.files.flatMap((file) => resultsOf(file, indices)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
};

export default format;

function descriptor({ id, name, severity, preset, summary, why, bad, good, reference }: Rule): ReportingDescriptor {
  const example = bad ? { text: `\nWrong: ${bad}\nRight: ${good}`, markdown: fenced(bad, good ?? '') } : undefined;
  return {
    id,
    name,
    shortDescription: { text: summary },
    fullDescription: { text: why },
    help: {
      text: `${why}${example?.text ?? ''}\nSee: ${reference}`,
      markdown: `${why}\n${example?.markdown ?? ''}\nSee: ${reference}`,
    },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: { preset, tags: [id.startsWith('OCI9') ? 'security' : 'correctness'] },
  };
}

const fenced = (bad: string, good: string): string =>
  `\nWrong:\n\n\`\`\`json\n${bad}\n\`\`\`\n\nRight:\n\n\`\`\`json\n${good}\n\`\`\`\n`;

function resultsOf({ file, diagnostics }: LintedFile, indices: Map<string, number>): Result[] {
  const marks = fingerprints(diagnostics);
  return diagnostics.map((finding, index): Result => {
    const { rule, severity, message, help, path, related = [], fix } = finding;
    const ruleIndex = indices.get(rule);
    return {
      ruleId: rule,
      ...(ruleIndex !== undefined && { ruleIndex }),
      level: LEVELS[severity],
      message: { text: help ? `${message}\n${help}` : message },
      locations: [location(file, finding, path)],
      ...(related.length > 0 && {
        relatedLocations: related.map((one, id) => ({
          id,
          ...location(file, one, one.path),
          message: { text: one.message },
        })),
      }),
      partialFingerprints: { [FINGERPRINT]: marks[index] ?? '' },
      ...(fix && { fixes: [correction(file, fix)] }),
    };
  });
}

function location(file: string, range: Range, path: string): Location {
  return {
    physicalLocation: { artifactLocation: artifact(file), region: region(range) },
    logicalLocations: [{ fullyQualifiedName: path }],
  };
}

function region({ line, column, endLine, endColumn }: Range): Region {
  return { startLine: line, startColumn: column, endLine, endColumn };
}

function correction(file: string, { title, edits }: Correction): Fix {
  const replacements = edits.map((edit) => ({ deletedRegion: region(edit), insertedContent: { text: edit.text } }));
  return { description: { text: title }, artifactChanges: [{ artifactLocation: artifact(file), replacements }] };
}

/** Relative to the working directory, or the whole URI. */
function artifact(file: string): { uri: string; uriBaseId?: string } {
  if (file.startsWith('/')) return { uri: pathToFileURL(file).href };
  const { pathname } = pathToFileURL(`/${nameOf(file)}`);
  return { uri: pathname.slice(1), uriBaseId: '%SRCROOT%' };
}
