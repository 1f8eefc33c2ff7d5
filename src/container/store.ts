// What orlop remembers of a container: a directory of its own under --root, for root /run/orlop.
//
//   ID/state.json    this file's State; written whole and renamed into place
//   ID/config.json   the config as it was at create: what is changed in the bundle later has no effect
//   ID/lock          flock(2): one command at a time changes a container
//   ID/start         FIFO, there while the container waits for start
//   ID/exec          FIFO: ends when execve has succeeded, or tells why not
//   ID/notify/       bound into the container when it has a supervisor to tell: the socket notify.sock, from start on

import { mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrlopError } from '../error.ts';
import { close, flock, LOCK_EX } from '../linux/file.ts';
import type { HookStep, Request } from '../spec/types.ts';
import type { RdtState } from './intel-rdt.ts';

export interface CgroupState {
  /** The container's directory in each hierarchy. */
  directories: string[];
  /** All that were made for it, parents first: what is removed again. */
  made: string[];
}

export interface State {
  version: 1;
  id: string;
  ociVersion: string;
  bundle: string;
  rootfs: string;
  /** When create began, RFC 3339. */
  created: string;
  owner: string;
  annotations: Record<string, string>;
  cgroup: CgroupState;
  /** linux.intelRdt */
  rdt?: RdtState;
  /** The launch as it was asked for, to explain what fails at start. */
  request: Request;
  home: string;
  /** Those that are to run after create, as they were then. */
  hooks?: HookStep[];
  /** The container's first process; absent while it is not made yet. */
  pid?: number;
  /** Field 22 of /proc/PID/stat, which tells the process from a later one of the same pid. */
  startTime?: string;
  /** create has done all of its work. */
  isCreated?: boolean;
}

/** runtime-spec runtime.md: unique per host; as strict as runc, since it becomes a file name. */
export function checkId(id: string): void {
  if (/^[A-Za-z0-9_+.-]{1,1024}$/.test(id) && id !== '.' && id !== '..') return;
  throw new OrlopError('container/invalid-id', `"${id}" is not a container id`, {
    hint: 'an id has letters, digits and _ + - . only',
  });
}

export class Store {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Makes the directory of a new container, locked. The id is taken from here on. */
  create(id: string): Entry {
    checkId(id);
    mkdirSync(this.root, { recursive: true, mode: 0o711 });
    const directory = join(this.root, id);
    try {
      mkdirSync(directory, { mode: 0o711 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw new OrlopError(
        'container/exists',
        `container with id ${id} already exists: mkdir("${directory}") failed: EEXIST`,
        {
          hint: `remove it with "orlop delete ${id}", or choose another id`,
        },
      );
    }
    return new Entry(id, directory, true);
  }

  /** An existing container. With a lock nobody else changes it until the entry is closed. */
  open(id: string, isLocked = true): Entry {
    checkId(id);
    const directory = join(this.root, id);
    try {
      statSync(directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw missing(id, this.root);
    }
    return new Entry(id, directory, isLocked);
  }

  has(id: string): boolean {
    checkId(id);
    try {
      statSync(join(this.root, id));
      return true;
    } catch {
      return false;
    }
  }

  list(): string[] {
    try {
      return readdirSync(this.root).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}

function missing(id: string, root: string): OrlopError {
  return new OrlopError('container/missing', `container "${id}" does not exist`, {
    hint: `"orlop list" shows the containers under ${root}; --root names another place`,
  });
}

export class Entry {
  readonly id: string;
  readonly directory: string;
  private lock: number | undefined;

  constructor(id: string, directory: string, isLocked: boolean) {
    this.id = id;
    this.directory = directory;
    if (!isLocked) return;
    try {
      this.lock = openSync(join(directory, 'lock'), 'a', 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw missing(id, join(directory, '..'));
      throw error;
    }
    flock(this.lock, LOCK_EX);
  }

  file(name: 'state.json' | 'config.json' | 'start' | 'exec' | 'notify'): string {
    return join(this.directory, name);
  }

  /** undefined when create was killed before it had written anything. */
  read(): State | undefined {
    let text: string;
    try {
      text = readFileSync(this.file('state.json'), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const state = JSON.parse(text) as State;
    if (state.version === 1) return state;
    throw new OrlopError('container/wrong-state', `${this.file('state.json')} has version ${state.version}, not 1`, {
      hint: 'another version of orlop made this container: use that one to delete it',
    });
  }

  write(state: State): void {
    const temporary = `${this.file('state.json')}.new`;
    writeFileSync(temporary, JSON.stringify(state), { mode: 0o600 });
    renameSync(temporary, this.file('state.json'));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  close(): void {
    if (this.lock === undefined) return;
    close(this.lock);
    this.lock = undefined;
  }
}
