import { DuplicateEnv } from './process-env';
import { Rule } from './rule';

/** Every rule, by number. The only list there is. */
export function createRules(): Rule[] {
  return [new DuplicateEnv()];
}
