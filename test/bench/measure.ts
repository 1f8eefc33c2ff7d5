// Times of commands that take turns: whatever else the machine does meanwhile meets all of them alike.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Effort {
  /** How often all of them have their turn. */
  rounds: number;
  /** Runs in a turn, after one that does not count. */
  runs: number;
}

export interface Summary {
  count: number;
  min: number;
  median: number;
  /** Nine of ten were as fast. */
  p90: number;
}

export function summarize(samples: number[]): Summary {
  const sorted = [...samples].sort((left, right) => left - right);
  const at = (part: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
  return { count: sorted.length, min: at(0), median: at(0.5), p90: at(0.9) };
}

export function medianOf(samples: number[]): number {
  return summarize(samples).median;
}

/** Milliseconds of each command, by its name. */
export function measureCommands(
  commands: ReadonlyMap<string, string[]>,
  effort: Effort,
  hyperfine: { program: string; directory: string } | undefined,
): Map<string, number[]> {
  const times = new Map([...commands.keys()].map((name): [string, number[]] => [name, []]));
  for (let round = 0; round < effort.rounds; round++) {
    // Each round begins with another one.
    const order = [...commands];
    const turned = [...order.slice(round % order.length), ...order.slice(0, round % order.length)];
    const samples = hyperfine ? withHyperfine(turned, effort.runs, hyperfine) : byHand(turned, effort.runs);
    turned.forEach(([name], index) => {
      times.get(name)?.push(...(samples[index] ?? []));
    });
  }
  return times;
}

function withHyperfine(
  commands: [string, string[]][],
  runs: number,
  { program, directory }: { program: string; directory: string },
): number[][] {
  const file = join(directory, 'hyperfine.json');
  const options = ['-N', '--style', 'none', '--warmup', '1', '--runs', String(runs), '--export-json', file];
  const lines = commands.map(([, command]) => command.map(quoted).join(' '));
  succeed([program, ...options, ...lines]);
  const { results } = JSON.parse(readFileSync(file, 'utf8')) as { results: { times: number[] }[] };
  return results.map(({ times }) => times.map((seconds) => seconds * 1000));
}

function byHand(commands: [string, string[]][], runs: number): number[][] {
  return commands.map(([, command]) => {
    succeed(command);
    return repeat(runs, () => succeed(command));
  });
}

/** Milliseconds of each call. */
export function repeat(count: number, act: () => unknown): number[] {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const begin = performance.now();
    act();
    times.push(performance.now() - begin);
  }
  return times;
}

/** Runs a command and answers its standard output; a benchmark of failures would be one of nothing. */
export function succeed(command: string[]): string {
  const [file = '', ...args] = command;
  const done = spawnSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (done.status === 0) return done.stdout;
  throw new Error(`${command.join(' ')} ended with ${done.status ?? done.signal}: ${done.stderr || done.error}`);
}

export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
