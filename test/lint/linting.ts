import { readFileSync } from 'node:fs';
import { specModule } from '../../src/spec/embedded.ts';
import { Linter } from '../../src/spec/linter.ts';
import type { Diagnostic, LintOptions, Rule } from '../../src/spec/types.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const linter = new Linter(specModule());
export const rules = linter.rules();

export function file(path: string): string {
  return decoder.decode(readFileSync(new URL(`../../${path}`, import.meta.url)));
}

export function lint(config: string, options?: LintOptions): Diagnostic[] {
  return linter.lint(encoder.encode(config), options).diagnostics;
}

export function fix(config: string, options?: LintOptions): string {
  return decoder.decode(linter.fix(encoder.encode(config), options).text);
}

/** `OCI302 /mounts/0/type` */
export function places(findings: Diagnostic[]): string[] {
  return findings.map(({ rule, path }) => `${rule} ${path}`);
}

/** The smallest configs in which nothing is found: by default, and by any rule. */
const MINIMAL = file('fixtures/rules/minimal.json');
const HARDENED = file('fixtures/rules/hardened.json');

/** What a rule's examples and fixtures are linted with. */
export function optionsOf(rule: Rule): LintOptions {
  const targets = /^OCI80[124]$/.test(rule.id) ? ['runc@1.1', 'crun@1.8'] : [];
  return { preset: rule.preset === 'host' ? 'none' : rule.preset, targets };
}

/** An example as a whole config: members are merged into a config that is clean, and what has a key twice is one. */
export function exampleOf(rule: Rule, example: string): string {
  if (!isJson(example) || hasTwice(example)) return example;
  const base = rule.preset === 'hardened' || rule.preset === 'strict' ? HARDENED : MINIMAL;
  return JSON.stringify(merged(JSON.parse(base), JSON.parse(example)), null, 2);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function hasTwice(example: string): boolean {
  return lint(example, { preset: 'none', rules: { 'duplicate-key': 'error' } }).length > 0;
}

/** RFC 7396 */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(target as Record<string, unknown> | undefined) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}
