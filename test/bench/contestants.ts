// Who is compared, and what with: the very same bundle, in state directories of their own.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
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

/** A root with nothing but busybox, and the config that "runc spec" writes, to run `true`, or `sleep`, without a terminal. */
export function makeBundle(): { directory: string; bundle: string; sleeping: string } {
  const busybox = which('busybox');
  if (busybox === undefined) throw new Error('busybox is not installed: the container needs a program to run');
  const directory = mkdtempSync(join(tmpdir(), 'orlop-bench-'));
  const bundle = join(directory, 'bundle');
  const bin = join(bundle, 'rootfs/bin');
  mkdirSync(bin, { recursive: true });
  copyFileSync(busybox, join(bin, 'busybox'));
  for (const name of ['true', 'sh', 'sleep']) symlinkSync('busybox', join(bin, name));
  if (spawnSync(join(bin, 'true')).status !== 0) throw new Error(`${busybox} does not run`);

  const spec = originalSpec(directory) as { process: object };
  const configure = (path: string, args: string[], root: string): void => {
    const config = {
      ...spec,
      process: { ...spec.process, terminal: false, args },
      root: { path: root, readonly: true },
    };
    writeFileSync(join(path, 'config.json'), JSON.stringify(config, null, 2));
  };
  configure(bundle, ['true'], 'rootfs');
  const sleeping = join(directory, 'sleeping');
  mkdirSync(sleeping);
  configure(sleeping, ['sleep', '100000'], join(bundle, 'rootfs'));
  return { directory, bundle, sleeping };
}

/** runc's own where it is installed; orlop's says the same in fewer words. */
function originalSpec(directory: string): object {
  const made = spawnSync('runc', ['spec', '--bundle', directory]);
  if (made.status !== 0) return defaultSpec();
  return JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8')) as object;
}
