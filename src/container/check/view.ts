// Paths of the container before it is there: in its root filesystem and what is bound into it, followed as the container
// would. What will be in a filesystem that is mounted anew, nobody can tell.

import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';

export interface Covering {
  destination: string;
  /** The file or directory of the host; absent for a new filesystem. */
  source?: string;
}

export type Found =
  | { kind: 'found'; host: string; path: string; stat: Stats }
  /** `parent` is the last directory of the host that is there. */
  | { kind: 'missing'; element: string; code: string; parent: string }
  | { kind: 'unknown'; mount: string };

const LINKS_MAX = 40;

export class View {
  /** In the order of mounting, the root first. */
  private readonly mounts: Covering[];

  constructor(mounts: Covering[]) {
    this.mounts = [...mounts];
  }

  add(mount: Covering): void {
    this.mounts.push(mount);
  }

  resolve(path: string): Found {
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    let at = '/';
    let links = 0;
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      if (name === '..') {
        at = join(at, '..');
        continue;
      }
      const parent = this.hostOf(at);
      const next = join(at, name);
      const host = this.hostOf(next);
      if (host === undefined || parent === undefined) return { kind: 'unknown', mount: this.mountOf(next).destination };
      let stat: Stats;
      try {
        stat = lstatSync(host);
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        // A mount further on makes the directories that lead to it.
        if (this.leadsToMount(next)) {
          at = next;
          continue;
        }
        return { kind: 'missing', element: next, code, parent };
      }
      if (stat.isSymbolicLink()) {
        if (++links > LINKS_MAX) return { kind: 'missing', element: next, code: 'ELOOP', parent };
        const target = readlinkSync(host);
        if (target.startsWith('/')) at = '/';
        names.unshift(...target.split('/').filter((one) => one !== '' && one !== '.'));
        continue;
      }
      if (names.length > 0 && !stat.isDirectory()) return { kind: 'missing', element: next, code: 'ENOTDIR', parent };
      at = next;
    }
    const host = this.hostOf(at);
    if (host === undefined) return { kind: 'unknown', mount: this.mountOf(at).destination };
    try {
      return { kind: 'found', host, path: at, stat: lstatSync(host) };
    } catch (error) {
      return { kind: 'missing', element: at, code: (error as NodeJS.ErrnoException).code ?? '', parent: host };
    }
  }

  private mountOf(path: string): Covering {
    return this.mounts.findLast(({ destination }) => isAt(path, destination)) as Covering;
  }

  private hostOf(path: string): string | undefined {
    const { destination, source } = this.mountOf(path);
    return source === undefined ? undefined : join(source, path.slice(destination === '/' ? 1 : destination.length));
  }

  private leadsToMount(path: string): boolean {
    return this.mounts.some(({ destination }) => destination !== path && isAt(destination, path));
  }
}

function isAt(path: string, destination: string): boolean {
  return destination === '/' || path === destination || path.startsWith(`${destination}/`);
}
