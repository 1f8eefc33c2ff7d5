import { generation } from '../json/arena';
import { NAME_COUNT } from './syscall-tables';
import { syscallId } from './syscalls';

/** Their numbers, the same in all tables. */
export const SOCKETCALL: i32 = 102;
export const IPC: i32 = 117;

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

/** By id: a multiplexer's number, in the lowest byte what it is asked for, 0 for all of it. 0 for other calls. */
let byId: StaticArray<i32> | null = null;
let madeIn: i32 = 0;

function known(): StaticArray<i32> {
  const before = byId;
  if (before && madeIn == generation()) return before;
  const made = new StaticArray<i32>(NAME_COUNT);
  made[syscallId('socketcall')] = SOCKETCALL << 8;
  made[syscallId('ipc')] = IPC << 8;
  for (let index = 0; index < SOCKET_CALLS.length; index++)
    made[syscallId(SOCKET_CALLS[index])] = (SOCKETCALL << 8) | (index + 1);
  for (let index = 0; index < IPC_CALLS.length; index++)
    made[syscallId(IPC_CALLS[index])] = (IPC << 8) | IPC_NUMBERS[index];
  byId = made;
  madeIn = generation();
  return made;
}

/** SOCKETCALL or IPC for these themselves and for what they stand for; 0 for other calls. */
export function multiplexerOf(id: i32): i32 {
  return known()[id] >> 8;
}

/** What its multiplexer is asked for; 0 for other calls, and for multiplexers. */
export function multiplexedNumber(id: i32): i32 {
  return known()[id] & 0xff;
}
