// What a person sees of findings and errors.

import { readFileSync } from 'node:fs';
import type { OrlopError } from '../error.ts';
import type { Diagnostic } from '../spec/types.ts';

interface Place {
  line: number;
  column: number;
  endLine?: number;
  endColumn?: number;
}

/** The lines of a config, or nothing if it cannot be read any more. */
export function sourceOf(file: string | undefined): string[] {
  if (file === undefined) return [];
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

/**
 *     orlop: mount of "mqueue" on /dev/mqueue failed: ENODEV (no such device): fsopen("mqueue", FSOPEN_CLOEXEC)
 *        ┌─ config.json:87:7 /mounts/3
 *     87 │       { "destination": "/dev/mqueue",
 *        │       ^
 *        = help: this kernel has no such filesystem
 */
export function renderError(error: OrlopError, file: string | undefined): string {
  const findings = (error.diagnostics ?? []) as Diagnostic[];
  const source = sourceOf(file);
  if (findings.length > 0)
    return findings.map((finding) => renderDiagnostic(finding, file ?? 'config.json', source)).join('');
  const lines = [`orlop: ${error.message}`];
  if (error.line !== undefined && error.path !== undefined) {
    lines.push(...frame({ line: error.line, column: error.column ?? 1 }, error.path, file ?? 'config.json', source));
  }
  if (error.hint) lines.push(`   = help: ${error.hint}`);
  for (const cause of causes(error)) lines.push(`   = and then: ${cause}`);
  return `${lines.join('\n')}\n`;
}

/** What went wrong while cleaning up after the error; the causes that the message tells already are left out. */
function causes(error: OrlopError): string[] {
  const { cause } = error;
  return cause instanceof Error && cause.name === 'OrlopError' ? [cause.message] : [];
}

export function renderDiagnostic(finding: Diagnostic, file: string, source: string[]): string {
  const lines = [
    `${finding.severity}[${finding.rule}] ${finding.name}: ${finding.message}`,
    ...frame(finding, finding.path, file, source),
  ];
  if (finding.help) lines.push(`   = help: ${finding.help}`);
  return `${lines.join('\n')}\n`;
}

const WIDEST = 160;

function frame(place: Place, path: string, file: string, source: string[]): string[] {
  const number = String(place.line);
  const margin = ' '.repeat(Math.max(number.length, 2));
  const lines = [`${margin} ┌─ ${file}:${place.line}:${place.column}${path === '' ? '' : ` ${path}`}`];
  const line = source[place.line - 1];
  if (line === undefined) return lines;
  // A config may be one long line: show the part that matters.
  const from = place.column > WIDEST - 40 ? place.column - 40 : 0;
  const shown = line.slice(from, from + WIDEST).replaceAll('\t', ' ');
  const last = place.endLine === place.line ? (place.endColumn ?? place.column) : place.column;
  const width = Math.max(1, Math.min(last - place.column, WIDEST - (place.column - from)));
  lines.push(`${number.padStart(margin.length)} │ ${shown}`);
  lines.push(`${margin} │ ${' '.repeat(place.column - 1 - from)}${'^'.repeat(width)}`);
  return lines;
}
