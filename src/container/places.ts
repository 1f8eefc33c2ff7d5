import { fstatSync } from 'node:fs';
import { OrlopError } from '../error.ts';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH } from '../linux/constants.ts';
import { errnoName, errnoText } from '../linux/errno.ts';
import { close, openat2, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, readLink } from '../linux/file.ts';
import { isErrno, SyscallError } from '../linux/libc.ts';
import type { Compiled } from './compiler.ts';

/** A place in the container that the image could not make: assembly/image/lower-place.ts. */
interface Question {
  kind: 'directory' | 'file';
  step: number;
  index: number;
  path: string;
}

/** A thing to make: what kind, its name, and the path of its parent, which has no link in it. */
interface Missing {
  kind: number;
  name: string;
  parent: string;
}

// Numbers and layout of assembly/image/lower-place.ts and layout.ts.
const ALL = 0;
const DIRECTORY = 1;
const FILE = 2;
const INDEX = 8;
const NAME = 16;
const PARENT = 272;
const SIZE = 1296;

const ELOOP = 40; // <asm-generic/errno.h>

/** man 7 path_resolution: the kernel's own limit. */
const LINKS_MAX = 40;

/**
 * Finds what a dangling link of the root filesystem leads to, within the root, and tells the image what to make for it.
 * The image makes it itself, below the same root: whatever changes meanwhile, nothing outside is reached, and what is
 * made belongs to the container's root.
 */
export class Places {
  private readonly compiled: Pick<Compiled, 'document'>;
  private question: Question | undefined;
  private readonly asked = new Set<number>();

  constructor(compiled: Pick<Compiled, 'document'>) {
    this.compiled = compiled;
  }

  ask(question: Question): void {
    this.question = question;
  }

  /** The records of an answer. `errno` is what the image has come to when it made the last place. */
  find(errno: number, root: number | undefined): Uint8Array[] {
    const { question } = this;
    if (question === undefined || root === undefined) {
      throw new OrlopError('core/crash', 'the launch image asked for a place without saying which');
    }
    try {
      if (this.asked.has(question.index))
        throw this.refusal(question, errno === 0 ? 'what was made there has gone again' : text(errno));
      this.asked.add(question.index);
      const missing = missingOf(root, question.path, question.kind === 'directory');
      if (missing === undefined) throw this.refusal(question, text(ELOOP));
      const last = { kind: ALL, name: '', parent: '' };
      return [...missing, last].map((one) => record(one, question.index));
    } catch (error) {
      throw error instanceof SyscallError ? this.refusal(question, error.message) : error;
    } finally {
      close(root);
    }
  }

  private refusal({ step, path }: Question, why: string): OrlopError {
    return new OrlopError('launch/failed', `${path} cannot be made in the root filesystem: ${why}`, {
      ...this.compiled.document.place(step),
      hint: 'a symbolic link on the way leads to what is not there: make it in the image, or mount something where it leads',
    });
  }
}

const text = (errno: number): string => `${errnoName(errno)} (${errnoText(errno)})`;

function record({ kind, name, parent }: Missing, index: number): Uint8Array {
  const bytes = Buffer.alloc(SIZE);
  bytes.writeUInt32LE(kind, 0);
  bytes.writeUInt32LE(index, INDEX);
  bytes.write(name, NAME);
  bytes.write(parent, PARENT);
  return bytes;
}

/** Undefined where the kernel would not go either: a loop, or a name too long. */
function missingOf(root: number, path: string, isDirectory: boolean): Missing[] | undefined {
  const missing: Missing[] = [];
  const names = path.split('/');
  let links = 0;
  let at: string[] = [];
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at.pop();
      continue;
    }
    const link = missing.length > 0 ? 'missing' : look(root, at, name);
    if (link === 'there') at.push(name);
    else if (link === 'missing') {
      const isLast = names.every((rest) => rest === '' || rest === '.');
      const parent = at.join('/') || '.';
      if (Buffer.byteLength(name) > 255 || Buffer.byteLength(parent) >= SIZE - PARENT) return undefined;
      missing.push({ kind: isLast && !isDirectory ? FILE : DIRECTORY, name, parent });
      at.push(name);
    } else {
      if (++links > LINKS_MAX) return undefined;
      if (link.target.startsWith('/')) at = [];
      names.unshift(...link.target.split('/'));
    }
  }
  return missing;
}

/** What stands in a directory of the root by a name: something, nothing, or a link to follow. */
function look(root: number, at: string[], name: string): 'there' | 'missing' | { target: string } {
  const resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const parent = openat2(root, at.join('/') || '.', O_PATH | O_DIRECTORY, resolve);
  try {
    const fd = openat2(parent, name, O_PATH | O_NOFOLLOW, resolve);
    try {
      // Read by fd: by the name, something else may stand there by now.
      return fstatSync(fd).isSymbolicLink() ? { target: readLink(fd) } : 'there';
    } finally {
      close(fd);
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'missing';
    throw error;
  } finally {
    close(parent);
  }
}
