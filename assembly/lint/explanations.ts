import { Writer } from '../json/writer';
import { severityName } from '../report';
import { ruleName } from '../rules';
import { Fixable, Preset, Rule } from './rule';

const PRESETS: string[] = ['', 'spec', 'recommended', 'hardened', 'strict', 'host'];

/** What each rule is, for documents, editors and whoever asks. */
export function writeExplanations(writer: Writer, rules: Rule[]): void {
  writer.beginObject();
  writer.fieldInteger('version', 1);
  writer.key('rules');
  writer.beginArray();
  for (let index = 0; index < rules.length; index++) {
    const rule = rules[index];
    const explanation = rule.explain();
    writer.beginObject();
    writer.field('id', rule.id);
    writer.field('name', ruleName(rule.id));
    writer.field('severity', severityName(rule.severity));
    writer.field('preset', PRESETS[rule.preset]);
    if (rule.fixable != Fixable.NO) writer.field('fix', rule.fixable == Fixable.SAFELY ? 'safe' : 'unsafe');
    writer.field('summary', explanation.summary);
    writer.field('why', explanation.why);
    // Of what only a host can tell there is no config to show.
    if (rule.preset != Preset.HOST) {
      writer.field('bad', explanation.bad);
      writer.field('good', explanation.good);
    }
    writer.field('reference', explanation.reference);
    writer.endObject();
  }
  writer.endArray();
  writer.endObject();
}
