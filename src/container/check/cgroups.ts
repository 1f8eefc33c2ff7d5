// The cgroup that is going to be made: whether it can be, and whether it will have what the limits need.

import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { placeOf, stepOf, stepsOf } from '../../spec/steps.ts';
import type { CreateCgroupStep, LimitStep, Place, Step } from '../../spec/types.ts';
import { occupancyOf } from '../cgroup.ts';
import type { Situation } from './situation.ts';

export function checkCgroups(situation: Situation): void {
  const step = stepOf<CreateCgroupStep>(situation.plan, 'create-cgroup');
  if (!step) return;
  for (const directory of step.directories) checkDirectory(situation, directory, placeOf(step));
  const limits = stepsOf<LimitStep>(situation.plan, 'limit').filter(({ file }) => !file.startsWith('devices.'));
  for (const limit of limits) {
    if (checkFile(situation, limit)) checkValue(situation, limit);
  }
  checkNamedDevices(situation, limits);
}

function checkDirectory({ report, caller, plan }: Situation, directory: string, place: Place): void {
  if (existsSync(directory)) {
    const isOurs = stepOf(plan, 'start-unit') !== undefined;
    const occupancy = isOurs ? undefined : occupancyOf(directory);
    if (occupancy) {
      report.stops(
        'occupied-cgroup',
        place,
        `the cgroup ${directory} is in use: ${occupancy}`,
        'name another one in linux.cgroupsPath',
      );
    } else report.passes(`the cgroup ${directory} is there, and free`, place);
    return;
  }
  const parent = nearest(directory);
  try {
    accessSync(parent, constants.W_OK);
    report.passes(`the cgroup ${directory} can be made`, place);
  } catch (error) {
    const message = `the cgroup ${directory} cannot be made: ${caller.name} may not write ${parent} (${(error as NodeJS.ErrnoException).code})`;
    report.stops(
      'no-cgroup',
      place,
      message,
      'have the cgroup above delegated (systemd: Delegate=yes), or leave linux.cgroupsPath out',
    );
  }
}

/** The first directory above that is there. */
function nearest(directory: string): string {
  let at = directory;
  while (!existsSync(at)) at = dirname(at);
  return at;
}

/** Whether the file will be there. */
function checkFile({ report }: Situation, limit: Step & LimitStep): boolean {
  const place = placeOf(limit);
  const controller = limit.file.split('.')[0] ?? '';
  if (controller === 'cgroup') return true;
  const parent = nearest(limit.directory);
  if (isUnified(parent) && !isHandedDown(parent, controller)) {
    if (limit.optional) return false;
    const message = `${limit.file}: the cgroup ${parent} does not hand the controller ${controller} down`;
    const has = words(parent, 'cgroup.controllers').includes(controller);
    const help = has
      ? `${parent} has processes of its own: move them into a child, then echo +${controller} > ${join(parent, 'cgroup.subtree_control')}`
      : `systemd: Delegate=${controller} on the unit; otherwise write +${controller} to cgroup.subtree_control from the root down`;
    report.stops('controller-not-delegated', place, message, help, 'OCI418');
    return false;
  }
  const like = siblingOf(parent, controller);
  const files = [limit.file, limit.otherFile].filter((file) => file !== undefined);
  if (like === undefined || limit.optional || files.some((file) => existsSync(join(like, file)))) {
    report.passes(`${limit.file} can be set`, place);
    return true;
  }
  const help = /memsw|swap/.test(limit.file)
    ? 'boot with swapaccount=1, or remove memory.swap'
    : 'remove the field, or use a kernel that has it';
  report.stops('missing-cgroup-file', place, `this kernel has no ${limit.file} (as ${like} shows)`, help);
  return false;
}

function isUnified(directory: string): boolean {
  return existsSync(join(directory, 'cgroup.controllers'));
}

function words(directory: string, file: string): string[] {
  try {
    return readFileSync(join(directory, file), 'utf8').split(/\s+/).filter(Boolean);
  } catch {
    return [];
  }
}

/** Already, or because it can be told to: by man 7 cgroups, if it has the controller and no processes, or is the root. */
function isHandedDown(directory: string, controller: string): boolean {
  if (words(directory, 'cgroup.subtree_control').includes(controller)) return true;
  const isInner = existsSync(join(directory, 'cgroup.type')) && words(directory, 'cgroup.procs').length > 0;
  return words(directory, 'cgroup.controllers').includes(controller) && !isInner;
}

/** A cgroup that has the files which a new one would have: on v1 any but the root, where some files are missing. */
function siblingOf(parent: string, controller: string): string | undefined {
  const hasFiles = (directory: string): boolean =>
    readdirSync(directory).some((name) => name.startsWith(`${controller}.`) && !name.endsWith('.pressure'));
  const children = readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(parent, name));
  const child = children.find((directory) => {
    try {
      return hasFiles(directory);
    } catch {
      return false; // it has just gone
    }
  });
  return child ?? (existsSync(join(dirname(parent), 'cgroup.procs')) && hasFiles(parent) ? parent : undefined);
}

/** CPUs and memory nodes that the cgroup above does not have. */
function checkValue({ report }: Situation, limit: Step & LimitStep): void {
  if (limit.file !== 'cpuset.cpus' && limit.file !== 'cpuset.mems') return;
  const parent = nearest(limit.directory);
  const has = ['.effective', ''].flatMap((suffix) => words(parent, limit.file + suffix))[0];
  if (has === undefined) return;
  const missing = numbersOf(limit.value).filter((number) => !numbersOf(has).includes(number));
  if (missing.length === 0) return;
  const what = limit.file === 'cpuset.cpus' ? 'CPUs' : 'memory nodes';
  const message = `${limit.file} = ${limit.value}: ${parent} has the ${what} ${has}, and not ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ' …' : ''}`;
  report.stops('no-such-cpu', placeOf(limit), message, `use ${what} that it has`);
}

/** `0-2,4`; the kernel has no CPU beyond this. */
const MOST = 8192;

export function numbersOf(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    if (!(last >= first) || last - first > MOST) return [];
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Where the kernel knows what a limit is about. */
const NAMED: readonly (readonly [RegExp, string, string])[] = [
  [/^(?:io|blkio)\./, '/sys/dev/block/', 'block device'],
  [/^rdma\./, '/sys/class/infiniband/', 'RDMA device'],
  [/^net_prio\./, '/sys/class/net/', 'network device'],
];

function checkNamedDevices({ report }: Situation, limits: (Step & LimitStep)[]): void {
  for (const limit of limits) {
    for (const [pattern, directory, what] of NAMED) {
      const name = limit.value.split(' ')[0] ?? '';
      if (!pattern.test(limit.file) || !limit.value.includes(' ') || name === 'default') continue;
      if (existsSync(directory + name)) report.passes(`the ${what} ${name} is there`, placeOf(limit));
      else {
        const message = `${limit.file}: this host has no ${what} ${name} (ENODEV)`;
        report.stops('missing-device', placeOf(limit), message, `ls ${directory} shows those that there are`);
      }
    }
  }
}
