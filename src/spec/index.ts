/**
 * The linter and the translator without the runtime: everything that spec.wasm does, in any engine that has WebAssembly.
 *
 *     const module = await WebAssembly.compile(bytes);      // the file orlop/spec.wasm
 *     new Linter(module).lint(config).diagnostics;          // config.json as UTF-8
 *     new SpecDocument(module, config).plan();
 *
 * @module
 */
export { OrlopError } from '../error.ts';
export { type Area, type Change, diff, type Effect } from './diff.ts';
export { type GraphOptions, graph } from './graph.ts';
export { Linter } from './linter.ts';
export { SpecDocument } from './module.ts';
export type {
  CgroupFacts,
  CreateCgroupStep,
  Diagnostic,
  Edit,
  Facts,
  Failure,
  Fix,
  FixResult,
  HostPlan,
  HostStep,
  Ignore,
  LimitStep,
  LintOptions,
  LintResult,
  Names,
  Place,
  Plan,
  Preset,
  Related,
  Request,
  RootStep,
  Row,
  Rule,
  Step,
  UpdatePlan,
} from './types.ts';
