// The root filesystem, what is bound into it, and the places to mount on.

import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import { mountPoints } from '../../linux/facts.ts';
import { placeOf } from '../../spec/steps.ts';
import type { Place, Step } from '../../spec/types.ts';
import { blockedHelp, blockedText, may, modeText, type Walk, walk } from './path.ts';
import type { Situation } from './situation.ts';
import { type Covering, View } from './view.ts';

/** Answers the container's paths as far as they can be known; undefined without a root filesystem. */
export function checkFiles(situation: Situation): View | undefined {
  const { plan, report } = situation;
  const root = plan.steps.find(({ verb }) => verb === 'root') as Step & { directory: string };
  const place = placeOf(root);
  const walked = reach(situation, root.directory, place, 'the root filesystem', 'missing-rootfs');
  if (!walked) return undefined;
  if (!walked.isDirectory()) {
    const help = 'root.path names a directory, absolute or relative to the bundle';
    report.stops('missing-rootfs', place, `the root filesystem ${root.directory} is no directory`, help);
    return undefined;
  }
  checkEntry(situation, root.directory, place);
  const view = new View([{ destination: '/', source: root.directory }]);
  for (const step of plan.steps) {
    if (step.verb === 'mount' || step.verb === 'bind' || step.verb === 'cgroup-mount')
      checkMount(situation, view, step);
    else if (step.verb === 'device') checkDevice(situation, view, step);
  }
  return view;
}

/** The file, or undefined after a finding that names what is in the way. */
function reach(situation: Situation, path: string, place: Place, what: string, name: string) {
  const { report, caller } = situation;
  const walked: Walk = walk(path, caller);
  if (!walked.blocked) {
    report.passes(`${what}: ${path} is there and can be reached`, place);
    return walked.stat;
  }
  report.stops(
    name,
    place,
    `${what}: ${blockedText(path, walked.blocked, caller)}`,
    blockedHelp(walked.blocked, caller),
  );
  return undefined;
}

/** The root of a user namespace is nobody to files whose owner it does not have. */
function checkEntry({ root, report }: Situation, directory: string, place: Place): void {
  if (!root) return;
  const stat = statSync(directory);
  if (may(stat, root, 1)) {
    report.passes(`${root.name} may enter the root filesystem`, place);
    return;
  }
  const mode = `${modeText(stat.mode)} of ${stat.uid}:${stat.gid}`;
  const help = `chown -R ${root.uid}:${root.gid} ${directory}, or chmod +x it`;
  report.stops('unreachable-rootfs', place, `${root.name} may not enter ${directory}, which is ${mode}`, help);
}

function checkMount(situation: Situation, view: View, step: Step): void {
  const { report } = situation;
  const destination = String(step.destination);
  const place = placeOf(step);
  const covering: Covering = { destination };
  let isDirectory = true;
  if (step.verb === 'bind') {
    const source = String(step.source);
    const stat = reach(situation, source, place, `the source of ${destination}`, 'missing-source');
    if (!stat) return;
    isDirectory = stat.isDirectory();
    covering.source = source;
    if (situation.root && step.recursive !== true) checkUncovering(situation, source, destination, place);
  } else if (step.verb === 'mount') checkFilesystem(situation, String(step.type), place);
  const found = view.resolve(destination);
  if (found.kind === 'found' && found.stat.isDirectory() !== isDirectory) {
    const is = isDirectory ? 'no directory' : 'a directory';
    const message = `${destination} in the container is ${is}, and what is to be mounted on it is ${isDirectory ? 'one' : 'none'}`;
    report.stops('mount-on-other-kind', place, message, 'mount it elsewhere, or change what is there');
    return;
  }
  if (found.kind === 'missing' && (found.code === 'ENOTDIR' || found.code === 'ELOOP')) {
    const message = `${destination} in the container cannot be reached: ${found.element} is in the way (${found.code})`;
    report.stops('mount-on-other-kind', place, message, 'mount it elsewhere, or change what is there');
    return;
  }
  if (found.kind === 'missing') checkMaking(situation, found.parent, destination, place);
  else report.passes(`${destination} can be mounted on`, place);
  view.add(covering);
}

