// The plan's cgroup steps, in the order in which they are due: the cgroup, or the unit of systemd that comes with one; its
// limits when the launcher is gone; device rules, and all that systemd is to know, when everything is made.

import type { Launch } from '../launch/image.ts';
import type { SpecDocument } from '../spec/module.ts';
import type {
  CreateCgroupStep,
  DelegateStep,
  DeviceFilterStep,
  HostPlan,
  HostStep,
  LimitStep,
  StartUnitStep,
  UnitPropertiesStep,
} from '../spec/types.ts';
import { createCgroup, plannedCgroup } from './cgroup.ts';
import { delegate } from './cgroup-v2.ts';
import type { Compiled } from './compiler.ts';
import { applyDeviceFilter } from './device-filter.ts';
import { applyInTurn, applyLimit } from './limits.ts';
import type { Entry, State } from './store.ts';
import { type Systemd, unitError } from './systemd.ts';

/** Planned first, so that even a killed create leaves nothing that delete does not know. */
export function makeCgroup(entry: Entry, state: State, step: CreateCgroupStep, { plan, document }: Compiled): void {
  entry.write({ ...state, cgroup: plannedCgroup(step, state.cgroup.unit) });
  createCgroup(step, state.cgroup, () => document.place(step.step));
  const delegation = stepOf<DelegateStep>(plan, 'delegate');
  if (delegation) delegate(delegation, () => document.place(delegation.step));
}

/**
 * Systemd makes a unit for a process that is there: the launcher, which waits for that. That systemd will be asked is on
 * record first: should we be killed, and the launcher end in just that moment, the unit stays for good.
 */
export function enterUnit(
  systemd: Systemd,
  running: Launch,
  entry: Entry,
  state: State,
  cgroup: CreateCgroupStep,
  compiled: Compiled,
): void {
  const step = stepOf<StartUnitStep>(compiled.plan, 'start-unit') as StartUnitStep;
  const unit = { name: step.unit, isUser: systemd.isUser };
  entry.write({ ...state, cgroup: { ...state.cgroup, asked: { ...unit, directories: cgroup.directories } } });
  try {
    systemd.start(step.unit, step.properties, running.pid);
  } catch (error) {
    throw unitError(error, compiled.document.place(step.step));
  }
  state.cgroup.unit = unit;
  makeCgroup(entry, state, cgroup, compiled);
  entry.write(state);
  running.answer();
}

export function stepOf<Step extends HostStep>({ steps }: HostPlan, verb: Step['verb']): Step | undefined {
  return steps.find((step) => step.verb === verb) as Step | undefined;
}

/** What is in force from now on. Systemd has its say first: it writes the same files, and rounds. */
export function confine(compiled: Compiled, systemd: Systemd | undefined): void {
  if (systemd) {
    const step = stepOf<UnitPropertiesStep>(compiled.plan, 'unit-properties');
    if (step) tellUnit(systemd, step, compiled.document);
    limit(compiled);
  }
  applyDeviceRules(compiled);
}

/** Properties of the unit as a step of a plan has them. */
export function tellUnit(systemd: Systemd, step: UnitPropertiesStep, document: SpecDocument): void {
  try {
    systemd.set(step.unit, step.properties);
  } catch (error) {
    throw unitError(error, document.place(step.step));
  }
}

const limitsOf = ({ plan }: Compiled): LimitStep[] => plan.steps.filter((step) => step.verb === 'limit') as LimitStep[];

/** When the launcher is gone: it is in the cgroup too, and must not count against a limit of one process. */
export function limit(compiled: Compiled): void {
  const steps = limitsOf(compiled).filter((step) => step.late !== true);
  applyInTurn(steps, ({ step }) => compiled.document.place(step));
}

/** When everything is made: on v1 the list is empty for a moment, and the container's own nodes would be forbidden. */
function applyDeviceRules(compiled: Compiled): void {
  const { plan, document } = compiled;
  for (const rule of limitsOf(compiled)) {
    if (rule.late === true) applyLimit(rule, ({ step }) => document.place(step));
  }
  const filter = stepOf<DeviceFilterStep>(plan, 'device-filter');
  if (filter) applyDeviceFilter(filter, document);
}
