import { Planner } from './planner';
import { Step, Verb } from './step';

/** What asks for a parent of the process that reaps orphans and passes signals on: "true" or "false". */
export const INIT_ANNOTATION: string = 'orlop.init';

/** Whether the annotation asks for it; what it says wrongly is planReaper's to tell. */
export function isReaperWanted(planner: Planner): bool {
  const annotations = planner.spec.annotations;
  if (!annotations) return false;
  for (let index = 0; index < annotations.items.length; index++) {
    const annotation = annotations.items[index];
    if (annotation.key == INIT_ANNOTATION && annotation.value == 'true') return true;
  }
  return false;
}

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
