import { checkAffinity } from './affinity';
import { Planner } from './planner';

/** Every field that is read and checked but not carried out yet. A field leaves this file when it works. */
export function refuseUnsupported(planner: Planner): void {
  const process = planner.spec.process;
  if (process) checkAffinity(planner, process);
}
