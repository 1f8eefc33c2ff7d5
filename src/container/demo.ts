// A container without any image: a temporary bundle, whose root shows the host's own programs, read-only.
//
//   DIR/config.json
//   DIR/rootfs/     empty directories to mount on, and the host's links such as bin → usr/bin
//   DIR/state/      --root of the one container

import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitNumber } from '../linux/process.ts';
import type { SignalQueue } from '../linux/signal-queue.ts';
import { launchModule } from '../spec/embedded.ts';
import { SpecDocument } from '../spec/module.ts';
import type { Plan } from '../spec/types.ts';
import { type Compiled, compile } from './compiler.ts';
import { create } from './create.ts';
import { defaultSpec } from './default-spec.ts';
import { remove } from './delete.ts';
import { checkPrivileges } from './privileges.ts';
import { waitFor } from './run.ts';
import { release } from './start.ts';

export interface Demo {
  /** The exit status of the command. */
  status: number;
  plan: Plan;
  namespaces: string[];
  /** Binds of the host's directories. */
  binds: string[];
  /** System calls in the launch image; not all of them are made, some are for when another fails. */
  calls: number;
  imageSize: number;
  /** Milliseconds of each part, in order. */
  times: [part: string, milliseconds: number][];
}

/** Runs `args` in a container made of the host's own files. Whatever happens, nothing of it stays. */
export async function demo(args: string[], signals?: SignalQueue): Promise<Demo> {
  checkPrivileges({});
  const directory = mkdtempSync(join(tmpdir(), 'orlop-demo-')); // 0700
  const root = new Root(join(directory, 'rootfs'));
  const launch = { root: join(directory, 'state'), id: `demo-${process.pid}`, bundle: directory };
  const times = new Times();
  try {
    root.make();
    const namespaces = supportedNamespaces();
    writeFileSync(join(directory, 'config.json'), JSON.stringify(specOf(args, root.binds, namespaces), null, 2));
    const compiled = times.measure('compile', () => compile(launch));
    const created = times.measure('create', () => create(launch, compiled));
    let status: number;
    try {
      times.measure('start', () => release(created.entry, created.state, compiled.document));
      const begin = performance.now();
      status = exitNumber(await waitFor(created, { signals }));
      times.add('run', begin);
    } finally {
      created.entry.close();
      times.measure('delete', () => remove(launch.root, launch.id, true));
    }
    return { status, namespaces, binds: root.binds, times: times.parts, ...sizeOf(compiled) };
  } finally {
    rmSync(launch.root, { recursive: true, force: true });
    rmSync(join(directory, 'config.json'), { force: true });
    root.remove();
    rmdirSync(directory);
  }
}

class Times {
  readonly parts: [string, number][] = [];

  measure<T>(part: string, act: () => T): T {
    const begin = performance.now();
    const result = act();
    this.add(part, begin);
    return result;
  }

  add(part: string, begin: number): void {
    this.parts.push([part, performance.now() - begin]);
  }
}

/** Branches are rows too, but no calls. */
function sizeOf({ document, image, request }: Compiled): Pick<Demo, 'plan' | 'calls' | 'imageSize'> {
  const calls = document.rows().filter(({ text }) => !/^(→|if )/.test(text)).length;
  return { calls, imageSize: image.length, plan: document.plan(request) };
}

/** The places of mounts. They are removed one by one: where something were still mounted, rmdir would say so. */
class Root {
  readonly binds: string[] = [];
  private readonly path: string;
  private readonly made: (() => void)[] = [];

  constructor(path: string) {
    this.path = path;
  }

  make(): void {
    this.directory('');
    for (const name of ['dev', 'proc', 'sys', 'tmp']) this.directory(name);
    for (const name of readdirSync('/').sort()) {
      if (!/^(usr|bin|sbin|etc|lib.*)$/.test(name)) continue;
      const stat = lstatSync(`/${name}`);
      if (stat.isSymbolicLink()) this.link(name, readlinkSync(`/${name}`));
      if (!stat.isDirectory()) continue;
      this.directory(name);
      this.binds.push(`/${name}`);
    }
  }

  remove(): void {
    for (const undo of this.made.reverse()) undo();
  }

  private directory(name: string): void {
    const path = join(this.path, name);
    mkdirSync(path, { mode: 0o755 });
    this.made.push(() => rmdirSync(path));
  }

  private link(name: string, target: string): void {
    const path = join(this.path, name);
    symlinkSync(target, path);
    this.made.push(() => unlinkSync(path));
  }
}

/** man 7 namespaces: their files in /proc, where the name is not that of the runtime-spec. */
const FILES: Readonly<Record<string, string>> = { network: 'net', mount: 'mnt' };

/** What orlop and this kernel both have. */
function supportedNamespaces(): string[] {
  const { namespaces } = SpecDocument.names(launchModule());
  return namespaces.filter((name) => name !== 'user' && existsSync(`/proc/self/ns/${FILES[name] ?? name}`));
}

interface Mount {
  destination: string;
  type?: string;
  source: string;
  options: string[];
}

function specOf(args: string[], binds: string[], namespaces: string[]): Record<string, unknown> {
  const spec = defaultSpec() as {
    process: Record<string, unknown>;
    linux: Record<string, unknown>;
    mounts: Mount[];
  };
  const filesystems = readFileSync('/proc/filesystems', 'utf8').split(/\s+/);
  const isMountable = ({ type = '' }: Mount): boolean =>
    filesystems.includes(type) || (type === 'cgroup' && filesystems.includes('cgroup2'));
  return {
    ...spec,
    hostname: 'orlop-demo',
    process: { ...spec.process, terminal: false, args, env: environment() },
    mounts: [
      ...binds.map((path) => ({
        destination: path,
        source: path,
        options: ['rbind', 'rprivate', 'rro', 'rnosuid', 'rnodev'],
      })),
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=1777', 'size=16m'] },
      ...spec.mounts.filter(isMountable),
    ],
    linux: {
      ...spec.linux,
      namespaces: namespaces.map((type) => ({ type })),
      ...(namespaces.includes('time') ? { timeOffsets: { boottime: { secs: -upSeconds(), nanosecs: 0 } } } : {}),
    },
  };
}

/** The container's clock of what has passed since boot starts at nought. */
function upSeconds(): number {
  return Math.floor(Number.parseFloat(readFileSync('/proc/uptime', 'utf8')));
}

function environment(): string[] {
  const { TERM = 'dumb' } = process.env;
  return ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', `TERM=${TERM}`, 'HOME=/tmp'];
}
