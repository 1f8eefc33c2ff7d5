// What orlop remembers of a container: a directory of its own under --root, for root /run/orlop.
//
//   ID/state.json    this file's State; written whole and renamed into place
//   ID/config.json   the config as it was at create: what is changed in the bundle later has no effect
//   ID/lock          flock(2): one command at a time changes a container
//   ID/start         FIFO, there while the container waits for start
//   ID/exec          FIFO: ends when execve has succeeded, or tells why not
//   ID/notify/       bound into the container when it has a supervisor to tell: the socket notify.sock, from start on
//   ~N               a container that is being removed, or whose delete was killed at that; no id begins so

import {
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { finish, OrlopError } from '../error.ts';
import { close, flock, LOCK_EX, LOCK_UN, mkfifo } from '../linux/file.ts';
import { fileError, naming } from '../linux/file-error.ts';
import type { HookStep, Request } from '../spec/types.ts';
import type { RdtState } from './intel-rdt.ts';
import type { UnitState } from './systemd.ts';

export interface CgroupState {
  /** The container's directory in each hierarchy. */
  directories: string[];
  /** All that were made for it, parents first: what is removed again. */
  made: string[];
  /** The unit that systemd has made for it, with the directories. */
  unit?: UnitState;
  /** One that systemd was asked for, and the directories that come with it. Whose it is, is not known before the answer. */
  asked?: UnitState & { directories: string[] };
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

/** The length is that of a file name. */
function isId(name: string): boolean {
  return /^[A-Za-z0-9_+.-]{1,255}$/.test(name) && name !== '.' && name !== '..';
}

/** runtime-spec runtime.md: unique per host; as strict as runc, since it becomes a file name. */
export function checkId(id: string): void {
  if (isId(id)) return;
  throw new OrlopError('container/invalid-id', `"${id}" is not a container id`, {
    hint: 'an id has letters, digits and _ + - . only, 255 at most',
  });
}

const code = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
const ROOT = '--root';

export class Store {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Makes the directory of a new container, locked. The id is taken from here on. */
  create(id: string): Entry {
    checkId(id);
    makeDirectory(this.root);
    const directory = join(this.root, id);
    try {
      naming(directory, ROOT, () => mkdirSync(directory, { mode: 0o711 }));
    } catch (error) {
      if (!(error instanceof OrlopError) || code(error.cause) !== 'EEXIST') throw error;
      throw new OrlopError('container/exists', `container with id ${id} already exists: ${error.message}`, {
        hint: `remove it with "orlop delete ${id}", or choose another id`,
      });
    }
    try {
      return new Entry(id, directory, true);
    } catch (error) {
      if (error instanceof OrlopError && error.code === 'container/missing') throw error;
      // Not all that is there: others may have taken the id meanwhile.
      finish(
        error,
        () => rmSync(join(directory, 'lock'), { force: true }),
        () => rmdirSync(directory),
      );
      throw error;
    }
  }

  /** An existing container. With a lock nobody else changes it until the entry is closed. */
  open(id: string, isLocked = true): Entry {
    checkId(id);
    return new Entry(id, join(this.root, id), isLocked);
  }

  list(): string[] {
    return this.names().filter(isId).sort();
  }

  /** Finishes what killed deletes have begun. Others may be at it too. */
  sweep(): void {
    for (const name of this.names()) if (name.startsWith('~')) removeTree(join(this.root, name));
  }

  private names(): string[] {
    return naming(this.root, ROOT, () => {
      try {
        return readdirSync(this.root);
      } catch (error) {
        if (code(error) === 'ENOENT') return [];
        throw error;
      }
    });
  }
}

/**
 * mkdirSync's own recursion never ends on Node where a parent refuses, such as /proc. XDG Base Directory Specification:
 * what is sticky in XDG_RUNTIME_DIR is not tidied up.
 */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectory(dirname(directory));
  naming(directory, ROOT, () => {
    try {
      mkdirSync(directory, { mode: 0o1711 });
    } catch (error) {
      if (code(error) !== 'EEXIST') throw error;
    }
  });
}

function removeTree(directory: string): void {
  naming(directory, ROOT, () => rmSync(directory, { recursive: true, force: true }));
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function parse(text: string, file: string): State {
  let state: State | null;
  try {
    state = JSON.parse(text) as State | null;
  } catch (cause) {
    const hint = `it is damaged: end the processes of the container, remove its cgroups, then "rm -r ${dirname(file)}"`;
    throw new OrlopError('container/wrong-state', `${file} is no JSON: ${(cause as Error).message}`, { hint, cause });
  }
  if (state?.version === 1) return state;
  throw new OrlopError('container/wrong-state', `${file} has version ${state?.version}, not 1`, {
    hint: 'another version of orlop made this container: use that one to delete it',
  });
}

/** One container's directory. It may vanish at any time, unless it is locked. */
export class Entry {
  readonly id: string;
  readonly directory: string;
  private fd: number | undefined;
  private isLocked = false;
  private written = '';

  /** Throws `container/missing` for a lock on what is not there, or is deleted while we wait for it. */
  constructor(id: string, directory: string, isLocked: boolean) {
    this.id = id;
    this.directory = directory;
    if (!isLocked) return;
    const file = join(directory, 'lock');
    try {
      this.fd = openSync(file, constants.O_RDONLY | constants.O_CREAT, 0o600);
    } catch (error) {
      if (code(error) === 'ENOENT') throw this.missing();
      throw fileError(error, file, ROOT);
    }
    try {
      if (this.lock()) return;
    } catch (error) {
      this.close();
      throw error;
    }
    this.close();
    throw this.missing();
  }

  /** Waits for others that change the container; false if it has been deleted meanwhile. */
  lock(): boolean {
    if (this.fd === undefined) throw new OrlopError('core/crash', `container "${this.id}" is not open for changes`);
    if (!this.isLocked) flock(this.fd, LOCK_EX);
    this.isLocked = true;
    // Whoever held it before us may have removed the directory, and somebody else may have made a new one since.
    const [ours, theirs] = [fstatSync(this.fd), statOf(join(this.directory, 'lock'))];
    return ours.ino === theirs?.ino && ours.dev === theirs.dev;
  }

  /** Others may change it until lock() is called again. */
  unlock(): void {
    if (this.fd === undefined || !this.isLocked) return;
    flock(this.fd, LOCK_UN);
    this.isLocked = false;
    this.written = '';
  }

  file(name: 'state.json' | 'config.json' | 'start' | 'exec' | 'notify'): string {
    return join(this.directory, name);
  }

  /** undefined when create was killed before it had written anything. */
  read(): State | undefined {
    const file = this.file('state.json');
    const text = this.readFile(file);
    return text === undefined ? undefined : parse(text.toString('utf8'), file);
  }

  /** The config as it was at create. */
  readConfig(): Buffer {
    const config = this.readFile(this.file('config.json'));
    if (config === undefined) throw this.missing();
    return config;
  }

  /** Under the lock, so that what we have written last is what is there. */
  write(state: State): void {
    const text = JSON.stringify(state);
    if (text === this.written) return;
    const file = this.file('state.json');
    this.writeFile(`${file}.new`, text);
    naming(file, ROOT, () => renameSync(`${file}.new`, file));
    this.written = text;
  }

  writeConfig(config: Uint8Array): void {
    this.writeFile(this.file('config.json'), config);
  }

  makeFifos(): void {
    for (const file of [this.file('start'), this.file('exec')]) naming(file, ROOT, () => mkfifo(file, 0o600));
  }

  /** Under the lock. For others the whole of it is gone at once: they never see a part of it. */
  remove(): void {
    const aside = naming(this.directory, ROOT, () => {
      const name = join(dirname(this.directory), `~${statSync(this.directory).ino}`);
      renameSync(this.directory, name);
      return name;
    });
    removeTree(aside);
  }

  close(): void {
    if (this.fd === undefined) return;
    close(this.fd);
    this.fd = undefined;
    this.isLocked = false;
  }

  private readFile(file: string): Buffer | undefined {
    try {
      return readFileSync(file);
    } catch (error) {
      if (code(error) !== 'ENOENT') throw fileError(error, file, ROOT);
      if (statOf(this.directory)) return undefined;
      throw this.missing();
    }
  }

  private writeFile(file: string, content: string | Uint8Array): void {
    naming(file, ROOT, () => writeFileSync(file, content, { mode: 0o600 }));
  }

  private missing(): OrlopError {
    return new OrlopError('container/missing', `container "${this.id}" does not exist`, {
      hint: `"orlop list" shows the containers under ${dirname(this.directory)}; --root names another place`,
    });
  }
}
