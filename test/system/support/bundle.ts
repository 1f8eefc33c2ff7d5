// Bundles to run: a root filesystem of busybox, and the config of `orlop spec` with what a test changes in it.

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultSpec } from '../../../src/container/default-spec.ts';

const BUSYBOX = '/usr/bin/busybox';

export interface Mount {
  destination: string;
  type?: string;
  source?: string;
  options?: string[];
}

/** The parts of a config that tests reach into; whatever else they add is theirs. */
export interface Config {
  ociVersion: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests put in what no schema allows
  [field: string]: any;
  process: {
    terminal: boolean;
    user: { uid: number; gid: number; umask?: number; additionalGids?: number[] };
    args: string[];
    env: string[];
    cwd: string;
    // biome-ignore lint/suspicious/noExplicitAny: as above
    [field: string]: any;
  };
  root: { path: string; readonly: boolean };
  mounts: Mount[];
  // biome-ignore lint/suspicious/noExplicitAny: as above
  linux: { namespaces: { type: string; path?: string }[]; [field: string]: any };
}

export type Patch = (config: Config) => void;

/** Runs a line of shell in the container. */
export function shell(line: string): Patch {
  return (config) => {
    config.process.args = ['/bin/sh', '-c', line];
  };
}

export class Bundle {
  readonly directory: string;
  readonly rootfs: string;

  constructor(directory: string) {
    this.directory = directory;
    this.rootfs = join(directory, 'rootfs');
  }

  get config(): string {
    return join(this.directory, 'config.json');
  }

  /** Writes config.json: the default, then every patch in turn. Two spaces, so that lines can be found. */
  configure(...patches: Patch[]): this {
    const config = structuredClone(defaultSpec()) as Config;
    config.process.terminal = false;
    config.process.args = ['/bin/true'];
    config.root.readonly = false;
    for (const patch of patches) patch(config);
    writeFileSync(this.config, JSON.stringify(config, null, 2));
    return this;
  }

  write(path: string, text: string, mode = 0o644): this {
    writeFileSync(join(this.rootfs, path), text, { mode });
    return this;
  }
}

/** The directory of a test file: bundles, state and output are below it, and its name is in every id. */
export class Workplace {
  readonly tag: string;
  private readonly name: string;
  private made: string | undefined;
  private count = 0;
  private applets: string[] | undefined;

  constructor(name: string) {
    if (process.geteuid?.() !== 0) throw new Error('the system tests make real containers: run them as root');
    if (!existsSync(BUSYBOX)) throw new Error(`${BUSYBOX} is missing: apt-get install busybox-static`);
    this.name = name;
    this.tag = `orlop-test-${process.pid}-${name}`;
  }

  /** Made when it is first asked for: where all tests of a file are skipped no hook of it runs, which would remove it. */
  get directory(): string {
    if (this.made === undefined) {
      this.made = mkdtempSync(join(tmpdir(), `orlop-test-${this.name}-`));
      copyFileSync(BUSYBOX, join(this.made, 'busybox'));
    }
    return this.made;
  }

  /** A container id that nobody else has. */
  id(name = 'c'): string {
    return `${this.tag}-${name}-${++this.count}`;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  bundle(...patches: Patch[]): Bundle {
    const bundle = new Bundle(join(this.directory, `bundle-${++this.count}`));
    for (const path of ['bin', 'dev', 'proc', 'sys', 'tmp', 'etc', 'root', 'usr/bin']) {
      mkdirSync(join(bundle.rootfs, path), { recursive: true });
    }
    linkSync(join(this.directory, 'busybox'), join(bundle.rootfs, 'bin/busybox'));
    this.applets ??= spawnSync(BUSYBOX, ['--list'], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
    for (const applet of this.applets) {
      if (applet !== 'busybox') symlinkSync('busybox', join(bundle.rootfs, 'bin', applet));
    }
    return bundle.configure(...patches);
  }

  remove(): void {
    if (this.made !== undefined) rmSync(this.made, { recursive: true, force: true });
  }
}
