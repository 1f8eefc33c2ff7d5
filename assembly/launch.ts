import { give, giveBack, giveBytes } from './abi';
import { Bytes } from './image/bytes';
import { link } from './image/elf';
import { writeFailure } from './image/explain';
import { writeListing } from './image/listing';
import { lower } from './image/lower';
import { Program } from './image/program';
import { Document, NONE } from './json/document';
import { parse } from './json/parser';
import { Writer } from './json/writer';
import { DeviceFilterStep } from './plan/cgroup-devices';
import { inherit, translateExec } from './plan/exec';
import { writeFeatures } from './plan/features';
import { writeHostPlan, writeUpdatePlan } from './plan/host';
import { translate, writePlace, writePlan } from './plan/plan';
import { Planner } from './plan/planner';
import { Request, readRequest } from './plan/request';
import { Verb } from './plan/step';
import { translateUpdate } from './plan/update';
import { Report, writeDiagnostics } from './report';
import { readResourcesAlone, readSpec } from './spec/config';
import { readProcess } from './spec/process';
import { ObjectReader } from './spec/reader';

/**
 * The part of the ABI that launches; index.ts has the whole of it, and the two are modules of their own: what a start
 * compiles in a cold engine should hold nothing else.
 *
 *   plan    → the plan, or { version, diagnostics }             returns the number of errors
 *   prepare → the host's part of it, or { version, diagnostics }  returns the number of errors
 *   exec    → the same for one more process in a container        returns the number of errors
 *   update  → the files to write, or { version, diagnostics }   returns the number of errors
 *
 * update() takes no config but a document that is linux.resources alone; in its request, the cgroup facts name the
 * container's own directories in place of the mounts, and `current` what its files hold. No image() follows it.
 *
 * Of the last plan(), prepare(), exec() or update(): image → the launch image; place → where a step comes from; filter →
 * the program of a device-filter step. Of the last image(): rows → its listing; failure → what a failed row means. They
 * return 0, or -1 if there is no such thing.
 */

export { abiVersion, allocate, result, resultLength } from './abi';

let document: Document | null = null;
let planner: Planner | null = null;
let program: Program | null = null;

/** Makes the instance as good as new: its documents and areas are gone. What is made of one starts once. */
export function reset(): void {
  document = null;
  planner = null;
  program = null;
  giveBack();
}

export function plan(config: usize, configLength: i32, request: usize, requestLength: i32): i32 {
  const errors = compile(config, configLength, request, requestLength);
  const current = planner;
  if (current) {
    const writer = new Writer();
    writePlan(writer, document!, current);
    give(writer);
  }
  return errors;
}

/** As plan(), but the result is only what a host that launches needs: compiling must not cost what nobody reads. */
export function prepare(config: usize, configLength: i32, request: usize, requestLength: i32): i32 {
  const errors = compile(config, configLength, request, requestLength);
  const current = planner;
  if (current) {
    const writer = new Writer();
    writeHostPlan(writer, document!, current);
    give(writer);
  }
  return errors;
}

/**
 * `config` is that of the container, which has been launched with it; `process` another process in the form of config.md's
 * `process`, or empty for the container's own; the request's `exec` what is different. Places are those of `process` where
 * there is one, else of `config`: its nodes are numbered on from those of `config`, so that each tells whose it is.
 */
export function exec(
  config: usize,
  configLength: i32,
  process: usize,
  processLength: i32,
  request: usize,
  requestLength: i32,
): i32 {
  planner = null;
  program = null;
  const requestReport = new Report();
  const requestDocument = parse(request, requestLength, requestReport);
  const read = readRequest(requestDocument, requestReport);
  const wanted = read.exec;
  if (requestReport.errorCount || !wanted) return giveDiagnostics(requestDocument, requestReport);

  let report = new Report();
  let parsed = parse(config, configLength, report);
  const spec = readSpec(parsed, report);
  if (processLength > 0 && report.errorCount == 0) {
    report = new Report();
    parsed = parse(process, processLength, report, parsed.size);
    wanted.isOfConfig = false;
    const own = spec.process;
    spec.process = null;
    if (parsed.root != NONE) {
      const other = readProcess(new ObjectReader(parsed, parsed.root, report));
      inherit(other, own);
      spec.process = other;
    }
  }
  document = parsed;
  if (report.errorCount) return giveDiagnostics(parsed, report);
  const translated = translateExec(spec, read, wanted, report);
  if (report.errorCount) return giveDiagnostics(parsed, report);
  planner = translated;
  const writer = new Writer();
  writeHostPlan(writer, parsed, translated);
  give(writer);
  return 0;
}

