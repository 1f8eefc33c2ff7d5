// man 7 rtnetlink: network devices and their addresses, as far as moving a device needs them.
//
//   nlmsghdr   length, type, flags, sequence, port         u32 u16 u16 u32 u32, then the body and attributes,
//   rtattr     length, type, then the value                u16 u16, all aligned to 4          <linux/netlink.h>

import { closeSync, openSync } from 'node:fs';
import { OrlopError } from '../error.ts';
import { errnoName, errnoText } from './errno.ts';
import { declare, invoke, type Pointer } from './libc.ts';

const socket_ = declare<(family: number, type: number, protocol: number) => number>('int socket(int, int, int)');
const setsockopt_ = declare<(fd: number, level: number, name: number, value: Pointer, length: number) => number>(
  'int setsockopt(int, int, int, void *, unsigned int)',
);
const send_ = declare<(fd: number, bytes: Pointer, length: number, flags: number) => number>(
  'int64_t send(int, void *, size_t, int)',
);
const recv_ = declare<(fd: number, bytes: Pointer, length: number, flags: number) => number>(
  'int64_t recv(int, void *, size_t, int)',
);
const ioctl_ = declare<(fd: number, request: number, argument: number) => number>('int ioctl(int, unsigned long, int)');

// <linux/netlink.h>
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_ACK_TLVS = 0x200;
const NLM_F_DUMP = 0x300;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const NLMSGERR_ATTR_MSG = 1;
const HEADER = 16;

// <linux/rtnetlink.h>, <linux/if_link.h>, <linux/if_addr.h>
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
const TYPES: Record<number, string> = { 16: 'RTM_NEWLINK', 18: 'RTM_GETLINK', 20: 'RTM_NEWADDR', 22: 'RTM_GETADDR' };
const IFLA_IFNAME = 3;
const IFLA_NET_NS_FD = 28;
const IFA_LABEL = 3;
const IFA_FLAGS = 8;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const AF_INET6 = 10;
const IFA_F_PERMANENT = 0x80;
/** Flags that a user gives to an address; the others say what has become of it. */
const IFA_F_OF_USER = 0x01 | 0x02 | 0x10 | 0x100 | 0x200 | 0x400;

/** <net/if.h> */
const IFF_UP = 1;

export interface Link {
  index: number;
  name: string;
  isUp: boolean;
}

/** An address of a device, with all that was asked for when it was made. */
export interface LinkAddress {
  /** struct ifaddrmsg: family, prefix length, flags, scope; the index is the device's. */
  header: Buffer;
  attributes: { type: number; value: Buffer }[];
}

/** A socket of one network namespace, which it stays in whoever uses it. */
export class RouteSocket {
  private readonly fd: number;
  private sequence = 0;

  constructor(fd: number) {
    this.fd = fd;
    // The kernel's own words about an error, and not our message beside them.
    const [SOL_NETLINK, NETLINK_CAP_ACK, NETLINK_EXT_ACK] = [270, 10, 11];
    const on = Buffer.of(1, 0, 0, 0);
    for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK]) setsockopt_(fd, SOL_NETLINK, option, on, on.length);
  }

  /** Of this process's network namespace. */
  static open(): RouteSocket {
    const [AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE] = [16, 0o2000003, 0];
    const shown = ['AF_NETLINK', 'SOCK_RAW|SOCK_CLOEXEC', 'NETLINK_ROUTE'].map((text) => ({ text }));
    return new RouteSocket(invoke('socket', shown, () => socket_(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE)));
  }

  close(): void {
    closeSync(this.fd);
  }

  links(): Link[] {
    return this.ask(RTM_GETLINK, NLM_F_DUMP, Buffer.alloc(16), [], 'all devices').map(linkOf);
  }

  link(name: string): Link | undefined {
    return this.links().find((link) => link.name === name);
  }

  /** All but those of IPv6 that the kernel makes for each link. */
  addresses(index: number): LinkAddress[] {
    const answers = this.ask(RTM_GETADDR, NLM_F_DUMP, Buffer.alloc(8), [], 'all addresses');
    return answers
      .filter((body) => body.readInt32LE(4) === index && !(body[0] === AF_INET6 && body[3] === RT_SCOPE_LINK))
      .map((body) => ({ header: Buffer.from(body.subarray(0, 8)), attributes: attributesOf(body.subarray(8)) }));
  }

  /** Moves a device to another namespace and renames it, down: man 7 network_namespaces. */
  move(link: Link, namespace: number, name: string): void {
    const attributes = [
      { type: IFLA_NET_NS_FD, value: uint32(namespace) },
      { type: IFLA_IFNAME, value: Buffer.from(`${name}\0`) },
    ];
    this.ask(RTM_NEWLINK, NLM_F_ACK, linkHeader(link.index, 0, IFF_UP), attributes, `"${link.name}" to "${name}"`);
  }

  setUp(link: Link): void {
    this.ask(RTM_NEWLINK, NLM_F_ACK, linkHeader(link.index, IFF_UP, IFF_UP), [], `"${link.name}" up`);
  }

  addAddress(link: Link, { header, attributes }: LinkAddress): void {
    const body = Buffer.from(header);
    body.writeInt32LE(link.index, 4);
    const flags = flagsOf({ header, attributes }) & IFA_F_OF_USER;
    body[2] = flags & 0xff;
    // The label is the device's old name.
    const kept = attributes.filter(({ type }) => type !== IFA_LABEL && type !== IFA_FLAGS);
    kept.push({ type: IFA_FLAGS, value: uint32(flags) });
    this.ask(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, body, kept, `on "${link.name}"`);
  }

  /** A descriptor of the namespace that the socket is in. */
  namespace(): number {
    const SIOCGSKNS = 0x894c; // <linux/sockios.h>
    return invoke('ioctl', [this.fd, { text: 'SIOCGSKNS' }], () => ioctl_(this.fd, SIOCGSKNS, 0));
  }

  /** Sends one message and answers the bodies of those that come back, until the kernel says that it is done. */
  private ask(
    type: number,
    flags: number,
    body: Buffer,
    attributes: { type: number; value: Buffer }[],
    what: string,
  ): Buffer[] {
    const payload = Buffer.concat([body, ...attributes.map(attributeBytes)]);
    const header = Buffer.alloc(HEADER);
    header.writeUInt32LE(HEADER + payload.length, 0);
    header.writeUInt16LE(type, 4);
    header.writeUInt16LE(flags | NLM_F_REQUEST, 6);
    header.writeUInt32LE(++this.sequence, 8);
    const bytes = Buffer.concat([header, payload]);
    invoke('send', [this.fd, { text: TYPES[type] ?? '' }, bytes.length, 0], () =>
      send_(this.fd, bytes, bytes.length, 0),
    );
    const answers: Buffer[] = [];
    while (!this.receive(type, what, answers));
    return answers;
  }

  /** One datagram of messages; true if it was the last. */
  private receive(type: number, what: string, answers: Buffer[]): boolean {
    const bytes = Buffer.alloc(65536); // more than the kernel puts into one
    const count = invoke('recv', [this.fd, { text: '…' }, bytes.length, 0], () =>
      recv_(this.fd, bytes, bytes.length, 0),
    );
    for (let at = 0; at + HEADER <= count; ) {
      const length = bytes.readUInt32LE(at);
      const message = bytes.subarray(at, at + length);
      at += align(length);
      if (message.readUInt32LE(8) !== this.sequence) continue; // the rest of a call that has failed
      const kind = message.readUInt16LE(4);
      if (kind === NLMSG_DONE) return true;
      if (kind !== NLMSG_ERROR) {
        answers.push(message.subarray(HEADER));
        continue;
      }
      const errno = -message.readInt32LE(HEADER);
      if (errno !== 0) throw netlinkError(type, what, errno, message);
      return true;
    }
    return false;
  }
}

