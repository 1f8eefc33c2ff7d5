import { syscallId } from './syscalls';

/**
 * The calls that socketcall(2) and ipc(2) stand for on some architectures, with what these are asked for in their first
 * argument: include/uapi/linux/net.h, ipc.h. Whatever a rule says of such a call has to be said of its multiplexer too.
 */
const SOCKET_CALLS: string[] = [
  'socket',
  'bind',
  'connect',
  'listen',
  'accept',
  'getsockname',
  'getpeername',
  'socketpair',
  'send',
  'recv',
  'sendto',
  'recvfrom',
  'shutdown',
  'setsockopt',
  'getsockopt',
  'sendmsg',
  'recvmsg',
  'accept4',
  'recvmmsg',
  'sendmmsg',
];
const IPC_CALLS: string[] = [
  'semop',
  'semget',
  'semctl',
  'semtimedop',
  'msgsnd',
  'msgrcv',
  'msgget',
  'msgctl',
  'shmat',
  'shmdt',
  'shmget',
  'shmctl',
];
const IPC_NUMBERS: i32[] = [1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24];

export class Multiplexed {
  constructor(
    /** The id of socketcall or ipc. */
    public multiplexer: i32,
    public argument: i32,
  ) {}
}

let byId: Map<i32, Multiplexed> | null = null;

/** null for a call that has always been one of its own. */
export function multiplexedOf(id: i32): Multiplexed | null {
  let known = byId;
  if (!known) {
    byId = known = new Map<i32, Multiplexed>();
    const socketcall = syscallId('socketcall');
    for (let index = 0; index < SOCKET_CALLS.length; index++)
      known.set(syscallId(SOCKET_CALLS[index]), new Multiplexed(socketcall, index + 1));
    const ipc = syscallId('ipc');
    for (let index = 0; index < IPC_CALLS.length; index++)
      known.set(syscallId(IPC_CALLS[index]), new Multiplexed(ipc, IPC_NUMBERS[index]));
  }
  return known.has(id) ? known.get(id) : null;
}
