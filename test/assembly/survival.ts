import { expect } from 'vitest';
import type { Diagnostic } from '../../src/spec/types.ts';
import { type Entry, type Exports, fix, instantiate, load, type Outcome, SHAPE } from './module.ts';
import { mutant, type Random, random } from './mutation.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const EVERYTHING = { preset: 'strict', targets: ['orlop', 'runc@1.0', 'crun@1.0', 'youki@0.1'] };
const ALL_RULES = JSON.stringify(EVERYTHING);
const ALL_FIXES = JSON.stringify({ ...EVERYTHING, unsafe: true });

/** Entries and their options. */
const CALLS: [Entry, string][] = [
  ['lint', SHAPE],
  ['lint', ALL_RULES],
  ['plan', ''],
  ['update', ''],
];

/** What JSON.parse takes and a reader that must not guess does not; tested by hand in json.test.ts. */
const isStricter = (message: string) => /half of a surrogate pair|nested deeper/.test(message);

function isJson(document: Uint8Array): boolean {
  try {
    // The module skips a byte order mark.
    JSON.parse(decoder.decode(document).replace(/^\ufeff/, ''));
    return true;
  } catch {
    return false;
  }
}

function fail(message: string): never {
  throw new Error(message);
}

/** Runs every entry of the module over a document: none may trap, and what they say has to make sense. */
export function survive(document: Uint8Array, shared?: Exports): Outcome[] {
  return CALLS.map(([entry, options]) => {
    // What one entry needs is not to be counted for the next.
    shared?.reset();
    const outcome = load(document, shared ?? instantiate())(entry, options);
    const { errors, diagnostics } = outcome;
    if (diagnostics.length <= 1000) {
      const listed = diagnostics.filter(({ severity }) => severity === 'error').length;
      if (listed !== errors) fail(`${entry} counts ${errors} errors and lists ${listed}`);
    }
    let line = 1;
    const told = new Set<string>();
    for (const finding of diagnostics) {
      const same = `${finding.rule} ${finding.line}:${finding.column} ${finding.path} ${finding.message}`;
      if (entry === 'lint' && told.has(same)) fail(`told twice: ${same}`);
      told.add(same);
      if (finding.line < line || finding.column < 1 || finding.endLine < finding.line) {
        fail(`${entry}: not in order: ${JSON.stringify(finding)}`);
      }
      line = finding.line;
      let end = 0;
      for (const edit of finding.fix?.edits ?? []) {
        if (edit.start < end || edit.end < edit.start || edit.end > document.length) {
          fail(`edits that overlap or leave the document: ${JSON.stringify(finding)}`);
        }
        end = edit.end;
      }
    }
    return outcome;
  });
}

/**
 * Runs a large document through all entries, within a time and a memory that bound what a host has to set aside: some
 * seconds each, on a machine that is busy with other tests.
 */
export function bounded(text: string | Uint8Array, memory: number): Diagnostic[] {
  const document = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const start = performance.now();
  const outcomes = survive(document);
  expect(performance.now() - start, 'time in ms').toBeLessThan(20_000);
  for (const outcome of outcomes) expect(outcome.memory / 2 ** 20, 'memory in MiB').toBeLessThan(memory);
  return outcomes[0]?.diagnostics ?? [];
}

/** Documents that are one list of a great many items with nothing in them, by what they should be. */
export function manyEmpty(count: number): [string, string][] {
  const lists = [
    ['mounts', '"mounts"'],
    ['hooks', '"hooks":{"prestart"'],
    ['namespaces', '"linux":{"namespaces"'],
    ['devices', '"linux":{"devices"'],
    ['seccomp rules', '"linux":{"seccomp":{"syscalls"'],
  ] as const;
  return lists.map(([what, opening]) => {
    const closing = '}'.repeat(opening.split('{').length);
    return [what, `{${opening}:[${Array.from({ length: count }, () => '{}').join()}]${closing}`];
  });
}

/** Fixes make JSON of JSON, leave alone what is none, and are done when they have been applied. */
export function surviveFix(document: Uint8Array, shared?: Exports): number {
  shared?.reset();
  const first = fix(document, ALL_FIXES, shared);
  if (!isJson(document) || first.fixes === 0) {
    if (Buffer.compare(first.text, document) !== 0) fail('fix changed what it has no fix for');
    return first.fixes;
  }
  if (!isJson(first.text)) fail(`fix made no JSON: ${decoder.decode(first.text)}`);
  shared?.reset();
  const again = fix(first.text, ALL_FIXES, shared);
  if (again.fixes !== 0) fail(`fix had ${again.fixes} more to do: ${decoder.decode(first.text)}`);
  return first.fixes;
}

/**
 * One broken config: whether it is JSON at all is left to JSON.parse to say. True if there was something to fix; a failure
 * has the name of the config, and the config.
 */
export function surviveMutant(pick: Random, instance: Exports, name: string): boolean {
  const document = mutant(pick);
  try {
    const findings = survive(document, instance)[0]?.diagnostics ?? [];
    const broken = findings.find(({ name }) => name === 'invalid-json');
    if (isJson(document) ? broken && !isStricter(broken.message) : !broken) {
      throw new Error(broken ? `JSON, but ${broken.message}` : 'no JSON, and nothing was said');
    }
    return surviveFix(document, instance) > 0;
  } catch (cause) {
    const text = Buffer.from(document).toString('base64');
    throw new Error(`mutant ${name}: ${(cause as Error).message}\n${text}`, { cause });
  }
}

/** As many broken configs as asked for; how many were fixed. */
export function surviveMutants(count: number, seed: number): number {
  const pick = random(seed);
  const instance = instantiate();
  let fixed = 0;
  for (let index = 0; index < count; index++) {
    if (surviveMutant(pick, instance, `${index} of seed ${seed}`)) fixed++;
  }
  // One instance for all of them: its memory is that of the largest.
  expect(instance.memory.buffer.byteLength).toBeLessThan(32 * 2 ** 20);
  return fixed;
}
