// Which findings a field can have: those that come when it has another value, at its place.

import { type Diagnostic, OrlopError, type Request } from '../../src/spec/index.ts';
import { open, request, V1, V2 } from '../assembly/plans.ts';
import { splice } from '../assembly/values.ts';
import { placesOf } from './fields.ts';
import { wrong } from './others.ts';
import { onV1, onV2 } from './situations.ts';

/** Of each host the config that it takes without an error, and the fields to which it may say something else. */
const HOSTS: [string, Request, string][] = [
  [onV2, request(V2), ''],
  [onV1, request(V1), 'linux.resources.'],
];

/** Ids of rules, sorted. */
export function rulesOf(field: string): string[] {
  const found = HOSTS.flatMap(([config, asked, about]) => {
    const place = field.startsWith(about) && placesOf(field, config)[0];
    if (!place) return [];
    const known = new Set(findingsOf(config, asked).map(shown));
    return wrong(place, config.slice(place.start, place.end)).flatMap((other) => {
      const all = findingsOf(splice(config, place.start, place.end, other), asked);
      return all.filter((one) => !known.has(shown(one)) && one.path.startsWith(place.pointer)).map(({ rule }) => rule);
    });
  });
  return [...new Set(found)].sort();
}

function findingsOf(config: string, asked: Request): Diagnostic[] {
  try {
    return open(config).prepare(asked).diagnostics;
  } catch (error) {
    if (error instanceof OrlopError && error.diagnostics) return [...(error.diagnostics as readonly Diagnostic[])];
    throw error;
  }
}

function shown({ rule, path }: Diagnostic): string {
  return `${rule} ${path}`;
}
