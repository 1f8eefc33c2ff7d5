// Statistics of a container: of its cgroups, whichever version they are, and of its network namespace.

import { readFileSync, readlinkSync } from 'node:fs';
import { OrlopError } from '../error.ts';
import { CgroupFiles, isUnified } from './cgroup-files.ts';
import type { CgroupStats, NetworkInterface, Stats } from './stats.ts';
import { readRdt } from './stats-rdt.ts';
import { readStatsV1 } from './stats-v1.ts';
import { readStatsV2 } from './stats-v2.ts';
import type { State } from './store.ts';

/** Of a container that is there; of one that goes meanwhile the numbers, or the error, mean nothing. */
export function readStats(state: State): Stats {
  return { ...readCgroups(state), intel_rdt: readRdt(state.rdt), network_interfaces: readInterfaces(state) };
}

function readCgroups(state: State): CgroupStats {
  const { directories } = state.cgroup;
  if (directories.length === 0) {
    throw new OrlopError(
      'container/wrong-state',
      `container "${state.id}" has no cgroup that would count what it uses`,
      {
        hint: 'mount cgroup2 on /sys/fs/cgroup before the container is created',
      },
    );
  }
  // On a hybrid host the controllers are in the hierarchies of version 1, and cpu.stat is in both.
  const old = directories.filter((directory) => !isUnified(directory));
  return old.length > 0 ? readStatsV1(new CgroupFiles(old)) : readStatsV2(new CgroupFiles(directories));
}

/** man 5 proc_pid_net. */
function readInterfaces({ pid }: State): NetworkInterface[] | null {
  let lines: string[];
  try {
    if (readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync('/proc/self/ns/net')) return null;
    lines = readFileSync(`/proc/${pid}/net/dev`, 'utf8').trimEnd().split('\n').slice(2);
  } catch (error) {
    // Of a process that is ending, before it is a zombie; ENXIO: the namespace is being taken down. EACCES: it waits for
    // start, and nobody may look into it but root.
    if (['ENOENT', 'ESRCH', 'EINVAL', 'ENXIO', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return null;
    throw error;
  }
  const interfaces = lines.map(parseInterface).filter(({ Name }) => Name !== 'lo');
  return interfaces.length > 0 ? interfaces : null;
}

/** `eth0: ` and 16 columns, the first 8 of them received; a name has neither a colon nor a space. */
function parseInterface(line: string): NetworkInterface {
  const [Name = '', columns = ''] = line.trim().split(/: */);
  const n = columns.split(/ +/).map(BigInt);
  const [RxBytes = 0n, RxPackets = 0n, RxErrors = 0n, RxDropped = 0n] = n;
  const [TxBytes = 0n, TxPackets = 0n, TxErrors = 0n, TxDropped = 0n] = n.slice(8);
  return { Name, RxBytes, RxPackets, RxErrors, RxDropped, TxBytes, TxPackets, TxErrors, TxDropped };
}
