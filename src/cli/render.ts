// What a person sees of findings and errors.

import { readFileSync } from 'node:fs';
import { OrlopError } from '../error.ts';
import { fileError } from '../linux/file-error.ts';
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

/** An error of the host's files says its call and path; anything else is a bug. */
export function asOrlopError(error: unknown): OrlopError {
  const known = fileError(error);
  if (known instanceof OrlopError) return known;
  return new OrlopError('core/crash', `unexpected: ${(error as Error).message ?? String(error)}`, {
    hint: 'this is a bug of orlop: please report it, with what --debug prints',
    cause: error,
  });
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

/** What went wrong while cleaning up after the error; a cause that the message tells already is left out. */
function causes({ message, cause }: OrlopError): string[] {
  return cause instanceof OrlopError && !message.includes(cause.message) ? [cause.message] : [];
}

export function renderDiagnostic(finding: Diagnostic, file: string, source: string[]): string {
  const lines = [
    `${finding.severity}[${finding.rule}] ${finding.name}: ${finding.message}`,
    ...frame(finding, finding.path, file, source),
  ];
  if (finding.help) lines.push(`   = help: ${finding.help}`);
  return `${lines.join('\n')}\n`;
}

/** How a place is drawn. */
export interface Pen {
  corner: string;
  mark: string;
  /** For the lines and numbers beside the source, and for the mark. */
  dim(text: string): string;
  bright(text: string): string;
}

const same = (text: string): string => text;
export const PLAIN: Pen = { corner: '┌─', mark: '^', dim: same, bright: same };

const WIDEST = 160;

/** A place with its line of the source, and what is to be said of it. */
export function frame(place: Place, path: string, file: string, source: string[], pen = PLAIN): string[] {
  const number = String(place.line);
  const margin = ' '.repeat(Math.max(number.length, 2));
  const where = `${file}:${place.line}:${place.column}${path === '' ? '' : ` ${path}`}`;
  const lines = [`${margin} ${pen.dim(pen.corner)} ${visible(where)}`];
  const line = source[place.line - 1];
  if (line === undefined) return lines;
  // A config may be one long line: show the part that matters.
  const from = place.column > WIDEST - 40 ? place.column - 40 : 0;
  const shown = visible(line.slice(from, from + WIDEST).trimEnd());
  const last = place.endLine === place.line ? (place.endColumn ?? place.column) : place.column;
  const width = Math.max(1, Math.min(last - place.column, WIDEST - (place.column - from)));
  lines.push(`${pen.dim(`${number.padStart(margin.length)} │`)} ${shown}`);
  lines.push(`${margin} ${pen.dim('│')} ${' '.repeat(place.column - 1 - from)}${pen.bright(pen.mark.repeat(width))}`);
  return lines;
}

/** What a terminal would obey, or show in another order, as one sign each: a config may come from anybody. */
export function visible(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '�');
}
