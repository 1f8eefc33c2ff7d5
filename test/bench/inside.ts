// What the whole command consists of, measured in one warm process: compiling, and the launch image by itself.

import { closeSync, constants, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createCgroup, removeCgroup } from '../../src/container/cgroup.ts';
import { type Compiled, compile } from '../../src/container/compiler.ts';
import { launchError } from '../../src/container/create.ts';
import type { CgroupState } from '../../src/container/store.ts';
import { Launch } from '../../src/launch/image.ts';
import { openBoth, openReader, openWriter } from '../../src/linux/fifo.ts';
import { close, mkfifo, read, write } from '../../src/linux/file.ts';
import { waitpid } from '../../src/linux/process.ts';
import { specModule } from '../../src/spec/embedded.ts';
import { Linter } from '../../src/spec/linter.ts';
import { SpecDocument } from '../../src/spec/module.ts';
import type { CreateCgroupStep, Request } from '../../src/spec/types.ts';
import { repeat } from './measure.ts';

/** Milliseconds of lint, plan and image; each time a fresh instance, as for each document. */
export function compileTimes(config: Uint8Array, request: Request, count: number): Map<string, number[]> {
  const fresh = (): SpecDocument => new SpecDocument(specModule(), config);
  return new Map([
    ['instance alone', repeat(count, fresh)],
    ['lint', repeat(count, () => new Linter(specModule()).lint(config))],
    ['plan', repeat(count, () => fresh().plan(request))],
    [
      'image',
      repeat(count, () => {
        const document = fresh();
        document.prepare(request);
        document.image('/');
      }),
    ],
  ]);
}

/** Milliseconds from spawn until the image waits for start, and until the container's process has ended. */
export function launchTimes(bundle: string, directory: string, count: number): Map<string, number[]> {
  const compiled = compile({ id: 'bench-launch', bundle });
  const step = compiled.plan.steps.find(({ verb }) => verb === 'create-cgroup') as CreateCgroupStep | undefined;
  const state: CgroupState = { directories: [], made: [] };
  const fifos = join(directory, 'launch');
  mkdirSync(fifos);
  const ready: number[] = [];
  const ended: number[] = [];
  try {
    if (step) createCgroup(step, state, () => compiled.document.place(step.step));
    for (let index = 0; index < count; index++) {
      const times = launchOnce(compiled, fifos, step?.birthplace);
      ready.push(times.ready);
      ended.push(times.ended);
    }
  } finally {
    removeCgroup(state);
    rmSync(fifos, { recursive: true });
  }
  return new Map([
    ['spawn to ready', ready],
    ['spawn to exit', ended],
  ]);
}

function launchOnce(
  compiled: Compiled,
  directory: string,
  cgroup: string | undefined,
): { ready: number; ended: number } {
  const start = join(directory, 'start');
  const exec = join(directory, 'exec');
  mkfifo(start, 0o600);
  mkfifo(exec, 0o600);
  const startFifo = openBoth(start);
  const execFifo = openBoth(exec);
  const cgroupFd = cgroup === undefined ? undefined : openSync(cgroup, constants.O_RDONLY | constants.O_DIRECTORY);
  const begin = performance.now();
  const launch = new Launch({ image: compiled.image, preserveFds: 0, startFifo, execFifo, cgroup: cgroupFd });
  try {
    close(startFifo);
    close(execFifo);
    const pid = untilReady(launch, compiled);
    const ready = performance.now() - begin;
    release(start, exec);
    waitpid(pid);
    return { ready, ended: performance.now() - begin };
  } finally {
    launch.close();
    if (cgroupFd !== undefined) closeSync(cgroupFd);
    rmSync(start);
    rmSync(exec);
  }
}

/** The conversation of container/create.ts, without what the host does meanwhile. */
function untilReady(launch: Launch, compiled: Compiled): number {
  let pid: number | undefined;
  let isReady = false;
  while (pid === undefined || !isReady) {
    const { message } = launch.receive();
    if (message === undefined) throw new Error('the launch image ended without a word');
    if (message.kind === 'failed') throw launchError(compiled, message);
    if (message.kind === 'ready') isReady = true;
    if (message.kind !== 'pid') continue;
    pid = message.pid;
    launch.reapLauncher();
  }
  launch.answer();
  return pid;
}

function release(start: string, exec: string): void {
  const answer = openReader(exec);
  const fifo = openWriter(start);
  if (fifo === undefined) throw new Error('the process does not wait for start');
  write(fifo, Buffer.of(1));
  close(fifo);
  const record = read(answer, 256);
  close(answer);
  if (record.length > 0) throw new Error(`execve failed: ${record.toString('hex')}`);
}

export function configOf(bundle: string): Buffer {
  return readFileSync(join(bundle, 'config.json'));
}
