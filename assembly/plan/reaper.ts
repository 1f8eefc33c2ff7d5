import { Planner } from './planner';
import { Step, Verb } from './step';

/** What asks for a parent of the process that reaps orphans and passes signals on: "true" or "false". */
export const INIT_ANNOTATION: string = 'orlop.init';

export function planReaper(planner: Planner): void {
  const annotations = planner.spec.annotations;
  if (!annotations) return;
  for (let index = 0; index < annotations.items.length; index++) {
    const annotation = annotations.items[index];
    if (annotation.key != INIT_ANNOTATION) continue;
    if (annotation.value == 'true') planner.add(new Step(Verb.REAPER, annotation.node));
    else if (annotation.value != 'false') {
      planner.error(
        'OCI708',
        annotation.node,
        `the annotation ${INIT_ANNOTATION} is "${annotation.value}"`,
        'write "true" or "false"',
      );
    }
  }
}
