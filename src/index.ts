/**
 * The library: containers from a program's own code, and the translator behind them.
 *
 *     const created = create({ root: '/run/orlop', id: 'one', bundle: '/bundles/one' });
 *     created.entry.close();
 *     start('/run/orlop', 'one');
 *
 * Errors are OrlopErrors; their `code` is for programs. orlop/spec is the translator alone, for any JavaScript engine.
 *
 * @module
 */
export { type Created, type CreateOptions, create } from './container/create.ts';
export { remove } from './container/delete.ts';
export { type Features, features } from './container/features.ts';
export { kill, parseSignal } from './container/kill.ts';
export { type RunOptions, run } from './container/run.ts';
export { start } from './container/start.ts';
export { type ContainerState, listStates, stateOf } from './container/state.ts';
export type { Status } from './container/status.ts';
export { type ErrorCode, type ErrorContext, OrlopError } from './error.ts';
export { specModule } from './spec/embedded.ts';
export { Linter } from './spec/linter.ts';
export { SpecDocument } from './spec/module.ts';
export type {
  CgroupFacts,
  CreateCgroupStep,
  Diagnostic,
  Edit,
  Facts,
  Failure,
  Fix,
  FixResult,
  HookStep,
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
  Row,
  Rule,
  Step,
  UpdatePlan,
} from './spec/types.ts';
export { ABI_VERSION, OCI_VERSION, VERSION } from './version.ts';
