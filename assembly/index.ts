import { give, giveBytes } from './abi';
import { NAME_COUNT } from './bpf/syscall-tables';
import { syscallName } from './bpf/syscalls';
import { Document } from './json/document';
import { parse } from './json/parser';
import { Writer } from './json/writer';
import { writeExplanations } from './lint/explanations';
import { fixConfig } from './lint/fix';
import { lintConfig } from './lint/lint';
import { Options, readOptions } from './lint/options';
import { Rule } from './lint/rule';
import { createRules } from './lint/rules';
import { Report, writeDiagnostics } from './report';

/**
 * The ABI, version 1. Bytes of UTF-8 cross, in areas that allocate() has made; results are JSON, or other bytes where it
 * is said. Nothing is ever freed but all at once, by reset(): an instance is for one document, and then for the next.
 *
 *   lint   → { version, diagnostics, unusedIgnores }   returns the number of errors, -1 for options that are wrong
 *   fix    → the text after its fixes                  returns the number of fixes, -1 for options that are wrong
 *   rules  → { version, rules }: what each rule is     returns 0
 *   systemCalls → { version, systemCalls }: the names that a seccomp profile may have, of all architectures; returns 0
 *
 * `options` is JSON (src/spec/orlop.v1.schema.json, lintOptions), or empty for the preset "recommended". If they are
 * wrong the result is { version, diagnostics } of the options. For what launches see launch.ts.
 */
export * from './launch';

export function lint(config: usize, configLength: i32, options: usize, optionsLength: i32): i32 {
  const rules = createRules();
  const read = optionsOf(options, optionsLength, rules);
  if (!read) return -1;
  const linted = lintConfig(config, configLength, rules, read);
  const writer = new Writer();
  writer.beginObject();
  writer.fieldInteger('version', 1);
  writer.key('diagnostics');
  writeDiagnostics(writer, linted.document, linted.findings);
  writeUnusedIgnores(writer, read);
  writer.endObject();
  give(writer);
  return linted.findings.errorCount;
}

export function fix(config: usize, configLength: i32, options: usize, optionsLength: i32): i32 {
  const rules = createRules();
  const read = optionsOf(options, optionsLength, rules);
  if (!read) return -1;
  const fixed = fixConfig(config, configLength, rules, read);
  giveBytes(fixed.address, fixed.length);
  return fixed.count;
}

export function rules(): i32 {
  const writer = new Writer();
  writeExplanations(writer, createRules());
  give(writer);
  return 0;
}

export function systemCalls(): i32 {
  const writer = new Writer();
  writer.beginObject();
  writer.fieldInteger('version', 1);
  writer.key('systemCalls');
  writer.beginArray();
  for (let id = 0; id < NAME_COUNT; id++) writer.string(syscallName(id));
  writer.endArray();
  writer.endObject();
  give(writer);
  return 0;
}

/** null after an error, which is then the result. */
function optionsOf(options: usize, length: i32, rules: Rule[]): Options | null {
  const report = new Report();
  const document = length > 0 ? parse(options, length, report) : new Document(0, 0);
  const read = readOptions(document, rules, report);
  if (report.errorCount == 0 && report.warningCount == 0) return read;
  const writer = new Writer();
  writer.beginObject();
  writer.fieldInteger('version', 1);
  writer.key('diagnostics');
  writeDiagnostics(writer, document, report);
  writer.endObject();
  give(writer);
  return null;
}

/** Indices into `ignores`: of several documents with the same options, an ignore is unused if it is in every answer. */
function writeUnusedIgnores(writer: Writer, options: Options): void {
  writer.key('unusedIgnores');
  writer.beginArray();
  for (let index = 0; index < options.ignores.length; index++) {
    if (!options.ignores[index].isUsed) writer.integer(index);
  }
  writer.endArray();
}
