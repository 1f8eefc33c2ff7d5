import { Document, NONE } from '../json/document';
import { Report, Severity } from '../report';
import { ruleName, ruleNumber } from '../rules';
import { nearest } from '../spec/nearest';
import { ObjectReader } from '../spec/reader';
import { Preset, Rule } from './rule';
import { readTargets, Target } from './targets';

/** A place that a rule is not to speak of. */
export class Ignore {
  isUsed: bool = false;
  private steps: string[];

  constructor(
    public rule: i32,
    path: string,
  ) {
    this.steps = path.split('/');
  }

  /** The place itself and all below; the step `*` stands for any. */
  covers(pointer: string): bool {
    const steps = pointer.split('/');
    if (steps.length < this.steps.length) return false;
    for (let index = 0; index < this.steps.length; index++) {
      if (this.steps[index] != '*' && this.steps[index] != steps[index]) return false;
    }
    return true;
  }
}

/** Numbers of rules are below. */
const NUMBERS = 1000;
const OFF: u8 = 0;

/** What lint() and fix() are asked for: src/spec/orlop.v1.schema.json, `lintOptions`. */
export class Options {
  ignores: Ignore[] = [];
  targets: Target[] = [];
  /** fix() applies unsafe fixes too. */
  isUnsafe: bool = false;
  /** By number: a Severity, or 0 for a rule that is off. */
  private levels: StaticArray<u8> = new StaticArray<u8>(NUMBERS);

  get isForOrlop(): bool {
    for (let index = 0; index < this.targets.length; index++) if (this.targets[index].runtime == 'orlop') return true;
    return false;
  }

  /** 0 if the rule is off. */
  level(rule: string): Severity {
    return <Severity>this.levels[ruleNumber(rule)];
  }

  isOn(rule: string): bool {
    return this.levels[ruleNumber(rule)] != OFF;
  }

  setPreset(preset: Preset, rules: Rule[]): void {
    for (let index = 0; index < rules.length; index++) {
      const rule = rules[index];
      if (rule.preset > preset) continue;
      const isRaised = preset == Preset.STRICT && rule.severity != Severity.ERROR;
      this.levels[ruleNumber(rule.id)] = <u8>(isRaised ? rule.severity - 1 : rule.severity);
    }
  }

  setLevel(rule: string, level: u8): void {
    this.levels[ruleNumber(rule)] = level;
  }
}

const PRESETS: string[] = ['none', 'spec', 'recommended', 'hardened', 'strict'];
const LEVELS: string[] = ['off', 'error', 'warn', 'info'];

/** Whoever writes options wants them to be obeyed: whatever is wrong with them is an error of the report. */
export function readOptions(document: Document, rules: Rule[], report: Report): Options {
  const options = new Options();
  if (document.length == 0 && report.errorCount == 0) {
    options.setPreset(Preset.RECOMMENDED, rules);
    return options;
  }
  if (document.root == NONE) return options;
  const reader = new ObjectReader(document, document.root, report);
  const preset = reader.choice('preset', PRESETS);
  options.setPreset(preset ? <Preset>PRESETS.indexOf(preset.value) : Preset.RECOMMENDED, rules);
  readLevels(reader, options, rules);
  readIgnores(reader, options, rules);
  options.targets = readTargets(reader);
  const isUnsafe = reader.boolean('unsafe');
  if (isUnsafe) options.isUnsafe = isUnsafe.value;
  // For editors, in .orlop.json.
  reader.string('$schema');
  reader.finish();
  return options;
}

function readLevels(reader: ObjectReader, options: Options, rules: Rule[]): void {
  const levels = reader.pairs('rules');
  if (!levels) return;
  for (let index = 0; index < levels.items.length; index++) {
    const pair = levels.items[index];
    const rule = findRule(reader, pair.key, pair.node, rules);
    const level = LEVELS.indexOf(pair.value);
    if (level < 0) {
      reader.report.error('OCI004', pair.node, `"${pair.value}" is no level`, `it is one of ${LEVELS.join(', ')}`);
    } else if (rule && rule.preset != Preset.HOST) options.setLevel(rule.id, <u8>level);
  }
}

function readIgnores(parent: ObjectReader, options: Options, rules: Rule[]): void {
  const document = parent.document;
  const array = parent.array('ignores');
  if (array == NONE) return;
  for (let item = document.firstChild(array); item != NONE; item = document.nextSibling(item)) {
    const reader = new ObjectReader(document, item, parent.report);
    const rule = reader.requiredString('rule');
    const path = reader.string('path');
    const reason = reader.requiredString('reason');
    if (path && path.value != '' && !path.value.startsWith('/')) {
      parent.report.error(
        'OCI004',
        path.node,
        `"${path.value}" is no JSON pointer`,
        'write it as /linux/seccomp, or /mounts/*/options',
      );
    }
    if (reason && reason.value.trim() == '') {
      parent.report.error('OCI004', reason.node, 'the reason is empty', 'say why the finding does not matter there');
    }
    const known = rule ? findRule(parent, rule.value, rule.node, rules) : null;
    options.ignores.push(new Ignore(known ? ruleNumber(known.id) : 0, path ? path.value : ''));
    reader.finish();
  }
}

/** By id or name. */
function findRule(reader: ObjectReader, text: string, node: i32, rules: Rule[]): Rule | null {
  const names: string[] = [];
  for (let index = 0; index < rules.length; index++) {
    const name = ruleName(rules[index].id);
    if (rules[index].id == text || name == text) return rules[index];
    names.push(name);
  }
  const near = nearest(text, names);
  const help = near == '' ? '"orlop lint --list-rules" lists them' : `did you mean "${near}"?`;
  reader.report.error('OCI004', node, `"${text}" is no rule`, help);
  return null;
}
