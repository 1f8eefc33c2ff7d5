// bpf(2) for programs that decide which devices a cgroup of version 2 may use; struct layouts by <linux/bpf.h>.

import { close } from './file.ts';
import { type Argument, allocate, invoke, isErrno } from './libc.ts';
import { bpf } from './syscalls.ts';

const BPF_PROG_LOAD = 5;
const BPF_PROG_ATTACH = 8;
const BPF_PROG_GET_FD_BY_ID = 13;
const BPF_OBJ_GET_INFO_BY_FD = 15;
const BPF_PROG_QUERY = 16;

const BPF_PROG_TYPE_CGROUP_DEVICE = 15;
const BPF_CGROUP_DEVICE = 6;
const BPF_F_ALLOW_MULTI = 2;
const BPF_F_REPLACE = 4;

const INSTRUCTION_SIZE = 8;
const NAME_SIZE = 16; // BPF_OBJ_NAME_LEN, with its NUL
const ATTRIBUTES_SIZE = 72; // of union bpf_attr, up to expected_attach_type
const INFO_SIZE = 80; // of struct bpf_prog_info, up to name
const INFO_NAME = 64;
/** BPF_CGROUP_MAX_PROGS: more cannot be attached to one cgroup. */
const PROGRAMS_MAX = 64;

const shown = (command: string, fields: string): Argument[] => [{ text: command }, { text: `{${fields}}` }];

function call(command: number, attributes: Buffer, words: Argument[], hint?: string): number {
  return invoke('bpf', words, () => bpf(command, attributes, attributes.length), hint);
}

const LOAD_HINT =
  'cgroup v2 needs a program for device rules: CONFIG_CGROUP_BPF in the kernel, and CAP_BPF and CAP_NET_ADMIN outside of user namespaces';

/** Hands a program to the kernel; `code` is struct bpf_insn[]. The fd is the caller's, and close-on-exec. */
export function loadDeviceProgram(name: string, code: Uint8Array): number {
  const license = Buffer.from('Apache-2.0\0');
  const { address, bytes } = allocate(code.length + license.length);
  bytes.set(code);
  bytes.set(license, code.length);
  const attributes = Buffer.alloc(ATTRIBUTES_SIZE);
  attributes.writeUInt32LE(BPF_PROG_TYPE_CGROUP_DEVICE, 0);
  attributes.writeUInt32LE(code.length / INSTRUCTION_SIZE, 4);
  attributes.writeBigUInt64LE(address, 8);
  attributes.writeBigUInt64LE(address + BigInt(code.length), 16);
  attributes.write(name.slice(0, NAME_SIZE - 1), 48);
  attributes.writeUInt32LE(BPF_CGROUP_DEVICE, 68);
  const words = shown('BPF_PROG_LOAD', `CGROUP_DEVICE, ${code.length / INSTRUCTION_SIZE} instructions, "${name}"`);
  return call(BPF_PROG_LOAD, attributes, words, LOAD_HINT);
}

/** Ids of the programs that are attached to this very cgroup; those of its parents apply too. */
export function attachedDevicePrograms(cgroup: number): number[] {
  const { address, bytes } = allocate(4 * PROGRAMS_MAX);
  const attributes = Buffer.alloc(ATTRIBUTES_SIZE);
  attributes.writeUInt32LE(cgroup, 0);
  attributes.writeUInt32LE(BPF_CGROUP_DEVICE, 4);
  attributes.writeBigUInt64LE(address, 16);
  attributes.writeUInt32LE(PROGRAMS_MAX, 24);
  call(BPF_PROG_QUERY, attributes, shown('BPF_PROG_QUERY', `${cgroup}, CGROUP_DEVICE`));
  const count = attributes.readUInt32LE(24);
  return Array.from({ length: count }, (_, index) => bytes.readUInt32LE(4 * index));
}

/** Undefined if it has gone, or is not for us to see. */
export function openProgram(id: number): number | undefined {
  const attributes = Buffer.alloc(ATTRIBUTES_SIZE);
  attributes.writeUInt32LE(id, 0);
  try {
    return call(BPF_PROG_GET_FD_BY_ID, attributes, shown('BPF_PROG_GET_FD_BY_ID', String(id)));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EPERM', 'EACCES')) return undefined;
    throw error;
  }
}

export function programName(fd: number): string {
  const { address, bytes } = allocate(INFO_SIZE);
  const attributes = Buffer.alloc(ATTRIBUTES_SIZE);
  attributes.writeUInt32LE(fd, 0);
  attributes.writeUInt32LE(INFO_SIZE, 4);
  attributes.writeBigUInt64LE(address, 8);
  call(BPF_OBJ_GET_INFO_BY_FD, attributes, shown('BPF_OBJ_GET_INFO_BY_FD', String(fd)));
  const name = bytes.subarray(INFO_NAME, INFO_NAME + NAME_SIZE);
  return name.toString('latin1', 0, name.indexOf(0));
}

const ATTACH_HINT =
  'a parent cgroup has a program that allows no other below it: choose another cgroupsPath, or detach that program';

/** From now on the cgroup asks this program too; or instead of `replaced`, with no moment between them. */
export function attachDeviceProgram(cgroup: number, program: number, replaced?: number): void {
  const attributes = Buffer.alloc(ATTRIBUTES_SIZE);
  attributes.writeUInt32LE(cgroup, 0);
  attributes.writeUInt32LE(program, 4);
  attributes.writeUInt32LE(BPF_CGROUP_DEVICE, 8);
  attributes.writeUInt32LE(BPF_F_ALLOW_MULTI | (replaced === undefined ? 0 : BPF_F_REPLACE), 12);
  if (replaced !== undefined) attributes.writeUInt32LE(replaced, 16);
  const flags = replaced === undefined ? 'BPF_F_ALLOW_MULTI' : `BPF_F_ALLOW_MULTI|BPF_F_REPLACE, ${replaced}`;
  call(
    BPF_PROG_ATTACH,
    attributes,
    shown('BPF_PROG_ATTACH', `${cgroup}, ${program}, CGROUP_DEVICE, ${flags}`),
    ATTACH_HINT,
  );
}

/** The program of that name which is attached to this very cgroup, as an fd of the caller's. */
export function findDeviceProgram(cgroup: number, name: string): number | undefined {
  for (const id of attachedDevicePrograms(cgroup)) {
    const fd = openProgram(id);
    if (fd === undefined) continue;
    if (programName(fd) === name) return fd;
    close(fd);
  }
  return undefined;
}
