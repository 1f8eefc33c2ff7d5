// A filesystem that behaves like resctrl (Documentation/filesystems/resctrl.rst), for machines whose processor has no
// such thing: `bun resctrl.ts DIRECTORY` mounts it there by FUSE and serves it until it is unmounted. Groups come with
// their files and go with them, a task is in one group, and what the kernel would refuse is refused.

import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs';
import koffi from 'koffi';

// <asm-generic/errno.h>
const [EPERM, ENOENT, EEXIST, EINVAL, ENOSPC, ENOSYS] = [1, 2, 17, 22, 28, 38];

/** Closids that the processor has, the default group's too. */
const CLOSIDS = 4;

class Node {
  readonly children = new Map<string, Node>();
  text: string | undefined;
  readonly parent: Node | undefined;
  readonly name: string;
  readonly id: bigint;
  /** Whether groups can be made in it. */
  readonly takesGroups: boolean;

  constructor(parent: Node | undefined, name: string, text?: string, takesGroups = false) {
    this.parent = parent;
    this.name = name;
    this.text = text;
    this.takesGroups = takesGroups;
    this.id = BigInt(nodes.size + 1);
    nodes.set(this.id, this);
    parent?.children.set(name, this);
  }

  get isDirectory(): boolean {
    return this.text === undefined;
  }
}

const nodes = new Map<bigint, Node>();
const root = new Node(undefined, '', undefined, true);
const info = new Node(root, 'info');
const status = new Node(info, 'last_cmd_status', 'ok\n');
fill(root);

/** What the kernel puts into a group that processes are in. */
function fill(group: Node): void {
  new Node(group, 'schemata', 'L3:0=ff;1=ff\nMB:0=100;1=100\n');
  new Node(group, 'tasks', '');
  new Node(group, 'mon_groups', undefined, true);
}

function makeGroup(parent: Node, name: string): Node | number {
  if (parent.children.has(name)) return EEXIST;
  if (!parent.takesGroups) return EPERM;
  status.text = 'ok\n';
  if (parent !== root) {
    const monitor = new Node(parent, name);
    new Node(monitor, 'tasks', '');
    return monitor;
  }
  const groups = [...root.children.values()].filter((node) => node.children.has('schemata')).length;
  if (groups + 1 >= CLOSIDS) {
    status.text = 'Out of CLOSIDs\n';
    return ENOSPC;
  }
  const group = new Node(root, name);
  fill(group);
  return group;
}

function writeFile(file: Node, text: string): number {
  const group = file.parent as Node;
  status.text = 'ok\n';
  if (file.name === 'tasks') return addTask(group, text.trim());
  if (file.name !== 'schemata') return EPERM;
  const lines = (file.text as string).trimEnd().split('\n');
  for (const line of text.trimEnd().split('\n')) {
    const [resource = '', domains = ''] = line.split(':');
    const at = lines.findIndex((one) => one.startsWith(`${resource}:`));
    if (at < 0) return fail(`Unknown or unsupported resource name '${resource}'`);
    const values = new Map(
      (lines[at] as string)
        .slice(resource.length + 1)
        .split(';')
        .map((one) => one.split('=') as [string, string]),
    );
    for (const domain of domains.split(';')) {
      const [id = '', value = ''] = domain.split('=');
      const isValid = resource === 'MB' ? /^\d+$/.test(value) && Number(value) <= 100 : /^0*[0-9a-f]{1,2}$/.test(value);
      if (!values.has(id)) return fail(`Unknown domain ${id}`);
      if (!isValid) return fail(`Non-hex character in the mask ${value}`);
      values.set(id, value.replace(/^0+(?=.)/, ''));
    }
    lines[at] = `${resource}:${[...values].map((pair) => pair.join('=')).join(';')}`;
  }
  file.text = `${lines.join('\n')}\n`;
  return 0;
}

function fail(text: string): number {
  status.text = `${text}\n`;
  return EINVAL;
}

function addTask(group: Node, pid: string): number {
  if (!/^\d+$/.test(pid)) return fail('Task list parsing error');
  const monitored = group.children.has('schemata') ? undefined : (group.parent?.parent as Node);
  if (monitored && !tasksOf(monitored).includes(pid)) return fail("Can't move task to different control group");
  for (const node of nodes.values()) {
    if (node.name !== 'tasks' || (monitored && node.parent === monitored)) continue;
    node.text = (node.text as string).replace(new RegExp(`^${pid}\n`, 'm'), '');
  }
  const tasks = group.children.get('tasks') as Node;
  tasks.text += `${pid}\n`;
  return 0;
}

const tasksOf = (group: Node): string[] => (group.children.get('tasks')?.text ?? '').split('\n');

/** A task that has ended is in no group. */
function textOf(file: Node): string {
  if (file.name !== 'tasks') return file.text as string;
  return (file.text as string).replace(/^(\d+)\n/gm, (line, pid) => (existsSync(`/proc/${pid}`) ? line : ''));
}

function removeGroup(parent: Node, name: string): number {
  if (!parent.takesGroups || !parent.children.has(name) || ['info', 'mon_groups'].includes(name)) return EPERM;
  parent.children.delete(name);
  return 0;
}

