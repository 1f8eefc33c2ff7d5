// Unix sockets that carry file descriptors. node:net can neither pass a descriptor nor keep record boundaries.
//
// One block of native memory, reused by every call, because struct msghdr points into it:
//
//     0  struct msghdr    name, namelen, iov, iovlen, control, controllen, flags     <bits/socket.h>
//    64  struct iovec     base, len                                                  <bits/types/struct_iovec.h>
//    96  struct cmsghdr   len, level, type, then one int: the descriptor             CMSG_LEN(sizeof(int)) is 20
//   128  the bytes sent or received

import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { OrlopError } from '../error.ts';
import { close } from './file.ts';
import { allocate, declare, flagNames, invoke, type Pointer, withoutNul } from './libc.ts';

// <bits/socket.h>, <bits/socket_type.h>
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CTRUNC = 0x8;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;
const MSG_FLAGS = { MSG_DONTWAIT, MSG_NOSIGNAL, MSG_CMSG_CLOEXEC };

const socket_ = declare<(family: number, type: number, protocol: number) => number>('int socket(int, int, int)');
const socketpair_ = declare<(family: number, type: number, protocol: number, fds: Pointer) => number>(
  'int socketpair(int, int, int, void *)',
);
const connect_ = declare<(fd: number, address: Pointer, length: number) => number>(
  'int connect(int, void *, unsigned int)',
);
const bind_ = declare<(fd: number, address: Pointer, length: number) => number>('int bind(int, void *, unsigned int)');
const recvmsg_ = declare<(fd: number, message: Pointer, flags: number) => number>('int64_t recvmsg(int, void *, int)');
const sendmsg_ = declare<(fd: number, message: Pointer, flags: number) => number>('int64_t sendmsg(int, void *, int)');

const IOVEC = 64;
const CONTROL = 96;
// Not CMSG_SPACE, which has room for a second descriptor.
const CONTROL_LENGTH = 20;
const BYTES = 128;
const BYTES_MAX = 4096;

let memory: ReturnType<typeof allocate> | undefined;

/** The block, with a msghdr that points to `length` bytes and, when asked, to room for one descriptor. */
function message(length: number, hasControl: boolean): { address: bigint; bytes: Buffer } {
  if (length > BYTES_MAX)
    throw new OrlopError('usage/invalid', `a message of ${length} bytes is longer than ${BYTES_MAX}`);
  memory ??= allocate(BYTES + BYTES_MAX);
  const { address, bytes } = memory;
  bytes.fill(0, 0, BYTES);
  bytes.writeBigUInt64LE(address + BigInt(IOVEC), 16);
  bytes.writeBigUInt64LE(1n, 24);
  if (hasControl) {
    bytes.writeBigUInt64LE(address + BigInt(CONTROL), 32);
    bytes.writeBigUInt64LE(BigInt(CONTROL_LENGTH), 40);
  }
  bytes.writeBigUInt64LE(address + BigInt(BYTES), IOVEC);
  bytes.writeBigUInt64LE(BigInt(length), IOVEC + 8);
  return memory;
}

/** Two connected ends that keep record boundaries. */
export function socketpair(): [number, number] {
  const fds = Buffer.alloc(8);
  const shown = [{ text: 'AF_UNIX' }, { text: 'SOCK_SEQPACKET|SOCK_CLOEXEC' }, 0];
  invoke('socketpair', shown, () => socketpair_(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds));
  return [fds.readInt32LE(0), fds.readInt32LE(4)];
}

export interface Received {
  /** Empty when the other end is closed. */
  bytes: Buffer;
  /** A descriptor that came along. The caller owns it. */
  fd?: number;
}

