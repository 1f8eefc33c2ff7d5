// The program of the container, and those that run beside it.

import { closeSync, lstatSync, readFileSync, readSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { O_NONBLOCK, O_RDONLY } from '../../linux/constants.ts';
import { openat2, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS } from '../../linux/file.ts';
import { placeOf, stepOf, stepsOf } from '../../spec/steps.ts';
import type { HookStep, Place } from '../../spec/types.ts';
import { blockedHelp, blockedText, walk } from './path.ts';
import type { Situation } from './situation.ts';
import type { View } from './view.ts';

export function checkProgram(situation: Situation, view: View): void {
  const { plan, report } = situation;
  const step = stepOf<{ args: string[]; candidates: string[] }>(plan, 'execute');
  if (!step) return;
  const place = placeOf(step);
  checkWorkingDirectory(situation, view);
  const cwd = stepOf<{ directory: string }>(plan, 'cwd')?.directory ?? '/';
  const problems: string[] = [];
  for (const candidate of step.candidates) {
    const found = view.resolve(candidate.startsWith('/') ? candidate : `${cwd}/${candidate}`);
    if (found.kind === 'unknown') {
      report.passes(`whether ${candidate} is there cannot be told: ${found.mount} is a new filesystem`, place);
      return;
    }
    if (found.kind === 'missing') continue;
    const problem = problemOf(found.stat, candidate);
    if (problem === undefined) {
      checkFormat(situation, view, found.host, candidate, place);
      return;
    }
    problems.push(problem);
  }
  const [first] = step.candidates;
  const nowhere =
    step.candidates.length > 1
      ? `"${step.args[0]}" is in no directory of PATH`
      : `${first} does not exist in the container`;
  const help = 'correct process.args[0] or PATH, or put the program into the root filesystem';
  report.stops('missing-program', place, problems[0] ?? `${nowhere} (ENOENT)`, help);
}

function checkWorkingDirectory({ plan, report }: Situation, view: View): void {
  const step = stepOf<{ directory: string }>(plan, 'cwd');
  if (!step) return;
  const found = view.resolve(step.directory);
  if (found.kind === 'found' && !found.stat.isDirectory()) {
    const message = `the working directory ${step.directory} is no directory (ENOTDIR)`;
    report.stops('no-working-directory', placeOf(step), message, 'correct process.cwd');
  } else if (found.kind === 'missing' && found.code === 'ENOTDIR') {
    const message = `the working directory ${step.directory} cannot be reached: ${found.element} is no directory (ENOTDIR)`;
    report.stops('no-working-directory', placeOf(step), message, 'correct process.cwd');
  }
}

function problemOf(stat: Stats, candidate: string): string | undefined {
  if (stat.isDirectory()) return `${candidate} is a directory (EACCES)`;
  if (!stat.isFile()) return `${candidate} is no regular file (EACCES)`;
  return (stat.mode & 0o111) === 0
    ? `${candidate} may not be executed: its mode is 0${(stat.mode & 0o777).toString(8)} (EACCES)`
    : undefined;
}

/** man 2 execve: what the kernel reads of it to know how to start it. */
const START = 4096;

function checkFormat(situation: Situation, view: View, host: string, candidate: string, place: Place): void {
  const { report } = situation;
  const bytes = readStart(host);
  if (bytes === undefined) {
    report.passes(`${candidate} is there`, place);
    return;
  }
  const interpreter = interpreterOf(bytes);
  if (interpreter === undefined) {
    const message = `${candidate} is in no format that the kernel starts (ENOEXEC)`;
    if (!hasOtherFormats())
      report.stops('unknown-format', place, message, 'a script begins with #! and its interpreter');
    else report.doubts('unknown-format', place, message, 'unless something in /proc/sys/fs/binfmt_misc knows it');
    return;
  }
  const found = interpreter === '' ? undefined : view.resolve(interpreter);
  if (found?.kind === 'missing') {
    const message = `${candidate} needs ${interpreter}, which is not in the container (ENOENT)`;
    report.stops(
      'missing-interpreter',
      place,
      message,
      'put it into the root filesystem: a dynamic loader belongs to the libraries',
    );
  } else report.passes(`${candidate} is there${interpreter === '' ? '' : `, and ${interpreter} that it needs`}`, place);
}

/** Undefined where it cannot be read. No link is followed: the view has followed them all. */
function readStart(host: string): Buffer | undefined {
  let fd: number;
  try {
    fd = openat2(-100, host, O_RDONLY | O_NONBLOCK, hasLinks(host) ? RESOLVE_NO_MAGICLINKS : RESOLVE_NO_SYMLINKS);
  } catch {
    return undefined;
  }
  try {
    const bytes = Buffer.alloc(START);
    return bytes.subarray(0, readSync(fd, bytes, 0, START, 0));
  } finally {
    closeSync(fd);
  }
}

/** The bundle itself may be behind one. */
function hasLinks(path: string): boolean {
  for (let at = dirname(path); at !== '/'; at = dirname(at)) if (lstatSync(at).isSymbolicLink()) return true;
  return false;
}

const PT_INTERP = 3; // <elf.h>

/** '' for a program that needs none, undefined for no program. */
function interpreterOf(bytes: Buffer): string | undefined {
  if (bytes.subarray(0, 2).toString('latin1') === '#!') {
    const line = bytes.subarray(2).toString('latin1').split('\n', 1)[0] ?? '';
    return line.trim().split(/\s/, 1)[0] ?? '';
  }
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46) return undefined;
  // 32 bits are started by another handler: nothing more is said of it here.
  if (bytes[4] !== 2) return '';
  const offset = Number(bytes.readBigUInt64LE(32));
  const size = bytes.readUInt16LE(54);
  const count = bytes.readUInt16LE(56);
  for (let index = 0; index < count; index++) {
    const at = offset + index * size;
    if (at + 56 > bytes.length) return '';
    if (bytes.readUInt32LE(at) !== PT_INTERP) continue;
    const start = Number(bytes.readBigUInt64LE(at + 8));
    const length = Number(bytes.readBigUInt64LE(at + 32));
    return start + length <= bytes.length ? bytes.subarray(start, start + length - 1).toString('latin1') : '';
  }
  return '';
}

