import { Writer } from '../json/writer';
import { actionName } from './actions';
import { Condition, Operator } from './condition';
import { Rule } from './profile';

/** What a filter says to one call of the machine, where that is not the default action. */
export class Answer {
  constructor(
    public name: string,
    /** Whatever the arguments; without meaning if there are alternatives. */
    public action: u32,
    public alternatives: Rule[],
  ) {}
}

/** `calls`: names by the action; `conditional`: those whose arguments decide, an entry for each rule. */
export function writeAnswers(writer: Writer, answers: Answer[]): void {
  const actions: u32[] = [];
  for (let index = 0; index < answers.length; index++) {
    const answer = answers[index];
    if (answer.alternatives.length == 0 && !actions.includes(answer.action)) actions.push(answer.action);
  }
  writer.key('calls');
  writer.beginObject();
  for (let index = 0; index < actions.length; index++) {
    writer.key(actionName(actions[index]));
    writer.beginArray();
    for (let at = 0; at < answers.length; at++) {
      const answer = answers[at];
      if (answer.alternatives.length == 0 && answer.action == actions[index]) writer.string(answer.name);
    }
    writer.endArray();
  }
  writer.endObject();
  writer.key('conditional');
  writer.beginArray();
  for (let index = 0; index < answers.length; index++) {
    const alternatives = answers[index].alternatives;
    for (let at = 0; at < alternatives.length; at++) writeAlternative(writer, answers[index].name, alternatives[at]);
  }
  writer.endArray();
}

function writeAlternative(writer: Writer, name: string, rule: Rule): void {
  writer.beginObject();
  writer.field('name', name);
  writer.field('action', actionName(rule.action));
  writer.key('if');
  writer.beginArray();
  for (let index = 0; index < rule.conditions.length; index++) writer.string(textOf(rule.conditions[index]));
  writer.endArray();
  writer.endObject();
}

/** In the order of Operator. */
const SIGNS: string[] = ['!=', '<', '<=', '==', '>=', '>', '=='];

/** `argument 0 & 0x7e020000 == 0x0` */
function textOf(condition: Condition): string {
  const masked = condition.operator == Operator.MASKED_EQ ? ` & 0x${condition.mask.toString(16)}` : '';
  return `argument ${condition.argument}${masked} ${SIGNS[condition.operator]} 0x${condition.datum.toString(16)}`;
}
