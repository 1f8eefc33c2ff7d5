// The command under test, as a process of its own. Its output goes to files: a pipe would be held open by a container
// that lives on, and the caller would wait for that.

import { type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bundle, Workplace } from './bundle.ts';

const PROJECT = join(import.meta.dirname, '../../..');

export interface Build {
  name: string;
  argv: readonly [string, ...string[]];
}

/** The builds that there are: ORLOP names one to test instead, with spaces between its words. */
export function builds(): Build[] {
  const named = process.env.ORLOP;
  if (named) return [{ name: named, argv: named.split(' ') as [string, ...string[]] }];
  const node = join(PROJECT, 'dist/cli/node.js');
  if (!existsSync(node)) throw new Error(`${node} is missing: npm run build:node`);
  const found: Build[] = [{ name: 'node', argv: [process.execPath, node] }];
  const executable = join(PROJECT, 'dist/orlop');
  if (existsSync(executable)) found.push({ name: 'executable', argv: [executable] });
  return found;
}

/** For what does not depend on the build: the one that starts fastest. */
export function fastest(): Build {
  return builds().at(-1) as Build;
}

export interface CallOptions {
  input?: string;
  /** Fds 3 and up of the command. */
  fds?: number[];
  env?: Record<string, string>;
  cwd?: string;
  /** Words before the command: `strace -f`. */
  prefix?: string[];
  /** Milliseconds, after which it is killed and the test fails. */
  timeout?: number;
}

export class Result {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  private readonly files: { out: string; err: string };

  constructor(status: number | null, signal: NodeJS.Signals | null, files: { out: string; err: string }) {
    this.status = status;
    this.signal = signal;
    this.files = files;
  }

  /** What is there by now: a container that lives on may write more. */
  get stdout(): string {
    return readFileSync(this.files.out, 'utf8');
  }

  get stderr(): string {
    return readFileSync(this.files.err, 'utf8');
  }

  get lines(): string[] {
    return this.stdout.trimEnd().split('\n');
  }

  /** Itself, if it went well. */
  ok(): this {
    if (this.status === 0) return this;
    throw new Error(`exit ${this.status ?? this.signal}\n${this.stderr}${this.stdout}`);
  }
}

export class Orlop {
  private readonly place: Workplace;
  private readonly build: Build;
  private count = 0;

  constructor(place: Workplace, build: Build = fastest()) {
    this.place = place;
    this.build = build;
  }

  get root(): string {
    return this.place.path(`state-${this.build.name.replaceAll(/\W+/g, '-')}`);
  }

  /** The whole command line. */
  words(args: string[]): [string, ...string[]] {
    return [...this.build.argv, '--root', this.root, ...args] as [string, ...string[]];
  }

  call(args: string[], options: CallOptions = {}): Result {
    const output = this.files();
    const [command, ...rest] = [...(options.prefix ?? []), ...this.words(args)] as [string, ...string[]];
    const stdio = this.open(output, options);
    try {
      const done = spawnSync(command, rest, {
        stdio,
        input: options.input,
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
        timeout: options.timeout ?? 60_000,
        killSignal: 'SIGKILL',
      });
      if (done.error) throw done.error;
      return new Result(done.status, done.signal, output);
    } finally {
      closeSync(stdio[1] as number);
      closeSync(stdio[2] as number);
    }
  }

  /** The same without waiting. */
  launch(args: string[], options: CallOptions = {}): { pid: number; result: Promise<Result> } {
    const output = this.files();
    const [command, ...rest] = [...(options.prefix ?? []), ...this.words(args)] as [string, ...string[]];
    const stdio = this.open(output, options);
    const child = spawn(command, rest, { stdio, cwd: options.cwd, env: { ...process.env, ...options.env } });
    closeSync(stdio[1] as number);
    closeSync(stdio[2] as number);
    const result = new Promise<Result>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (status, signal) => resolve(new Result(status, signal, output)));
    });
    return { pid: child.pid as number, result };
  }

  run(bundle: Bundle, id: string, ...options: string[]): Result {
    return this.call(['run', '-b', bundle.directory, ...options, id]);
  }

  create(bundle: Bundle, id: string, ...options: string[]): Result {
    return this.call(['create', '-b', bundle.directory, ...options, id]);
  }

  state(id: string): Record<string, unknown> & { status: string; pid: number } {
    return JSON.parse(this.call(['state', id]).ok().stdout);
  }

  private files(): { out: string; err: string } {
    const name = this.place.path(`output-${this.build.name.replaceAll(/\W+/g, '-')}-${++this.count}`);
    return { out: `${name}.out`, err: `${name}.err` };
  }

  private open(output: { out: string; err: string }, options: CallOptions): Exclude<StdioOptions, string> {
    const input = options.input === undefined ? 'ignore' : 'pipe';
    return [input, openSync(output.out, 'w'), openSync(output.err, 'w'), ...(options.fds ?? [])];
  }
}

/** Asks again until the answer is true; the error says what was waited for. */
export async function until(what: string, ask: () => boolean, milliseconds = 20_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!ask()) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
