import { Writer } from '../json/writer';
import { List, Value } from '../spec/value';
import { Planner } from './planner';

/** include/uapi/linux/capability.h; the index is the number. */
const NAMES: string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
];

export const LAST_CAPABILITY: i32 = 40;

export function capabilityNames(): string[] {
  return NAMES;
}

/** By number, lowest first. */
export function writeCapabilities(writer: Writer, key: string, bits: u64): void {
  writer.key(key);
  writer.beginArray();
  for (let number = 0; number < NAMES.length; number++) {
    if ((bits >> number) & 1) writer.string(NAMES[number]);
  }
  writer.endArray();
}

/** The bits of a set. What is unknown, or not held by whoever starts the container, is left out with a warning. */
export function capabilitySet(planner: Planner, list: List<Value<string>> | null): u64 {
  let bits: u64 = 0;
  if (!list) return bits;
  for (let index = 0; index < list.items.length; index++) {
    const name = list.items[index];
    const number = NAMES.indexOf(name.value);
    if (number < 0) {
      planner.warning(
        'OCI109',
        name.node,
        `"${name.value}" is no capability that orlop knows, ignored`,
        'man 7 capabilities has the names',
      );
      continue;
    }
    const bit: u64 = (<u64>1) << number;
    // The first process of a user namespace has them all, there.
    if (planner.user.exists || planner.holds(number)) bits |= bit;
    else {
      planner.warning(
        'OCI124',
        name.node,
        `${name.value} cannot be granted: the caller does not hold it, ignored`,
        'start with a user that has it',
      );
    }
  }
  return bits;
}