/** Whoever is root in a user namespace alone may not see what the host has covered (fs/namespace.c, has_locked_children). */
function checkUncovering({ report }: Situation, source: string, destination: string, place: Place): void {
  const directory = `${realpathSync(source)}/`.replace('//', '/');
  const below = mountPoints().find((mount) => mount.startsWith(directory) && mount !== directory);
  if (below === undefined) return;
  const message = `the source of ${destination} has ${below} mounted below it, and in a user namespace nobody binds it without that (EINVAL)`;
  report.stops('mount-below-source', place, message, 'use "rbind" in options, which takes what is mounted below along');
}

/** A place that is missing is made, in a directory that has to allow it. */
function checkMaking({ root, report, caller }: Situation, parent: string, destination: string, place: Place): void {
  const maker = root ?? caller;
  let code: string | undefined;
  try {
    // A read-only filesystem says so to everybody.
    accessSync(parent, constants.W_OK);
  } catch (error) {
    code = (error as NodeJS.ErrnoException).code;
  }
  const stat = statSync(parent);
  if (code !== 'EROFS' && root && !may(stat, root, 3)) code = 'EACCES';
  if (code === 'EROFS' || (code === 'EACCES' && root)) {
    const mode = `${modeText(stat.mode)} of ${stat.uid}:${stat.gid}`;
    const why = code === 'EROFS' ? 'its filesystem is read-only' : `${parent} is ${mode}`;
    const message = `${destination} is missing in the root filesystem, and ${maker.name} cannot make it: ${why} (${code})`;
    report.stops('missing-mount-point', place, message, `make ${destination} in the root filesystem before`);
  } else report.passes(`${destination} is missing in the root filesystem, and will be made`, place);
}

/** A device node where something else is. */
function checkDevice({ report, caller }: Situation, view: View, step: Step): void {
  const file = String(step.file);
  const place = placeOf(step);
  if (step.bound === true) {
    const walked = walk(file, caller);
    if (walked.blocked) {
      const help = 'make it on the host, or remove it from linux.devices: nobody makes devices in a user namespace';
      report.stops('missing-device', place, `the device ${blockedText(file, walked.blocked, caller)}`, help);
    } else report.passes(`the host has the device ${file}`, place);
    return;
  }
  const found = view.resolve(file);
  const isSame =
    found.kind === 'found' && (found.stat.isCharacterDevice() || found.stat.isBlockDevice() || found.stat.isFIFO());
  if (found.kind === 'found' && !isSame) {
    const message = `${file} in the root filesystem is no device, and stands where one is to be made (EEXIST)`;
    report.stops('file-in-place-of-device', place, message, 'remove the file, or the device');
  } else if (step.path !== undefined) report.passes(`${file} can be made`, place);
}

function checkFilesystem({ report }: Situation, type: string, place: Place): void {
  if (!filesystems().has(type) && !isModule(type)) {
    const message = `this kernel has no filesystem "${type}" (ENODEV)`;
    report.stops(
      'missing-filesystem',
      place,
      message,
      'look at /proc/filesystems; load its module, or remove the mount',
    );
  } else report.passes(`the kernel has the filesystem ${type}`, place);
}

let known: Set<string> | undefined;

function filesystems(): Set<string> {
  known ??= new Set(
    readFileSync('/proc/filesystems', 'utf8')
      .split('\n')
      .map((line) => line.split('\t').at(-1) ?? ''),
  );
  return known;
}

/** The kernel loads it when it is asked for. */
function isModule(type: string): boolean {
  try {
    const release = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
    const file = readFileSync(`/lib/modules/${release}/modules.dep`, 'utf8');
    return new RegExp(`/${type.replaceAll(/\W/g, '.')}\\.ko`).test(file);
  } catch {
    return false;
  }
}
