// New limits for a container that is there. What a limit means only the compiler knows: it says which files to write.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrlopError } from '../error.ts';
import { launchModule } from '../spec/embedded.ts';
import { SpecDocument } from '../spec/module.ts';
import type { CgroupFacts, Diagnostic, LimitStep, Place, Request, UpdatePlan } from '../spec/types.ts';
import { writeExisting } from './cgroup-v2.ts';
import { tellUnit } from './confine.ts';
import { applyDeviceFilter } from './device-filter.ts';
import { freeze, thaw } from './freezer.ts';
import { writeSchemata } from './intel-rdt.ts';
import { applyInTurn, applyLimit } from './limits.ts';
import { isPaused, statusOf, whileAlive, wrongState } from './status.ts';
import { type State, Store } from './store.ts';
import { Systemd } from './systemd.ts';

export interface UpdateOptions {
  root: string;
  id: string;
  /** linux.resources as JSON. What it leaves out stays as it is. */
  resources: Uint8Array;
  /** Lines for the schemata of its resource control group. */
  schemata?: string[] | undefined;
  ignoreUnsupported?: boolean | undefined;
  warn?: ((diagnostic: Diagnostic) => void) | undefined;
}

/** All of it, or after an error nothing of it. */
export function update(options: UpdateOptions): void {
  const entry = new Store(options.root).open(options.id);
  try {
    const state = entry.read();
    const status = statusOf(entry, state);
    if (!state || status === 'creating' || status === 'stopped') throw wrongState(options.id, status, WANTED);
    if (state.cgroup.directories.length === 0) {
      throw new OrlopError(
        'container/wrong-state',
        `container "${options.id}" has no cgroup of its own, and so no limits`,
        {
          hint: 'whoever created it could make none, or was told not to: see "--rootless" and "--cgroup-manager"',
        },
      );
    }
    whileAlive(state, WANTED, () => updateLiving(state, options));
  } finally {
    entry.close();
  }
}

const WANTED = 'created, running or paused';

function updateLiving(state: State, options: UpdateOptions): void {
  const document = new SpecDocument(launchModule(), options.resources);
  const { steps, diagnostics } = document.update(requestOf(state, options));
  for (const finding of diagnostics) options.warn?.(finding);
  const undoSchemata = updateSchemata(state, options.schemata ?? []);
  try {
    writeAll(state, steps, document);
  } catch (error) {
    attempt(error as Error, `write("${state.rdt?.group}/schemata")`, undoSchemata);
    throw error;
  }
}

/** Answers what undoes it. */
function updateSchemata({ id, rdt }: State, lines: string[]): () => void {
  if (lines.length === 0) return () => undefined;
  if (!rdt) {
    throw new OrlopError('container/wrong-state', `container "${id}" is in no resource control group`, {
      hint: 'linux.intelRdt of its config makes one',
    });
  }
  const before = readFileSync(join(rdt.group, 'schemata'), 'utf8').split('\n').filter(Boolean);
  writeSchemata(rdt.group, lines, () => ({}));
  return () => writeSchemata(rdt.group, before, () => ({}));
}

/** What a limit may depend on that the document does not name. */
const CURRENT = [
  ...['cpu.max', 'memory.max', 'memory.swap.max', 'memory.current'],
  ...['cpu.cfs_quota_us', 'cpu.cfs_period_us'],
];

function requestOf(state: State, options: UpdateOptions): Request {
  const cgroup = ownFacts(state);
  const current: Record<string, string> = {};
  for (const file of CURRENT) {
    const directory = state.cgroup.directories.find((candidate) => existsSync(join(candidate, file)));
    if (directory !== undefined) current[file] = readFileSync(join(directory, file), 'utf8');
  }
  const { cgroupManager, facts } = state.request;
  const systemd = facts?.systemd === undefined ? {} : { systemd: facts.systemd };
  const ignoreUnsupported = options.ignoreUnsupported === true || state.request.ignoreUnsupported === true;
  return {
    version: 1,
    id: state.id,
    ignoreUnsupported,
    ...(cgroupManager === undefined ? {} : { cgroupManager }),
    ...(state.cgroup.unit === undefined ? {} : { unit: state.cgroup.unit.name }),
    facts: { cgroup, ...systemd },
    current,
  };
}

/** The facts of the launch with the container's directories in place of the mounts, which come in the same order. */
function ownFacts({ request, cgroup: { directories } }: State): CgroupFacts {
  const facts = request.facts?.cgroup ?? { layout: 'none' };
  const [first = ''] = directories;
  if (facts.layout === 'v2') {
    const controllers = readFileSync(join(first, 'cgroup.controllers'), 'utf8').split(/\s+/).filter(Boolean);
    return { ...facts, mount: first, controllers };
  }
  const hierarchies = facts.hierarchies?.map((hierarchy, index) => ({ ...hierarchy, mount: directories[index] ?? '' }));
  return { ...facts, ...(hierarchies ? { hierarchies } : {}) };
}

