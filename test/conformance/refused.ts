// For each field a value that the kernel or the host refuses, or why they refuse none.

import { FIELDS } from './fields.ts';
import { CONFIG } from './refusals/config.ts';
import { LINUX } from './refusals/linux.ts';
import { PROCESS } from './refusals/process.ts';
import type { Refusal, Refusals } from './refusals/refusal.ts';
import { RESOURCES } from './refusals/resources.ts';

export const REFUSALS: Refusals = { ...CONFIG, ...PROCESS, ...LINUX, ...RESOURCES };

/** Those to run, each once, by the fields that share it. */
export function cases(): { fields: string; refusal: Refusal }[] {
  const found = new Map<Refusal, string[]>();
  for (const [field, refusal] of Object.entries(REFUSALS)) {
    if (typeof refusal !== 'string') found.set(refusal, [...(found.get(refusal) ?? []), field]);
  }
  return [...found].map(([refusal, fields]) => ({ fields: fields.join(', '), refusal }));
}

export function isRefused(field: string): boolean {
  return typeof REFUSALS[field] === 'object';
}

/** In words; undefined for a field that nobody has thought of. */
export function refusedOf(field: string): string | undefined {
  const refusal = REFUSALS[field];
  if (typeof refusal === 'string') return refusal;
  if (refusal) return refusal.says.map((part) => shown(part)).join(' ');
  return FIELDS.some((other) => other.startsWith(`${field}.`)) ? 'its members' : undefined;
}

/** A pattern has a call or errno of one host, and the finding of another. */
function shown(part: string | RegExp): string {
  const text = typeof part === 'string' ? part : part.source.replaceAll('\\(.*', ' ').replaceAll('|', ' or ');
  return text.replace('(', '');
}
