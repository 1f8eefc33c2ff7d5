// The filter as orlop makes it: a profile in a config, its launch image, and what lies in there for the kernel.

import { readFileSync } from 'node:fs';
import type { OrlopError } from '../../src/error.ts';
import { SpecDocument } from '../../src/spec/module.ts';
import type { Diagnostic, Plan } from '../../src/spec/types.ts';
import { decode, type Instruction } from './machine.ts';
import type { Profile } from './profiles.ts';

const module = new WebAssembly.Module(readFileSync(new URL('../../src/spec/spec.wasm', import.meta.url)));

/** assembly/image/layout.ts: CONSTANTS_ADDRESS */
const CONSTANTS = 0x08000000n;

export function configWith(seccomp: object, process: object = {}): object {
  return {
    ociVersion: '1.2.0',
    process: { args: ['/bin/true'], cwd: '/', user: { uid: 0, gid: 0 }, noNewPrivileges: true, ...process },
    root: { path: 'rootfs' },
    linux: { namespaces: [{ type: 'mount' }, { type: 'pid' }], seccomp },
  };
}

export function documentOf(config: object): SpecDocument {
  return new SpecDocument(module, Buffer.from(json(config)));
}

/** With bigints as JSON numbers, which JSON.stringify cannot write. */
export function json(value: object): string {
  const text = JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? `bigint:${item}` : item), 2);
  return text.replaceAll(/"bigint:(\d+)"/g, '$1');
}

/** The program of a profile, which has to allow execve: no launch could use it otherwise. */
export function filterOf(profile: Profile): Instruction[] {
  const document = documentOf(configWith({ listenerPath: '/run/agent.sock', ...profile }));
  document.plan();
  return decode(filterIn(document.image()));
}

export function planOf(config: object): Plan {
  return documentOf(config).plan();
}

export function findingsOf(config: object): Diagnostic[] {
  try {
    return documentOf(config).plan().diagnostics;
  } catch (error) {
    return (error as OrlopError).diagnostics as Diagnostic[];
  }
}

/** The bytes of struct sock_filter[], by the program headers of the image: man 5 elf. */
export function filterIn(image: Uint8Array): Uint8Array {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const count = view.getUint16(56, true);
  for (let index = 0; index < count; index++) {
    const header = 64 + 56 * index;
    if (view.getUint32(header, true) !== 1 || view.getBigUint64(header + 16, true) !== CONSTANTS) continue;
    if (view.getUint32(header + 4, true) !== 4) throw new Error('the filter is not read-only');
    const start = Number(view.getBigUint64(header + 8, true));
    const length = view.getUint16(start, true);
    const body = start + Number(view.getBigUint64(start + 8, true) - CONSTANTS);
    return image.slice(body, body + 8 * length);
  }
  throw new Error('the image has no filter');
}