function hasOtherFormats(): boolean {
  try {
    return readFileSync('/proc/sys/fs/binfmt_misc/status', 'latin1').startsWith('enabled');
  } catch {
    return false;
  }
}

/** runtime-spec config.md#posix-platform-hooks: all but startContainer by the host's paths. */
export function checkHooks(situation: Situation, view: View): void {
  const { plan, report } = situation;
  for (const hook of stepsOf<HookStep>(plan, 'hook')) {
    const place = placeOf(hook);
    const what = `the ${hook.kind} hook`;
    if (hook.kind === 'startContainer') {
      const found = view.resolve(hook.file);
      const problem = found.kind === 'found' ? problemOf(found.stat, hook.file) : undefined;
      if (found.kind === 'missing') {
        const message = `${what}: ${hook.file} does not exist in the container (${found.code})`;
        report.stops('missing-hook', place, message, 'put it into the root filesystem, or remove the hook');
      } else if (problem) report.stops('missing-hook', place, `${what}: ${problem}`, 'make it executable');
      else report.passes(`${what} ${hook.file} can be run`, place);
    } else checkHostHook(situation, hook.file, what, place);
  }
}

function checkHostHook({ report, caller }: Situation, file: string, what: string, place: Place): void {
  const walked = walk(file, caller);
  if (walked.blocked) {
    report.stops(
      'missing-hook',
      place,
      `${what}: ${blockedText(file, walked.blocked, caller)}`,
      blockedHelp(walked.blocked, caller),
    );
    return;
  }
  const problem = problemOf(walked.stat, file);
  if (problem) {
    report.stops('missing-hook', place, `${what}: ${problem}`, 'make it executable: chmod +x');
    return;
  }
  const writable = writableBy(file);
  if (writable !== undefined) {
    const message = `${what} ${file} runs as ${caller.name}, and others may write ${writable}`;
    report.doubts('writable-hook', place, message, `chmod go-w ${writable}`, 'OCI923');
  } else report.passes(`${what} ${file} can be run, and only its owner may write it`, place);
}

/** The file or a directory on the way that everybody may write; a sticky one only lets add. */
function writableBy(file: string): string | undefined {
  for (let at = file; ; at = dirname(at)) {
    const { mode } = statSync(at);
    const isSticky = at !== file && (mode & 0o1000) !== 0;
    if ((mode & 0o002) !== 0 && !isSticky) return at;
    if (at === '/') return undefined;
  }
}