/** A file that was written, and what it takes to undo that. */
interface Written {
  file: string;
  before: string[];
}

/**
 * Systemd has its say first, for it writes the same files, and rounds. Device rules come last: the program of v2 is in
 * place at once or not at all.
 */
function writeAll(state: State, steps: UpdatePlan['steps'], document: SpecDocument): void {
  const properties = steps.find((step) => step.verb === 'unit-properties');
  const limits = steps.filter((step) => step.verb === 'limit');
  const rules = limits.filter((step) => step.late);
  const filter = steps.find((step) => step.verb === 'device-filter');
  const place = (step: LimitStep): Place => document.place(step.step);
  const early = limits.filter((step) => !step.late);
  // Systemd writes the same files: what they hold is read before anybody does.
  const held = new Map(early.map((step) => [step, before(step)]));
  const written: Written[] = [];
  const isWritten = (step: LimitStep): void => {
    const undoing = held.get(step);
    if (undoing) written.push(undoing);
  };
  let restoreUnit: (() => void) | undefined;
  const systemd = properties && state.cgroup.unit ? new Systemd(state.cgroup.unit.isUser) : undefined;
  try {
    if (systemd && properties) {
      restoreUnit = systemd.held(properties.unit, properties.properties);
      // On v1 systemd empties the list of devices and fills it again.
      whileFrozen(state, rules.length > 0, () => tellUnit(systemd, properties, document));
      for (const step of early) isWritten(step);
    }
    applyInTurn(early, place, isWritten);
    if (rules.length > 0) writeDeviceRules(state, rules, place);
    if (filter) applyDeviceFilter(filter, document);
  } catch (error) {
    attempt(error as Error, `tell ${properties?.unit} what it was told before`, restoreUnit);
    undo(written, error as Error);
    throw error;
  } finally {
    systemd?.close();
  }
}

/** Undefined for a file that is not there, which is no error or one of applyLimit. */
function before(step: LimitStep): Written | undefined {
  const own = join(step.directory, step.file);
  const file = step.otherFile === undefined || existsSync(own) ? own : join(step.directory, step.otherFile);
  if (!existsSync(file)) return undefined;
  return { file, before: [previous(readFileSync(file, 'utf8'), step, file === own)] };
}

/** A file with a line for each device takes and gives them one by one; one that is not listed has no limit. */
function previous(content: string, step: LimitStep, isOwn: boolean): string {
  const value = isOwn ? step.value : (step.otherValue ?? '');
  const [key = '', setting = ''] = value.split(' ');
  const line = content.split('\n').find((candidate) => candidate.startsWith(`${key} `));
  if (setting !== '' && line !== undefined && content.trim().includes('\n')) return line;
  if (/^\d+:\d+$/.test(key)) return line ?? `${key} ${setting.includes('=') ? `${setting.split('=')[0]}=max` : '0'}`;
  if (step.file === 'memory.oom_control') return /oom_kill_disable (\d)/.exec(content)?.[1] ?? '0';
  return content.trim() === '' ? '\n' : content.trim();
}

/** The list is emptied first. */
function writeDeviceRules(state: State, rules: LimitStep[], place: (step: LimitStep) => Place): void {
  const directory = rules[0]?.directory as string;
  const list = readFileSync(join(directory, 'devices.list'), 'utf8').split('\n').filter(Boolean);
  whileFrozen(state, true, () => {
    try {
      for (const rule of rules) applyLimit(rule, place);
    } catch (error) {
      const written = [
        { file: join(directory, 'devices.allow'), before: list },
        { file: join(directory, 'devices.deny'), before: ['a'] },
      ];
      undo(written, error as Error);
      throw error;
    }
  });
}

/** Meanwhile nobody may open a device and find it forbidden. */
function whileFrozen(state: State, isNeeded: boolean, act: () => void): void {
  const mustFreeze = isNeeded && !isPaused(state);
  if (mustFreeze) freeze(state.cgroup);
  try {
    act();
  } catch (error) {
    if (mustFreeze) attempt(error as Error, 'thaw', () => thaw(state.cgroup));
    throw error;
  }
  if (mustFreeze) thaw(state.cgroup);
}

/** The last first: every state in between was one before. */
function undo(written: Written[], error: Error): void {
  for (const { file, before } of written.reverse()) {
    attempt(error, `write("${file}", "${before.join('", "')}")`, () => {
      for (const value of before) writeExisting(file, value);
    });
  }
}

/** What fails of an undoing is attached to the error that it is for. */
function attempt(error: Error, what: string, act: (() => void) | undefined): void {
  try {
    act?.();
  } catch (second) {
    const message = `cannot undo: ${what} failed: ${(second as Error).message}`;
    error.cause = new OrlopError('linux/write', message, { cause: error.cause });
  }
}
