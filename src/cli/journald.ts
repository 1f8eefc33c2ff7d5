// The journal of systemd by its native protocol, https://systemd.io/JOURNAL_NATIVE_PROTOCOL: one datagram is one entry.
//
//   NAME=value\n                                       a field whose value is one line
//   NAME\n  length: u64, little endian  value  \n      any value
//
// An entry that is too long for a datagram goes into a sealed memfd, which an empty datagram carries.

import { OrlopError } from '../error.ts';
import { close, sealedMemfd } from '../linux/file.ts';
import { connectDatagram, send } from '../linux/socket.ts';
import type { Deliver } from './log.ts';

const SOCKET = '/run/systemd/journal/socket';
const DATAGRAM_MAX = 4096;

/** Field names are capital letters, digits and underscores. */
export function entryOf(fields: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(fields).map(([name, value]) => {
    if (!value.includes('\n')) return Buffer.from(`${name}=${value}\n`);
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.length));
    return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')]);
  });
  return Buffer.concat(parts);
}

/** Fails if there is no journal now; each entry is then sent on a socket of its own: a journal started again has another. */
export function openJournal(): Deliver {
  try {
    close(connectDatagram(SOCKET));
  } catch (cause) {
    if (!(cause instanceof OrlopError)) throw cause;
    const hint = 'is systemd-journald running? --log FILE does without';
    throw new OrlopError(cause.code, `--systemd-log: ${cause.message}`, { hint, cause });
  }
  return (fields) => {
    const socket = connectDatagram(SOCKET);
    try {
      deliver(socket, entryOf(fields));
    } finally {
      close(socket);
    }
  };
}

function deliver(socket: number, entry: Buffer): void {
  if (entry.length <= DATAGRAM_MAX) {
    send(socket, entry);
    return;
  }
  const memfd = sealedMemfd('orlop-journal', entry);
  try {
    send(socket, '', memfd);
  } finally {
    close(memfd);
  }
}
