import { linkedReference } from '../../editor/hover.ts';
import type { Rule } from '../../spec/types.ts';

/** What a finding is about, as --explain says it. */
export function ruleAbout({ id, name, summary, why, reference }: Rule): string {
  const references = reference.split('; ').map(linkedReference).join('; ');
  return `**${id}** ${name}: ${summary}\n\n${why}\n\n${references}`;
}
