// The maps of a user namespace, man 7 user_namespaces: /proc/PID/uid_map and gid_map, each written once and at once. Who
// has no privileges may write a map of himself alone; for more there are newuidmap and newgidmap, which look into
// /etc/subuid and /etc/subgid.

import { accessSync, closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { OrlopError } from '../error.ts';
import type { Launch } from '../launch/image.ts';
import { close, memoryFile } from '../linux/file.ts';
import { setLimit } from '../linux/limits.ts';
import { exitNumber, kill, waitpid } from '../linux/process.ts';
import { spawn } from '../linux/spawn.ts';
import type { IdMapping, IdMaps, MapIdsStep, MountIdsStep, Place, RlimitStep } from '../spec/types.ts';
import type { Compiled } from './compiler.ts';
import { stepOf } from './confine.ts';

type Kind = 'uid' | 'gid';
type Planned = Pick<Compiled, 'plan' | 'document'>;

/** The process waits for its ids, if it is in a new user namespace. */
export function mapIds(running: Launch, pid: number, { plan, document }: Planned): void {
  const step = stepOf<MapIdsStep>(plan, 'map-ids');
  if (!step) return;
  writeMaps(pid, step, () => document.place(step.step));
  running.answer();
}

/** A process that is there for its user namespace alone, and ends: mounts get the ids of that. */
export function giveIds(running: Launch, pid: number, index: number, { plan, document }: Planned): void {
  const step = plan.steps.find((candidate) => candidate.step === index) as MountIdsStep;
  let fd: number;
  try {
    writeMaps(pid, step, () => document.place(index));
    fd = openSync(`/proc/${pid}/ns/user`, constants.O_RDONLY);
  } finally {
    kill(pid, 9);
    waitpid(pid);
  }
  try {
    running.answer(fd);
  } finally {
    close(fd);
  }
}

/** Limits that the process in its user namespace may not raise by itself. */
export function raiseLimits(pid: number, { plan, document }: Planned): void {
  for (const step of plan.steps.filter(({ verb }) => verb === 'rlimit') as RlimitStep[]) {
    try {
      setLimit(pid, step.resource, { soft: BigInt(step.soft), hard: BigInt(step.hard) });
    } catch (cause) {
      if (!(cause instanceof OrlopError)) throw cause;
      const hint = 'RLIMIT_NOFILE goes up to the sysctl fs.nr_open';
      throw new OrlopError(cause.code, `${step.type}: ${cause.message}`, { ...document.place(step.step), hint, cause });
    }
  }
}

/** Of the process, which is in a new user namespace and waits. */
function writeMaps(pid: number, maps: IdMaps, place: () => Place): void {
  if (maps.deniesGroups) writeFile(`/proc/${pid}/setgroups`, 'deny', place);
  writeMap(pid, 'uid', maps.uidMappings, maps.uidHelper, place);
  writeMap(pid, 'gid', maps.gidMappings, maps.gidHelper, place);
}

function writeMap(pid: number, kind: Kind, lines: IdMapping[], helper: string | undefined, place: () => Place): void {
  if (helper !== undefined) runHelper(helper, pid, kind, lines, place);
  else {
    const text = lines.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
    writeFile(`/proc/${pid}/${kind}_map`, text, place);
  }
}

function writeFile(file: string, text: string, place: () => Place): void {
  try {
    const fd = openSync(file, constants.O_WRONLY);
    try {
      writeSync(fd, text);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
    throw new OrlopError('linux/write', `write("${file}", ${JSON.stringify(shown)}) failed: ${code}`, {
      ...place(),
      hint:
        code === 'EPERM'
          ? 'a host id is not mapped in the user namespace of the caller, or not his to give: /proc/self/uid_map, and man 5 subuid'
          : undefined,
      cause,
    });
  }
}

/** man 1 newuidmap: PROGRAM PID INSIDE OUTSIDE COUNT… */
function runHelper(program: string, pid: number, kind: Kind, lines: IdMapping[], place: () => Place): void {
  const file = findHelper(program, kind, place);
  const numbers = lines.flatMap(({ containerID, hostID, size }) => [containerID, hostID, size].map(String));
  const argv = [program, String(pid), ...numbers];
  const output = memoryFile('orlop-output');
  try {
    const fds = [[output, 1] as const, [output, 2] as const];
    const { exit } = waitpid(spawn({ file, argv, env: [], fds }));
    if (exit.code === 0) return;
    const call = argv.join(' ');
    throw new OrlopError('linux/write', `${call} exited with ${exitNumber(exit)}: ${textOf(output)}`, {
      ...place(),
      hint: `the ranges of a user stand in /etc/sub${kind}; without one he may map only himself`,
    });
  } finally {
    close(output);
  }
}

function textOf(fd: number): string {
  const bytes = Buffer.alloc(Math.min(fstatSync(fd).size, 4096));
  return bytes
    .subarray(0, readSync(fd, bytes, 0, bytes.length, 0))
    .toString('utf8')
    .trim();
}

/** Where it is, or an error that says how to get it. */
export function findHelper(program: string, kind: Kind, place: () => Place): string {
  const directories = [...(process.env.PATH ?? '').split(':'), '/usr/bin', '/bin', '/usr/local/bin'];
  for (const directory of directories.filter((path) => path.startsWith('/'))) {
    const file = join(directory, program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Elsewhere.
    }
  }
  throw new OrlopError('usage/invalid', `${program} is missing: without it a user may map only himself`, {
    ...place(),
    hint: `install it (Debian: the package uidmap), or map your own ${kind} alone, with size 1`,
  });
}
