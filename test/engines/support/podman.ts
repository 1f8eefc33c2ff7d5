// Podman with a private store.

import { writeFileSync } from 'node:fs';
import type { Workplace } from '../../system/support/bundle.ts';
import type { Result } from '../../system/support/orlop.ts';
import type { Engine } from './check.ts';
import { IMAGE, writeImage } from './image.ts';
import { type CallOptions, found, programOf, type Runtime, Site } from './site.ts';

/** Who makes the cgroups. */
type CgroupManager = 'cgroupfs' | 'systemd';

/** Limits are named because Podman's own, of a million, are more than a CI machine's root may have. */
const CONFIG = (site: Site, manager: CgroupManager): string => `
[containers]
netns = "none"
log_driver = "k8s-file"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "${manager}"
events_logger = "none"
lock_type = "file"
tmp_dir = "${site.path('podman-tmp')}"
runtime_supports_json = ["runc", "orlop"]
runtime_supports_nocgroup = ["orlop"]
[engine.runtimes]
runc = ["${site.path('runc')}"]
orlop = ["${site.path('orlop')}"]
`;

export class PodmanSite {
  readonly site: Site;
  private readonly config: string;
  private readonly manager: CgroupManager;

  constructor(name: string, manager: CgroupManager = 'cgroupfs') {
    found('podman', 'podman');
    this.site = new Site(name);
    this.config = this.site.path('containers.conf');
    this.manager = manager;
  }

  /** Of all containers: its name has that of the test. */
  get cgroupParent(): string {
    const { tag } = this.site.place;
    return this.manager === 'systemd' ? `${tag}.slice` : `/${tag}`;
  }

  /** With the image loaded. */
  ready(): void {
    const { site } = this;
    site.mount();
    const store = `graphroot = "${site.path('storage')}"\nrunroot = "${site.path('run')}"`;
    writeFileSync(site.path('storage.conf'), `[storage]\ndriver = "overlay"\n${store}\n`);
    writeFileSync(this.config, CONFIG(site, this.manager));
    // --runtime-flag would do, if Podman's own call at a container's end passed it on.
    for (const runtime of ['runc', 'orlop'] as const) {
      const command = `exec ${programOf(runtime)} --root ${this.with(runtime).root} "$@"`;
      writeFileSync(site.path(runtime), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
    }
    const podman = this.with('runc');
    podman.call(['load', '--input', writeImage(site.place)]).ok();
    // Podman and runc leave the parents of their cgroups: from here on there is nothing new about them.
    podman.run([], 'true').ok();
    podman.clear();
  }

  with(runtime: Runtime): Podman {
    return new Podman(this.site, runtime, this.config, this.cgroupParent);
  }

  async remove(): Promise<void> {
    await this.site.remove();
  }
}

export class Podman implements Engine {
  readonly runtime: Runtime;
  readonly place: Workplace;
  readonly root: string;
  readonly ownMount: string;
  private readonly site: Site;
  private readonly config: string;
  private readonly cgroupParent: string;

  constructor(site: Site, runtime: Runtime, config: string, cgroupParent: string) {
    this.site = site;
    this.runtime = runtime;
    this.place = site.place;
    this.root = site.path(`state-${runtime}`);
    this.config = config;
    this.cgroupParent = cgroupParent;
    this.ownMount = site.path('storage/overlay');
  }

  words(args: readonly string[]): [string, ...string[]] {
    return ['podman', '--runtime', this.runtime, ...args];
  }

  private get environment(): Record<string, string> {
    return { CONTAINERS_CONF: this.config, CONTAINERS_STORAGE_CONF: this.site.path('storage.conf') };
  }

  call(args: readonly string[], options: CallOptions = {}): Result {
    return this.site.call(this.words(args), { ...options, env: { ...this.environment, ...options.env } });
  }

  callInTerminal(args: readonly string[], input: string): Result {
    const environment = Object.entries(this.environment).map(([name, value]) => `${name}=${value}`);
    return this.site.callInTerminal(['env', ...environment, ...this.words(args)], input);
  }

  /** `podman run` of the image, in the foreground. */
  run(options: readonly string[], ...command: string[]): Result {
    return this.call(this.runWords(options, command));
  }

  /** What a line of shell prints in a container with these options. */
  said(options: readonly string[], line: string): string {
    return this.run(['--rm', ...options], 'sh', '-c', line)
      .ok()
      .stdout.trim();
  }

  /** The same by lines, with one space where it has several. */
  lines(options: readonly string[], line: string): string[] {
    return this.said(options, line)
      .split('\n')
      .map((one) => one.trim().replaceAll(/\s+/g, ' '));
  }

  runWords(options: readonly string[], command: readonly string[]): string[] {
    return ['run', '--cgroup-parent', this.cgroupParent, ...options, IMAGE, ...command];
  }

  /** Stays in the background; answers the container's name. */
  start(options: readonly string[], ...command: string[]): string {
    const name = this.place.id();
    this.run(['--detach', '--name', name, ...options], ...command).ok();
    return name;
  }

  /** A line of shell in the container, in the background. */
  startShell(options: readonly string[], line: string): string {
    return this.start(options, 'sh', '-c', line);
  }

  inspect(name: string, format: string): string {
    return this.call(['inspect', name, '--format', format]).ok().stdout.trim();
  }

  pid(name: string): number {
    return Number(this.inspect(name, '{{.State.Pid}}'));
  }

  clear(): void {
    this.call(['pod', 'rm', '--all', '--force', '--time', '0']).ok();
    // Where a container has just ended another process of Podman unmounts what is its: the first may come in between.
    this.call(['rm', '--all', '--force', '--volumes', '--time', '0']);
    this.call(['rm', '--all', '--force', '--volumes', '--time', '0']).ok();
  }
}
