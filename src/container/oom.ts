// Being told that a container has run out of memory.

import { closeSync, existsSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventfd, takeCount } from '../linux/eventfd.ts';
import { POLLIN, POLLPRI } from '../linux/poll.ts';
import { hasFile, isAbsent } from './cgroup-files.ts';
import type { CgroupState } from './store.ts';

export interface OomNotifier {
  /** To poll for `events`: then happened() may have news, and has to be asked. */
  fd: number;
  events: number;
  /** Whether it happened since the last time. undefined: the cgroup is gone, and poll may say so for ever. */
  happened(): boolean | undefined;
  close(): void;
}

/** undefined for a container without the memory controller. */
export function notifyOom({ directories }: CgroupState): OomNotifier | undefined {
  const old = directories.find((directory) => hasFile(directory, 'memory.oom_control'));
  if (old !== undefined) return notifyV1(old);
  const unified = directories.find((directory) => hasFile(directory, 'memory.events'));
  return unified === undefined ? undefined : notifyV2(unified);
}

/** Documentation/admin-guide/cgroup-v1/memory.rst, 10. OOM Control: also where the killer is off and processes wait. */
function notifyV1(directory: string): OomNotifier {
  const counter = eventfd();
  const control = openSync(join(directory, 'memory.oom_control'), 'r');
  const close = (): void => {
    closeSync(counter);
    closeSync(control);
  };
  try {
    writeFileSync(join(directory, 'cgroup.event_control'), `${counter} ${control}`, { flag: 'r+' });
  } catch (error) {
    close();
    throw error;
  }
  return {
    fd: counter,
    events: POLLIN,
    happened: () => {
      const count = takeCount(counter);
      if (existsSync(directory)) return count > 0n;
      // That the directory is removed counts too, once.
      return count > 1n ? true : undefined;
    },
    close,
  };
}

/**
 * Documentation/admin-guide/cgroup-v2.rst, memory.events. oom_kill counts what was killed in the container and below,
 * whoever's limit it was; `oom` counts the limits that were reached, and stays 0 where a parent's was.
 */
function notifyV2(directory: string): OomNotifier {
  const fd = openSync(join(directory, 'memory.events'), 'r');
  const text = Buffer.alloc(4096);
  let seen = 0;
  const news = (): boolean | undefined => {
    let length: number;
    try {
      length = readSync(fd, text, 0, text.length, 0);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
    const killed = Number(/^oom_kill (\d+)$/m.exec(text.toString('utf8', 0, length))?.[1] ?? 0);
    const isMore = killed > seen;
    seen = killed;
    return isMore;
  };
  // What has happened before is no news; and poll only tells of a file that was read.
  news();
  return { fd, events: POLLPRI, happened: news, close: () => closeSync(fd) };
}
