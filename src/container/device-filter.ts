// cgroup v2 has no files for device rules but programs, which the compiler writes.

import { closeSync, constants, openSync } from 'node:fs';
import { OrlopError } from '../error.ts';
import { attachDeviceProgram, findDeviceProgram, loadDeviceProgram } from '../linux/bpf.ts';
import type { SpecDocument } from '../spec/module.ts';
import type { DeviceFilterStep } from '../spec/types.ts';

/** Tells ours from systemd's and others' on the same cgroup, all of which have to agree. */
const NAME = 'orlop_devices';

/** Puts the program of a step in place, instead of the one that an earlier launch or update has put there. */
export function applyDeviceFilter(step: DeviceFilterStep, document: SpecDocument): void {
  const fds: number[] = [];
  const own = (fd: number): number => {
    fds.push(fd);
    return fd;
  };
  try {
    const cgroup = own(openSync(step.directory, constants.O_RDONLY | constants.O_DIRECTORY));
    const program = own(loadDeviceProgram(NAME, document.filter(step.step)));
    const before = findDeviceProgram(cgroup, NAME);
    if (before !== undefined) own(before);
    attachDeviceProgram(cgroup, program, before);
  } catch (cause) {
    if (!(cause instanceof OrlopError)) throw cause;
    const message = `the device rules of ${step.directory}: ${cause.message}`;
    throw new OrlopError(cause.code, message, { ...document.place(step.step), hint: cause.hint, cause });
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}