/** What belongs to the device rather than to where it is: runtime-spec config-linux.md#network-devices. */
export function isPermanent(address: LinkAddress): boolean {
  return address.header[3] === RT_SCOPE_UNIVERSE && (flagsOf(address) & IFA_F_PERMANENT) !== 0;
}

/** A descriptor of this thread's own network namespace. */
export function ownNetworkNamespace(): number {
  return openSync('/proc/thread-self/ns/net', 'r');
}

/** As SyscallError, of a request. */
export class NetlinkError extends OrlopError {
  readonly errno: string;

  constructor(message: string, errno: string) {
    super('linux/netlink', message);
    this.errno = errno;
  }
}

/** Header and flags, then what the kernel adds in words: <linux/netlink.h>, struct nlmsgerr. */
function netlinkError(type: number, what: string, errno: number, message: Buffer): NetlinkError {
  const hasWords = (message.readUInt16LE(6) & NLM_F_ACK_TLVS) !== 0;
  const words = hasWords
    ? attributesOf(message.subarray(HEADER + 4 + HEADER)).find((one) => one.type === NLMSGERR_ATTR_MSG)
    : undefined;
  const said = words ? `: ${words.value.toString('utf8').replace(/\0.*$/s, '')}` : '';
  const text = `${TYPES[type]} ${what} failed: ${errnoName(errno)} (${errnoText(errno)})${said}`;
  return new NetlinkError(text, errnoName(errno));
}

function linkOf(body: Buffer): Link {
  const name = attributesOf(body.subarray(16)).find(({ type }) => type === IFLA_IFNAME);
  return {
    index: body.readInt32LE(4),
    name: name?.value.toString('utf8').replace(/\0.*$/s, '') ?? '',
    isUp: (body.readUInt32LE(8) & IFF_UP) !== 0,
  };
}

/** struct ifinfomsg: family, type, index, flags, and which of the flags are to change. */
function linkHeader(index: number, flags: number, change: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(flags, 8);
  header.writeUInt32LE(change, 12);
  return header;
}

/** IFA_FLAGS holds all of them, the header the first eight. */
function flagsOf({ header, attributes }: LinkAddress): number {
  return attributes.find(({ type }) => type === IFA_FLAGS)?.value.readUInt32LE(0) ?? header[2] ?? 0;
}

function attributesOf(bytes: Buffer): { type: number; value: Buffer }[] {
  const attributes: { type: number; value: Buffer }[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4) break;
    const NLA_TYPE_MASK = 0x3fff;
    attributes.push({
      type: bytes.readUInt16LE(at + 2) & NLA_TYPE_MASK,
      value: Buffer.from(bytes.subarray(at + 4, at + length)),
    });
    at += align(length);
  }
  return attributes;
}

function attributeBytes({ type, value }: { type: number; value: Buffer }): Buffer {
  const bytes = Buffer.alloc(align(4 + value.length));
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, 4);
  return bytes;
}

const align = (length: number): number => (length + 3) & ~3;

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}
