/**
 * The translator without the runtime: everything that spec.wasm does, in any engine that has WebAssembly.
 *
 *     const module = await WebAssembly.compile(bytes);   // the file orlop/spec.wasm
 *     const document = new SpecDocument(module, config); // config.json as UTF-8
 *     document.lint();
 *
 * @module
 */
export { OrlopError } from '../error.ts';
export { SpecDocument } from './module.ts';
export type {
  CgroupFacts,
  CreateCgroupStep,
  Diagnostic,
  Facts,
  Failure,
  HostPlan,
  HostStep,
  LimitStep,
  Names,
  Place,
  Plan,
  Request,
  RootStep,
  Row,
  Step,
  UpdatePlan,
} from './types.ts';
