/** What crosses between the module and its hosts, version 1; orlop.v1.schema.json says the same as JSON Schema. */

export type * from './types/finding.ts';
export type * from './types/host-step.ts';
export type * from './types/plan.ts';
export type * from './types/request.ts';
