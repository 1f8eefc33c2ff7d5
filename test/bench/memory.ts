import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Contestant, which } from './contestants.ts';
import { medianOf, succeed } from './measure.ts';

/** kB of a process. */
export interface Resident {
  VmRSS: number;
  RssAnon: number;
  Pss: number;
}

/**
 * The most memory that a command, or a child that it waited for, ever had resident: ru_maxrss, in kB. GNU time measures
 * it, since a process inherits the peak of the one that it was forked from, and a JavaScript engine's is the largest.
 * undefined where it is not installed; the one of busybox answers four times as much.
 */
export function peakMemory(command: string[], directory: string, count: number): number | undefined {
  const time = which('/usr/bin/time');
  if (time === undefined || !succeed(['sh', '-c', `${time} --version 2>&1; true`]).includes('GNU')) return undefined;
  const file = join(directory, 'peak');
  const peaks: number[] = [];
  for (let index = 0; index < count; index++) {
    succeed([time, '--output', file, '--format', '%M', ...command]);
    peaks.push(Number(readFileSync(file, 'utf8')));
  }
  return medianOf(peaks);
}

function memoryOf(pid: number): Resident {
  const field = (file: string, name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1]);
  return { VmRSS: field('status', 'VmRSS'), RssAnon: field('status', 'RssAnon'), Pss: field('smaps_rollup', 'Pss') };
}

/** Of a container that is created and not started: its memory is what the runtime has left in it. */
export function residentMemory({ command }: Contestant, bundle: string): Resident {
  const id = 'bench-memory';
  // Its process keeps the standard output open, so nobody may wait for the end of that.
  succeed(['sh', '-c', '"$@" >/dev/null 2>&1', 'sh', ...command, 'create', '--bundle', bundle, id]);
  try {
    return memoryOf((JSON.parse(succeed([...command, 'state', id])) as { pid: number }).pid);
  } finally {
    succeed([...command, 'delete', '--force', id]);
  }
}

/** Of `run` in the foreground, while its container sleeps. */
export async function supervisorMemory({ command }: Contestant, sleeping: string): Promise<Resident> {
  const [file = '', ...words] = command;
  const id = 'bench-memory';
  const supervisor = spawn(file, [...words, 'run', '--bundle', sleeping, id], { stdio: 'ignore' });
  const end = new Promise((resolve) => supervisor.on('exit', resolve));
  try {
    await setTimeout(SETTLED);
    return memoryOf(supervisor.pid as number);
  } finally {
    succeed([...command, 'kill', id, 'KILL']);
    await end;
    spawnSync(file, [...words, 'delete', '--force', id]);
  }
}

/** Milliseconds after which the container runs, and an engine has done what it puts off. */
const SETTLED = 3000;
