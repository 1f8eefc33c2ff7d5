// The steps of a plan, by their verbs.

import type { Place, Plan, Step } from './types.ts';

/** Steps of one verb, as the schema describes them. */
export function stepsOf<T>(plan: Plan, verb: string): (Step & T)[] {
  return plan.steps.filter((step) => step.verb === verb) as (Step & T)[];
}

/** The first of them. */
export function stepOf<T>(plan: Plan, verb: string): (Step & T) | undefined {
  return stepsOf<T>(plan, verb)[0];
}

/** Where config.json asked for a step. */
export function placeOf(step: Step | undefined): Place {
  if (step?.path === undefined) return {};
  return { path: step.path, line: step.line, column: step.column } as Place;
}
