import { type Diagnostic, DiagnosticSeverity, DiagnosticTag } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { linkOf } from '../../editor/reference.ts';
import type { Rule } from '../../spec/types.ts';
import type { Found } from './found.ts';
import { rangeOf } from './range.ts';

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
} as const;

/** What has no effect whatever is written there; editors show it faded. */
const UNNECESSARY = ['foreign-platform', 'shadowed-rule', 'useless-value-two', 'ignored-by-target', 'unused-ignore'];

export function diagnosticOf(
  found: Found,
  document: TextDocument,
  rule: Rule | undefined,
  takesRelated: boolean,
): Diagnostic {
  const { finding, related } = found;
  const link = rule && linkOf(rule.reference);
  const tags = tagsOf(finding.name);
  return {
    range: rangeOf(document, found),
    severity: SEVERITIES[finding.severity],
    code: finding.rule,
    ...(link !== undefined && { codeDescription: { href: link } }),
    source: 'orlop',
    message: finding.help ? `${finding.message}\n${finding.help}` : finding.message,
    ...(tags.length > 0 && { tags }),
    ...(takesRelated && related.length > 0 && { relatedInformation: related.map((one) => relatedTo(one, document)) }),
  };
}

function relatedTo(one: Found['related'][number], document: TextDocument) {
  return { message: one.message, location: { uri: document.uri, range: rangeOf(document, one) } };
}

function tagsOf(name: string): DiagnosticTag[] {
  if (UNNECESSARY.includes(name)) return [DiagnosticTag.Unnecessary];
  return name.startsWith('deprecated-') ? [DiagnosticTag.Deprecated] : [];
}