/** New limits for a container that is there. */
export function update(resources: usize, resourcesLength: i32, request: usize, requestLength: i32): i32 {
  const errors = compile(resources, resourcesLength, request, requestLength, true);
  const current = planner;
  if (current) {
    const writer = new Writer();
    writeUpdatePlan(writer, document!, current);
    give(writer);
  }
  return errors;
}

/** `home` is the value of HOME where the plan has a `home`: what the host has found for that user; else empty. */
export function image(home: usize, homeLength: i32): i32 {
  const current = planner;
  if (!current || current.isUpdate) return -1;
  const lowered = lower(current, String.UTF8.decodeUnsafe(home, homeLength));
  program = lowered;
  const bytes: Bytes = link(lowered);
  giveBytes(bytes.address, bytes.length);
  return 0;
}

/** The listing of the last image. */
export function rows(): i32 {
  const current = program;
  if (!current) return -1;
  const writer = new Writer();
  writeListing(writer, planner!, current);
  give(writer);
  return 0;
}

/**
 * What it means that a row of the last image failed. `log` is what the kernel said about a filesystem, from the failure
 * record; it may be empty.
 */
export function failure(row: i32, errno: i32, log: usize, logLength: i32): i32 {
  const current = program;
  if (!current) return -1;
  const writer = new Writer();
  writeFailure(writer, document!, planner!, current, row, errno, String.UTF8.decodeUnsafe(log, logLength));
  give(writer);
  return 0;
}

/** The place in config.json that asked for a step of the last plan. */
export function place(step: i32): i32 {
  const current = planner;
  if (!current || step < 0 || step >= current.steps.length) return -1;
  const writer = new Writer();
  writer.beginObject();
  writePlace(writer, document!, current.steps[step].node);
  writer.endObject();
  give(writer);
  return 0;
}

/** A device-filter step of the last plan as struct bpf_insn[]: bpf(2). */
export function filter(step: i32): i32 {
  const current = planner;
  if (!current || step < 0 || step >= current.steps.length) return -1;
  const found = current.steps[step];
  if (found.verb != Verb.DEVICE_FILTER) return -1;
  const code = (found as DeviceFilterStep).filter.code;
  const bytes = new Bytes();
  for (let index = 0; index < code.length; index++) bytes.put64(bytes.reserve(8, 8), code[index]);
  giveBytes(bytes.address, bytes.length);
  return 0;
}

export function features(): i32 {
  const writer = new Writer();
  writeFeatures(writer);
  give(writer);
  return 0;
}

/** Both documents are read whole before anything is refused; what is wrong with the request is told if the spec is right. */
function compile(config: usize, configLength: i32, request: usize, requestLength: i32, isUpdate: bool = false): i32 {
  planner = null;
  program = null;
  const requestReport = new Report();
  const requestDocument = requestLength > 0 ? parse(request, requestLength, requestReport) : new Document(0, 0);
  const read: Request = readRequest(requestDocument, requestReport);

  const report = new Report();
  const parsed = parse(config, configLength, report);
  document = parsed;
  const spec = isUpdate ? readResourcesAlone(parsed, report) : readSpec(parsed, report);
  // Without a document there is nothing to translate, and its absence would be reported field by field.
  if (spec.node >= 0) {
    const translated = isUpdate ? translateUpdate(spec, read, report) : translate(spec, read, report);
    if (report.errorCount == 0 && requestReport.errorCount == 0) planner = translated;
  }
  if (report.errorCount || !requestReport.errorCount) {
    if (report.errorCount) giveDiagnostics(parsed, report);
    return report.errorCount;
  }
  return giveDiagnostics(requestDocument, requestReport);
}

function giveDiagnostics(from: Document, report: Report): i32 {
  const writer = new Writer();
  writer.beginObject();
  writer.fieldInteger('version', 1);
  writer.key('diagnostics');
  writeDiagnostics(writer, from, report);
  writer.endObject();
  give(writer);
  return report.errorCount;
}
