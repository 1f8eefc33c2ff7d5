// Where an engine works: its storage, state and sockets are in a temporary directory, its cgroups below one of that name.

import { type StdioOptions, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Workplace } from '../../system/support/bundle.ts';
import { Result, until } from '../../system/support/orlop.ts';

const PROJECT = join(import.meta.dirname, '../../..');

/** The runtime under test, and the one it is compared with. */
export type Runtime = 'orlop' | 'runc';

export function programOf(runtime: Runtime): string {
  if (runtime === 'runc') return found('runc', 'runc') as string;
  const executable = process.env.ORLOP ?? join(PROJECT, 'dist/orlop');
  if (!existsSync(executable)) throw new Error(`${executable} is missing: npm run build`);
  return executable;
}

/** A program in PATH; if a Debian package is named, it has to be there. */
export function found(program: string, debianPackage?: string): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/libexec/podman'];
  const path = directories.map((directory) => join(directory, program)).find((file) => existsSync(file));
  if (path || debianPackage === undefined) return path;
  throw new Error(`${program} is missing: apt-get install ${debianPackage}`);
}

export interface CallOptions {
  input?: string;
  /** Fds 3 and up. */
  fds?: number[];
  env?: Record<string, string>;
  timeout?: number;
}

export class Site {
  readonly place: Workplace;
  /** A filesystem of its own: overlay needs one that is no overlay itself, and a private one leaks no mounts. */
  readonly directory: string;
  private count = 0;

  constructor(name: string) {
    this.place = new Workplace(name);
    this.directory = this.place.path('engine');
  }

  /** Apart from the constructor, so that whatever comes after it can be undone. */
  mount(): void {
    mkdirSync(this.directory);
    host('mount', '-t', 'tmpfs', '-o', 'size=512m,mode=755', 'orlop-test', this.directory);
    host('mount', '--make-rprivate', this.directory);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Runs a command of an engine. Output goes to files: what an engine leaves in the background would hold a pipe open. */
  call(command: readonly [string, ...string[]], options: CallOptions = {}): Result {
    const name = this.path(`output-${++this.count}`);
    const output = { out: `${name}.out`, err: `${name}.err` };
    const [out, err] = [openSync(output.out, 'w'), openSync(output.err, 'w')];
    const stdio: StdioOptions = [options.input === undefined ? 'ignore' : 'pipe', out, err, ...(options.fds ?? [])];
    try {
      const done = spawnSync(command[0], command.slice(1), {
        stdio,
        input: options.input,
        cwd: this.directory, // conmon puts files there
        env: { ...process.env, ...options.env },
        timeout: options.timeout ?? 60_000,
        killSignal: 'SIGKILL',
      });
      if (done.error)
        throw new Error(`${command.join(' ')}: ${done.error.message}\n${readFileSync(output.err, 'utf8')}`);
      return new Result(done.status, done.signal, output);
    } finally {
      closeSync(out);
      closeSync(err);
    }
  }

  /**
   * The same, with a terminal of its own: script(1) makes one. What the program reads first is a line of `input`: then the
   * engine is attached, whatever came between, and loses nothing of what it says.
   */
  callInTerminal(command: readonly string[], input: string): Result {
    const words = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
    return this.call([found('script', 'bsdutils') as string, '-qec', words.join(' '), '/dev/null'], { input });
  }

  /** Ends and removes all that still is there, whatever became of it. */
  async remove(): Promise<void> {
    await until('the processes of the engine end', () => {
      const pids = this.processes();
      for (const pid of pids) signal(pid);
      return pids.length === 0;
    });
    for (const mount of this.mounts()) host('umount', '-l', mount);
    for (const cgroup of this.cgroups()) rmdirSync(cgroup);
    this.place.remove();
  }

  /** By the directory or the cgroup, whose names nobody else has. */
  private processes(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
      .filter((pid) => {
        const of = (file: string): string => {
          try {
            return readFileSync(`/proc/${pid}/${file}`, 'utf8');
          } catch {
            return ''; // it has ended
          }
        };
        return of('cmdline').includes(this.place.directory) || of('cgroup').includes(this.place.tag);
      })
      .map(Number);
  }

  /** Innermost first. */
  private mounts(): string[] {
    const lines = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n');
    return lines
      .map((line) => line.split(' ')[4] ?? '')
      .filter((path) => path.startsWith(`${this.place.directory}/`))
      .reverse();
  }

  /** Innermost first. Engines leave the parents of their containers' cgroups: those are made once. */
  private cgroups(directory = '/sys/fs/cgroup', isOurs = false): string[] {
    const children = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const below = children.flatMap(({ name }) => {
      const path = join(directory, name);
      return this.cgroups(path, isOurs || name === this.place.tag);
    });
    return isOurs ? [...below, directory] : below;
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function host(...command: [string, ...string[]]): void {
  const done = spawnSync(command[0], command.slice(1), { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${command.join(' ')}: ${done.stderr}`);
}

/** A file of the cgroup that a process is in: its name on v1, with the controller before it, and on v2. */
export function cgroupFile(pid: number, v1: `${string}/${string}`, v2: string): string {
  const [controller, file] = v1.split('/') as [string, string];
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trimEnd().split('\n');
  for (const line of lines) {
    const [, controllers = '', path = ''] = line.split(':');
    if (controllers.split(',').includes(controller)) {
      return readFileSync(join('/sys/fs/cgroup', controllers, path, file), 'utf8').trim();
    }
  }
  const path = lines.find((line) => line.startsWith('0::'))?.slice(3) ?? '';
  return readFileSync(join('/sys/fs/cgroup', path, v2), 'utf8').trim();
}
