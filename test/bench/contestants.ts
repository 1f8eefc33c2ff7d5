// Who is compared, and what with: the very same bundle, in state directories of their own.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultSpec } from '../../src/container/default-spec.ts';

export interface Contestant {
  name: string;
  /** With the global options: a verb follows. */
  command: string[];
}

const project = fileURLToPath(new URL('../..', import.meta.url));
export const EXECUTABLE = join(project, 'dist/orlop');
export const NODE_ENTRY = join(project, 'dist/cli/node.js');

/** The path of a program, undefined if it is not installed. */
export function which(program: string): string | undefined {
  const found = spawnSync('sh', ['-c', `command -v "$1"`, 'sh', program], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

/** Those that are there; the others are named in `missing`. The order is that of the tables. */
export function contestants(directory: string): { present: Contestant[]; missing: string[] } {
  const node = process.release.name === 'node' && !process.versions.bun ? process.execPath : which('node');
  const candidates: [name: string, file: string | undefined, command: string[]][] = [
    ['crun', which('crun'), ['crun']],
    ['runc', which('runc'), ['runc']],
    ['orlop', existsSync(EXECUTABLE) ? EXECUTABLE : undefined, [EXECUTABLE]],
    ['orlop on Node', existsSync(NODE_ENTRY) ? node : undefined, [node ?? 'node', NODE_ENTRY]],
  ];
  const present: Contestant[] = [];
  const missing: string[] = [];
  for (const [name, file, command] of candidates) {
    const root = join(directory, `state-${present.length}`);
    if (file === undefined) missing.push(name);
    else present.push({ name, command: [...command, '--root', root] });
  }
  return { present, missing };
}

export interface Bundles {
  /** Has them all. */
  directory: string;
  /** The config that "runc spec" writes, to run `true` without a terminal. */
  bundle: string;
  /** The same with Docker's default seccomp profile and a user namespace. */
  confined: string;
  /** To run `sleep`. */
  sleeping: string;
}

/** With a root that has nothing but busybox. */
export function makeBundles(): Bundles {
  const busybox = which('busybox');
  if (busybox === undefined) throw new Error('busybox is not installed: the container needs a program to run');
  const directory = mkdtempSync(join(tmpdir(), 'orlop-bench-'));
  chmodSync(directory, 0o711); // for the root of the user namespace, who is somebody else here
  const bundle = join(directory, 'bundle');
  const bin = join(bundle, 'rootfs/bin');
  mkdirSync(bin, { recursive: true });
  copyFileSync(busybox, join(bin, 'busybox'));
  for (const name of ['true', 'sh', 'sleep']) symlinkSync('busybox', join(bin, name));
  if (spawnSync(join(bin, 'true')).status !== 0) throw new Error(`${busybox} does not run`);

  const spec = originalSpec(directory) as Spec;
  const configure = (name: string, args: string[], linux: Spec['linux']): string => {
    const config = {
      ...spec,
      process: { ...spec.process, terminal: false, args },
      root: { path: join(bundle, 'rootfs'), readonly: true },
      linux,
    };
    mkdirSync(join(directory, name), { recursive: true });
    writeFileSync(join(directory, name, 'config.json'), JSON.stringify(config, null, 2));
    return join(directory, name);
  };
  return {
    directory,
    bundle: configure('bundle', ['true'], spec.linux),
    confined: configure('confined', ['true'], confinedLinux(spec)),
    sleeping: configure('sleeping', ['sleep', '100000'], spec.linux),
  };
}

interface Spec {
  process: object;
  linux: { namespaces: { type: string }[] };
}

function confinedLinux({ linux }: Spec): Spec['linux'] {
  const docker = readFileSync(new URL('../../fixtures/configs/docker.json', import.meta.url), 'utf8');
  const { seccomp } = (JSON.parse(docker) as { linux: { seccomp: object } }).linux;
  const ids = [{ containerID: 0, hostID: 100000, size: 65536 }];
  const parts = { seccomp, uidMappings: ids, gidMappings: ids };
  return { ...linux, ...parts, namespaces: [...linux.namespaces, { type: 'user' }] };
}

/** runc's own where it is installed; orlop's says the same in fewer words. */
function originalSpec(directory: string): object {
  const made = spawnSync('runc', ['spec', '--bundle', directory]);
  if (made.status !== 0) return defaultSpec();
  return JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8')) as object;
}
