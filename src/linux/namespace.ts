// man 2 ioctl_ns

import { closeSync, constants, openSync } from 'node:fs';
import { declare, invoke } from './libc.ts';

const ioctl_ = declare<(fd: number, request: number) => number>('int ioctl(int, unsigned long)');

const NS_GET_NSTYPE = 0xb703; // <linux/nsfs.h>

/** <linux/sched.h> */
const TYPES: Readonly<Record<number, string>> = {
  268435456: 'user',
  536870912: 'pid',
  1073741824: 'network',
  134217728: 'ipc',
  67108864: 'uts',
  33554432: 'cgroup',
  128: 'time',
  131072: 'mount',
};

/** Of the namespace that a file stands for; ENOTTY if it stands for none. */
export function namespaceType(file: string): string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const flag = invoke('ioctl', [fd, { text: 'NS_GET_NSTYPE' }], () => ioctl_(fd, NS_GET_NSTYPE));
    return TYPES[flag] ?? String(flag);
  } finally {
    closeSync(fd);
  }
}
