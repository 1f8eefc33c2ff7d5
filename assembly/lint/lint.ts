import { Document, Kind, NONE } from '../json/document';
import { parse } from '../json/parser';
import { translate } from '../plan/plan';
import { Request, readRequest } from '../plan/request';
import { Diagnostic, Report } from '../report';
import { ruleNumber } from '../rules';
import { readSpec, Spec } from '../spec/config';
import { Context } from './context';
import { Findings } from './findings';
import { Options } from './options';
import { Preset, Rule } from './rule';

/** One config with everything that there is to say about it, by whoever finds it: parser, reader, translator, rules. */
export class Linted {
  constructor(
    public document: Document,
    public findings: Findings,
  ) {}
}

export function lintConfig(config: usize, length: i32, rules: Rule[], options: Options): Linted {
  const findings = new Findings(options);
  const document = parse(config, length, findings);
  const linted = new Linted(document, findings);
  const spec = readSpec(document, findings);
  // Without an object there is nothing to check, and its absence would be told of field by field.
  if (document.root == NONE || document.kind(document.root) != Kind.OBJECT) return linted;
  findings.hidesUnsupported = !options.isForOrlop;
  const planner = translate(spec, referenceRequest(spec), findings);
  findings.hidesUnsupported = false;

  const foreign = findings.foreignFindings();
  const context = new Context(document, spec, planner, findings, options);
  for (let index = 0; index < rules.length; index++) {
    if (rules[index].preset != Preset.HOST && options.isOn(rules[index].id)) rules[index].check(context);
  }
  complete(context, foreign, rules);
  return linted;
}

/**
 * A host that has everything: whether this one does is asked when a container is started there. Who names a unit has
 * systemd make the cgroup.
 */
function referenceRequest(spec: Spec): Request {
  const request = readRequest(new Document(0, 0), new Report());
  const linux = spec.linux;
  const path = linux ? linux.cgroupsPath : null;
  if (path && path.value.includes(':')) request.cgroupManager = 'systemd';
  return request;
}

function complete(context: Context, foreign: Diagnostic[], rules: Rule[]): void {
  for (let index = 0; index < foreign.length; index++) {
    const finding = foreign[index];
    const rule = ruleOf(finding, rules);
    if (rule && !rule.complete(context, finding)) context.findings.drop(finding);
  }
}

function ruleOf(finding: Diagnostic, rules: Rule[]): Rule | null {
  const number = ruleNumber(finding.rule);
  for (let index = 0; index < rules.length; index++) if (rules[index].number == number) return rules[index];
  return null;
}
