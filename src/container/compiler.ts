// From a bundle to a launch image: reads what the compiler must not look up, and asks it.

import { existsSync, fstatSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OrlopError } from '../error.ts';
import { O_DIRECTORY, O_PATH, O_RDONLY } from '../linux/constants.ts';
import { type Facts, gatherFacts } from '../linux/facts.ts';
import { close, openat2, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, read } from '../linux/file.ts';
import { reasonOf } from '../linux/file-error.ts';
import { isErrno } from '../linux/libc.ts';
import { launchModule } from '../spec/embedded.ts';
import { SpecDocument } from '../spec/module.ts';
import type { CgroupManager, Diagnostic, HostPlan, Request, RootStep, SystemdFacts } from '../spec/types.ts';
import { accessibleCgroups, type Rootless } from './cgroup-access.ts';

export interface LaunchRequest {
  id: string;
  bundle: string;
  noPivot?: boolean | undefined;
  preserveFds?: number | undefined;
  ignoreUnsupported?: boolean | undefined;
  noNewKeyring?: boolean | undefined;
  cgroupManager?: CgroupManager | undefined;
  /** NAME=VALUE each, for the container's process. */
  environment?: string[] | undefined;
  /** Of another host than this, for whoever knows better: gathered where left out. */
  facts?: Facts | undefined;
  rootless?: Rootless | undefined;
  /** The directory that will have the container's notify.sock. */
  notify?: string | undefined;
}

export interface Compiled {
  document: SpecDocument;
  /** The bytes of config.json. */
  config: Buffer;
  request: Request;
  plan: HostPlan;
  image: Uint8Array;
  rootfs: string;
  /** What HOME is, where config.json does not say; '' if it does. */
  home: string;
}

export function readConfig(bundle: string): Buffer {
  const file = join(bundle, 'config.json');
  try {
    return readFileSync(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new OrlopError('spec/invalid', `open("${file}") failed: ${code}`, {
      path: '',
      hint:
        code === 'ENOENT'
          ? existsSync(bundle)
            ? '"orlop spec" writes a config.json to start from'
            : `the bundle ${bundle} does not exist: --bundle names its directory`
          : reasonOf(code),
      cause,
    });
  }
}

/** Compiles the bundle of a launch. Throws `spec/invalid` with every finding. */
export function compile(launch: LaunchRequest, systemd?: SystemdFacts): Compiled {
  const bundle = resolve(launch.bundle);
  const config = readConfig(bundle);
  const request = requestOf({ ...launch, bundle }, systemd);
  const document = new SpecDocument(launchModule(), config);
  const plan = document.prepare(request);
  const rootfs = checkRootfs(document, plan);
  const home = plan.home === undefined ? '' : homeOf(rootfs, plan.home);
  return { document, config, request, plan, rootfs, home, image: document.image(home) };
}

/** What is asked for, and what the compiler has to know of this host. The bundle is absolute. */
export function requestOf(launch: LaunchRequest, systemd?: SystemdFacts): Request {
  const facts = launch.facts ?? gatherFacts();
  const cgroup = accessibleCgroups(facts, launch.rootless, launch.cgroupManager);
  return {
    version: 1,
    id: launch.id,
    bundle: launch.bundle,
    noPivot: launch.noPivot === true,
    preserveFds: launch.preserveFds ?? 0,
    ignoreUnsupported: launch.ignoreUnsupported === true,
    noNewKeyring: launch.noNewKeyring === true,
    environment: launch.environment ?? [],
    ...(launch.notify === undefined ? {} : { notify: launch.notify }),
    ...(launch.cgroupManager === undefined ? {} : { cgroupManager: launch.cgroupManager }),
    facts: { ...facts, cgroup, ...(systemd === undefined ? {} : { systemd }) },
  };
}

/** Before anything is made: the most common mistake has the clearest answer. */
function checkRootfs(document: SpecDocument, plan: HostPlan): string {
  const { step, directory } = plan.steps.find((candidate) => candidate.verb === 'root') as RootStep;
  const failed = (what: string, cause?: unknown): OrlopError =>
    new OrlopError('spec/invalid', `invalid rootfs: stat("${directory}") ${what}`, {
      ...document.place(step),
      hint: 'root.path is the directory of the root filesystem, absolute or relative to the bundle',
      cause,
    });
  let isDirectory: boolean;
  try {
    isDirectory = statSync(directory).isDirectory();
  } catch (cause) {
    throw failed(`failed: ${(cause as NodeJS.ErrnoException).code}`, cause);
  }
  if (!isDirectory) throw failed('says it is no directory');
  return directory;
}

/** Of /etc/passwd no more is read; who has that many users names HOME in process.env. */
const PASSWD_MAX = 65536;

/** Where the user is at home by the container's own /etc/passwd; / without an entry, as under runc. */
export function homeOf(rootfs: string, uid: number): string {
  // Only a first look, for roots that have none: what is read is opened inside the root.
  if (lstatSync(join(rootfs, 'etc/passwd'), { throwIfNoEntry: false }) === undefined) return '/';
  const root = openat2(-100, rootfs, O_PATH | O_DIRECTORY, 0);
  try {
    const fd = openat2(root, 'etc/passwd', O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    try {
      // A FIFO in its place would make us wait, and opening a device may already do something.
      if (!fstatSync(fd).isFile()) return '/';
      return homeIn(readStart(`/proc/self/fd/${fd}`), uid);
    } finally {
      close(fd);
    }
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'EACCES')) throw error;
  } finally {
    close(root);
  }
  return '/';
}

function readStart(path: string): string {
  const fd = openat2(-100, path, O_RDONLY, 0);
  try {
    return read(fd, PASSWD_MAX).toString('utf8');
  } finally {
    close(fd);
  }
}

/** man 5 passwd */
function homeIn(passwd: string, uid: number): string {
  for (const entry of passwd.split('\n')) {
    const fields = entry.split(':');
    if (fields[2] === String(uid) && fields[5]?.startsWith('/')) return fields[5];
  }
  return '/';
}

export function warningsOf(plan: HostPlan): Diagnostic[] {
  return plan.diagnostics.filter((diagnostic) => diagnostic.severity === 'warning');
}
