// containerd, its stock shim and ctr, which talk through a socket in a private directory.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workplace } from '../../system/support/bundle.ts';
import { type Result, until } from '../../system/support/orlop.ts';
import type { Engine } from './check.ts';
import { IMAGE, writeImage } from './image.ts';
import { type CallOptions, found, programOf, type Runtime, Site } from './site.ts';

const CONFIG = (site: Site): string => `
version = 2
root = "${site.path('containerd-root')}"
state = "${site.path('containerd-state')}"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "${site.path('containerd.sock')}"
[debug]
address = "${site.path('debug.sock')}"
`;

export class ContainerdSite {
  readonly site: Site;
  private daemon: ChildProcess | undefined;

  constructor(name: string) {
    found('containerd-shim-runc-v2', 'containerd');
    this.site = new Site(name);
  }

  /** Until it answers, and knows the image. */
  async ready(): Promise<void> {
    this.site.mount();
    writeFileSync(this.site.path('config.toml'), CONFIG(this.site));
    const log = openSync(this.site.path('containerd.log'), 'w');
    this.daemon = spawn('containerd', ['--config', this.site.path('config.toml')], { stdio: ['ignore', log, log] });
    closeSync(log);
    const ctr = this.with('runc');
    try {
      await until('containerd answers', () => ctr.call(['version']).status === 0, 60_000);
    } catch (error) {
      throw new Error(readFileSync(this.site.path('containerd.log'), 'utf8'), { cause: error });
    }
    ctr.call(['image', 'import', writeImage(this.site.place)]).ok();
    // Both runtimes leave the parents of their cgroups and states: from here on there is nothing new about them.
    ctr.run([], 'true').ok();
    ctr.clear();
    mkdirSync(join(this.with('orlop').root, this.site.place.tag), { recursive: true });
  }

  with(runtime: Runtime): Ctr {
    return new Ctr(this.site, runtime);
  }

  async remove(): Promise<void> {
    const { daemon } = this;
    if (daemon && daemon.exitCode === null) {
      const ended = new Promise((resolve) => daemon.once('exit', resolve));
      daemon.kill('SIGTERM');
      await ended;
    }
    await this.site.remove();
  }
}

export class Ctr implements Engine {
  readonly runtime: Runtime;
  readonly place: Workplace;
  readonly root: string;
  private readonly site: Site;

  constructor(site: Site, runtime: Runtime) {
    this.site = site;
    this.runtime = runtime;
    this.place = site.place;
    this.root = site.path(`state-${runtime}`);
  }

  words(args: readonly string[]): [string, ...string[]] {
    return ['ctr', '--address', this.site.path('containerd.sock'), '--namespace', this.place.tag, ...args];
  }

  call(args: readonly string[], options: CallOptions = {}): Result {
    return this.site.call(this.words(args), options);
  }

  callInTerminal(args: readonly string[], input: string): Result {
    return this.site.callInTerminal(this.words(args), input);
  }

  /** `ctr run` in the foreground, and the container removed. */
  run(options: readonly string[], ...command: string[]): Result {
    return this.call(this.runWords(['--rm', ...options], this.place.id(), command));
  }

  runWords(options: readonly string[], id: string, command: readonly string[]): string[] {
    const runtime = ['--runc-binary', programOf(this.runtime), '--runc-root', this.root];
    return ['run', ...runtime, '--fifo-dir', this.site.path('fifo'), ...options, IMAGE, id, ...command];
  }

  /** The lines that a line of shell prints in a container with these options, with one space where they have several. */
  lines(options: readonly string[], line: string): string[] {
    const { stdout } = this.run(options, 'sh', '-c', line).ok();
    return stdout
      .trim()
      .split('\n')
      .map((one) => one.trim().replaceAll(/\s+/g, ' '));
  }

  /** What `ctr events` prints from here on. */
  events(): { text: () => string; end: () => Promise<void> } {
    const [program, ...args] = this.words(['events']);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
    });
    const end = async (): Promise<void> => {
      child.kill('SIGTERM');
      await ended;
    };
    return { text: () => text, end };
  }

  /** Stays in the background, its output nowhere; answers its id. */
  start(options: readonly string[], ...command: string[]): string {
    const id = this.place.id();
    this.call(this.runWords(['--detach', '--null-io', ...options], id, command)).ok();
    return id;
  }

  exec(id: string, options: readonly string[], ...command: string[]): Result {
    const words = ['--exec-id', this.place.id('exec'), '--fifo-dir', this.site.path('fifo'), ...options];
    return this.call(['task', 'exec', ...words, id, ...command]);
  }

  /** Of the line of `ctr task ls`: its pid and status. */
  task(id: string): { pid: number; status: string } | undefined {
    const line = this.call(['task', 'ls'])
      .ok()
      .lines.find((candidate) => candidate.startsWith(`${id} `));
    const [, pid, status] = line?.split(/\s+/) ?? [];
    return status === undefined ? undefined : { pid: Number(pid), status };
  }

  clear(): void {
    for (const id of this.call(['task', 'ls', '--quiet']).ok().lines.filter(Boolean)) {
      this.call(['task', 'delete', '--force', id]).ok();
    }
    for (const id of this.call(['container', 'ls', '--quiet']).ok().lines.filter(Boolean)) {
      this.call(['container', 'delete', id]).ok();
    }
  }
}