// ---------------------------------------------------------------------------- <linux/fuse.h>, version 7.31

const [FORGET, INIT, BATCH_FORGET, INTERRUPT] = [2, 26, 42, 36];

function attributes(node: Node): Buffer {
  const bytes = Buffer.alloc(88);
  bytes.writeBigUInt64LE(node.id, 0);
  bytes.writeBigUInt64LE(BigInt(node.text?.length ?? 0), 8);
  bytes.writeUInt32LE(node.isDirectory ? 0o040755 : 0o100644, 60);
  bytes.writeUInt32LE(1, 64);
  bytes.writeUInt32LE(4096, 80);
  return bytes;
}

/** Nothing is cached: both validities are zero. */
function entry(node: Node): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.writeBigUInt64LE(node.id, 0);
  return Buffer.concat([bytes, attributes(node)]);
}

function directoryEntries(node: Node, offset: number): Buffer {
  const entries = [...node.children.values()].slice(offset).map((child, index) => {
    const name = Buffer.from(child.name);
    const bytes = Buffer.alloc((24 + name.length + 7) & ~7);
    bytes.writeBigUInt64LE(child.id, 0);
    bytes.writeBigUInt64LE(BigInt(offset + index + 1), 8);
    bytes.writeUInt32LE(name.length, 16);
    bytes.writeUInt32LE(child.isDirectory ? 4 : 8, 20);
    name.copy(bytes, 24);
    return bytes;
  });
  return Buffer.concat(entries);
}

/** An errno, or the answer. */
function answer(opcode: number, node: Node, body: Buffer): number | Buffer {
  const name = (from: number): string => body.subarray(from, body.indexOf(0, from)).toString();
  switch (opcode) {
    case 1: // LOOKUP
      return node.children.has(name(0)) ? entry(node.children.get(name(0)) as Node) : ENOENT;
    case 3: // GETATTR
    case 4: // SETATTR
      return Buffer.concat([Buffer.alloc(16), attributes(node)]);
    case 9: {
      // MKDIR
      const made = makeGroup(node, name(8));
      return typeof made === 'number' ? made : entry(made);
    }
    case 11: // RMDIR
      return removeGroup(node, name(0)) || Buffer.alloc(0);
    case 14: // OPEN, with FOPEN_DIRECT_IO
    case 27: // OPENDIR
      return Buffer.concat([Buffer.alloc(8), Buffer.of(opcode === 14 ? 1 : 0, 0, 0, 0, 0, 0, 0, 0)]);
    case 15: {
      // READ
      const offset = Number(body.readBigUInt64LE(8));
      return Buffer.from(textOf(node)).subarray(offset, offset + body.readUInt32LE(16));
    }
    case 16: {
      // WRITE
      const size = body.readUInt32LE(16);
      const errno = writeFile(node, body.subarray(40, 40 + size).toString());
      return errno || Buffer.of(size & 0xff, size >> 8, 0, 0, 0, 0, 0, 0);
    }
    case 17: // STATFS
      return Buffer.alloc(80);
    case 28: // READDIR
      return directoryEntries(node, Number(body.readBigUInt64LE(8)));
    case 18: // RELEASE
    case 25: // FLUSH
    case 29: // RELEASEDIR
      return Buffer.alloc(0);
    default:
      return ENOSYS;
  }
}

function serve(fuse: number): void {
  const request = Buffer.alloc(1 << 18);
  for (;;) {
    let length: number;
    try {
      length = readSync(fuse, request);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENODEV') return; // unmounted
      throw error;
    }
    const opcode = request.readUInt32LE(4);
    const body = request.subarray(40, length);
    if ([FORGET, BATCH_FORGET, INTERRUPT].includes(opcode)) continue;
    const result =
      opcode === INIT ? initAnswer() : answer(opcode, nodes.get(request.readBigUInt64LE(16)) as Node, body);
    const payload = typeof result === 'number' ? Buffer.alloc(0) : result;
    const header = Buffer.alloc(16);
    header.writeUInt32LE(16 + payload.length, 0);
    header.writeInt32LE(typeof result === 'number' ? -result : 0, 4);
    header.writeBigUInt64LE(request.readBigUInt64LE(8), 8);
    writeSync(fuse, Buffer.concat([header, payload]));
  }
}

function initAnswer(): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.writeUInt32LE(7, 0);
  bytes.writeUInt32LE(31, 4);
  bytes.writeUInt32LE(65536, 20);
  return bytes;
}

const [, , directory = ''] = process.argv;
const fuse = openSync('/dev/fuse', 'r+');
const mount = koffi.load(null).func('int mount(const char *, const char *, const char *, unsigned long, const char *)');
const options = `fd=${fuse},rootmode=40000,user_id=0,group_id=0,allow_other`;
if (mount('resctrl', directory, 'fuse', 0, options) !== 0)
  throw new Error(`mount("fuse", "${directory}") failed: ${koffi.errno()}`);
console.log('ready');
serve(fuse);
closeSync(fuse);
