import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OrlopError } from '../../error.ts';
import { gatherFacts } from '../../linux/facts.ts';
import { launchModule } from '../../spec/embedded.ts';
import { SpecDocument } from '../../spec/module.ts';
import { placeOf, stepOf, stepsOf } from '../../spec/steps.ts';
import type { Diagnostic, Plan, SystemdFacts } from '../../spec/types.ts';
import { type LaunchRequest, readConfig, requestOf } from '../compiler.ts';
import { Systemd } from '../systemd.ts';
import { checkCgroups } from './cgroups.ts';
import { checkFiles } from './files.ts';
import { checkConfinement, checkKernel } from './kernel.ts';
import { checkHooks, checkProgram } from './program.ts';
import { type Fine, HostReport } from './report.ts';
import { type Situation, situationOf } from './situation.ts';
import { checkCaller } from './users.ts';

export interface HostCheck {
  /** An `error` stops a launch; a `warning` may. In the order of the config. */
  findings: Diagnostic[];
  fine: Fine[];
}

/**
 * What on this machine will stop a bundle, before anything is tried. It reads, and makes nothing. Between this and a launch
 * the host may change, and some things only the kernel can tell: without a finding a launch may still fail.
 */
export function checkHost(launch: LaunchRequest): HostCheck {
  const report = new HostReport();
  const plan = planOf(launch, report);
  if (!plan) return { findings: report.sorted, fine: report.fine };
  const situation = situationOf(plan, launch.facts ?? gatherFacts(), report);
  attempt(situation, checkCaller);
  attempt(situation, checkKernel);
  attempt(situation, checkConfinement);
  const view = attempt(situation, checkFiles);
  if (view) {
    attempt(situation, (all) => checkProgram(all, view));
    attempt(situation, (all) => checkHooks(all, view));
  }
  attempt(situation, checkCgroups);
  attempt(situation, checkNetDevices);
  attempt(situation, checkRdt);
  attempt(situation, checkTerminal);
  return { findings: report.sorted, fine: report.fine };
}

/** What cannot be looked at, or goes meanwhile, is said to be so. */
function attempt<T>(situation: Situation, check: (situation: Situation) => T): T | undefined {
  try {
    return check(situation);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!(error instanceof OrlopError) && code === undefined) throw error;
    situation.report.doubts('unchecked', {}, `not all could be checked: ${message}`, 'check it as who will start it');
    return undefined;
  }
}

/** The plan for this host; undefined after findings that leave none. */
function planOf(launch: LaunchRequest, report: HostReport): Plan | undefined {
  const bundle = resolve(launch.bundle);
  try {
    const config = readConfig(bundle);
    report.passes(`${join(bundle, 'config.json')} can be read`);
    const document = new SpecDocument(launchModule(), config);
    const plan = document.plan(requestOf({ ...launch, bundle }, systemdFacts(launch)));
    report.findings.push(...plan.diagnostics.filter(({ severity }) => severity !== 'info'));
    report.passes('the config can be launched, as far as it can be told without the host');
    return plan;
  } catch (error) {
    if (!(error instanceof OrlopError)) throw error;
    if (error.diagnostics) report.findings.push(...(error.diagnostics as Diagnostic[]));
    else report.stops('no-launch', error, error.message, error.hint ?? '');
    return undefined;
  }
}

function systemdFacts({ cgroupManager }: LaunchRequest): SystemdFacts | undefined {
  if (cgroupManager !== 'systemd') return undefined;
  const systemd = new Systemd();
  try {
    return systemd.facts();
  } finally {
    systemd.close();
  }
}

function checkNetDevices({ plan, report }: Situation): void {
  for (const step of stepsOf<{ name: string }>(plan, 'net-device')) {
    if (existsSync(`/sys/class/net/${step.name}`))
      report.passes(`the network device ${step.name} is there`, placeOf(step));
    else {
      const message = `this host has no network device ${step.name}`;
      report.stops('missing-net-device', placeOf(step), message, 'ip link shows those that there are', 'OCI605');
    }
  }
}

function checkRdt({ plan, report, facts }: Situation): void {
  const step = stepOf<{ directory: string; mustExist?: boolean; schemata?: string[] }>(plan, 'rdt');
  if (!step) return;
  const place = placeOf(step);
  if (step.mustExist && !existsSync(step.directory)) {
    report.stops(
      'missing-rdt-group',
      place,
      `the resource control group ${step.directory} does not exist`,
      'make it, or give it a schema',
      'OCI606',
    );
    return;
  }
  const info = join(facts.resctrl, 'info');
  const has = existsSync(info) ? readdirSync(info) : [];
  for (const line of step.schemata ?? []) {
    const resource = line.split(':')[0]?.trim() ?? '';
    if (has.includes(resource)) continue;
    report.stops(
      'missing-rdt-resource',
      place,
      `this processor has no resource ${resource}: ${info}`,
      'remove its line',
      'OCI607',
    );
  }
}

/** Whoever runs it in the foreground takes the terminal himself. */
function checkTerminal({ plan, report }: Situation): void {
  const step = stepOf(plan, 'terminal');
  if (!step) return;
  const help = 'give them --console-socket, or set process.terminal to false; run in the foreground needs neither';
  report.doubts(
    'terminal-without-taker',
    placeOf(step),
    'create and run --detach need somebody who takes the terminal',
    help,
    'OCI122',
  );
}