/** Waits for one record of at most `length` bytes. A longer one, or one with several descriptors, is an error. */
export function receive(fd: number, length: number): Received {
  const { address, bytes } = message(length, true);
  const shown = [fd, { text: `{${length} bytes}` }, { text: 'MSG_CMSG_CLOEXEC' }];
  const count = invoke('recvmsg', shown, () => recvmsg_(fd, address, MSG_CMSG_CLOEXEC));
  const received: Received = { bytes: Buffer.from(bytes.subarray(BYTES, BYTES + count)) };
  const controlLength = Number(bytes.readBigUInt64LE(40));
  const isRights = bytes.readInt32LE(CONTROL + 8) === SOL_SOCKET && bytes.readInt32LE(CONTROL + 12) === SCM_RIGHTS;
  if (controlLength > 0 && isRights) received.fd = bytes.readInt32LE(CONTROL + 16);
  const flags = bytes.readInt32LE(48);
  if ((flags & (MSG_TRUNC | MSG_CTRUNC)) !== 0) {
    if (received.fd !== undefined) close(received.fd);
    const what = (flags & MSG_TRUNC) !== 0 ? `was longer than ${length} bytes` : 'carried more than one descriptor';
    throw new OrlopError('linux/recvmsg', `recvmsg(${fd}) failed: the record ${what}`);
  }
  return received;
}

/** Sends one record or, on a stream, some bytes; with `carried`, that descriptor too. EPIPE is an error, not a signal. */
export function send(fd: number, data: Uint8Array | string, carried?: number): void {
  const payload = typeof data === 'string' ? Buffer.from(data) : data;
  const { address, bytes } = message(payload.length, carried !== undefined);
  bytes.set(payload, BYTES);
  if (carried !== undefined) {
    bytes.writeBigUInt64LE(20n, CONTROL); // CMSG_LEN(sizeof(int))
    bytes.writeInt32LE(SOL_SOCKET, CONTROL + 8);
    bytes.writeInt32LE(SCM_RIGHTS, CONTROL + 12);
    bytes.writeInt32LE(carried, CONTROL + 16);
  }
  const content = carried === undefined ? `{${payload.length} bytes}` : `{${payload.length} bytes, fd ${carried}}`;
  const shown = [fd, { text: content }, flagNames(MSG_NOSIGNAL, MSG_FLAGS)];
  const count = invoke('sendmsg', shown, () => sendmsg_(fd, address, MSG_NOSIGNAL));
  if (count < payload.length) send(fd, payload.subarray(count));
}

const SUN_PATH = 2; // offset in sockaddr_un: <linux/un.h>
const SUN_PATH_MAX = 107; // sizeof(sun_path) less the NUL

/** Connects to a listening stream socket, such as a console socket. */
export function connect(path: string): number {
  return open('SOCK_STREAM', SOCK_STREAM, path, 'connect', connect_);
}

/** Connects to a datagram socket. An address that begins with @ is in the abstract namespace: man 7 unix. */
export function connectDatagram(address: string): number {
  return open('SOCK_DGRAM', SOCK_DGRAM, address, 'connect', connect_);
}

/** Makes a datagram socket at a path where nothing is. */
export function bindDatagram(path: string): number {
  return open('SOCK_DGRAM', SOCK_DGRAM, path, 'bind', bind_);
}

type Use = (fd: number, address: Pointer, length: number) => number;

function open(typeName: string, type: number, path: string, call: string, use: Use): number {
  withoutNul(path, 'path');
  const shownType = { text: `${typeName}|SOCK_CLOEXEC` };
  const fd = invoke('socket', [{ text: 'AF_UNIX' }, shownType, 0], () => socket_(AF_UNIX, type | SOCK_CLOEXEC, 0));
  try {
    if (Buffer.byteLength(path) <= SUN_PATH_MAX) useShort(fd, path, path, call, use);
    else useLong(fd, path, call, use);
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** A path too long for sockaddr_un is reached through a descriptor of its directory. */
function useLong(fd: number, path: string, call: string, use: Use): void {
  const O_PATH = 0o10000000; // <asm-generic/fcntl.h>
  const parent = openSync(dirname(path), O_PATH | constants.O_DIRECTORY);
  try {
    useShort(fd, `/proc/self/fd/${parent}/${basename(path)}`, path, call, use);
  } finally {
    closeSync(parent);
  }
}

function useShort(fd: number, path: string, shown: string, call: string, use: Use): void {
  const address = Buffer.alloc(SUN_PATH + SUN_PATH_MAX + 1);
  address.writeUInt16LE(AF_UNIX, 0);
  address.write(path, SUN_PATH);
  const isAbstract = path.startsWith('@');
  if (isAbstract) address[SUN_PATH] = 0;
  // The length is part of an abstract address; of a path it is enough that it is not too short.
  const length = isAbstract ? SUN_PATH + Buffer.byteLength(path) : address.length;
  invoke(call, [fd, shown], () => use(fd, address, length));
}
