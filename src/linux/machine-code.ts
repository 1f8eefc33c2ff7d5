// launch.wasm as machine code (src/compiled.c), for the executable that carries it.

import { OrlopError } from '../error.ts';
import { koffi } from './native.ts';

type Calls = {
  instance: () => number;
  memory: (instance: number, size: Uint8Array) => number;
  call: (instance: number, ...words: number[]) => number;
};

/** One instance: its functions by number, and its memory. */
export interface MachineInstance {
  /** Below 0: the number of a trap of WebAssembly, negated. Arguments that are left out are 0. */
  call(index: number, words: readonly number[]): number;
  /** Where it is now: to be asked again after each call. */
  memory(): ArrayBuffer;
}

/** The library is loaded for the first instance. */
export class MachineCode {
  private readonly path: () => string;
  private calls: Calls | undefined;

  constructor(path: () => string) {
    this.path = path;
  }

  instance(): MachineInstance {
    this.calls ??= load(this.path());
    const { instance: make, memory, call } = this.calls;
    const instance = make();
    if (instance === 0) throw new OrlopError('core/crash', 'the machine code of launch.wasm has not started');
    const size = new BigUint64Array(1);
    const sizeBytes = new Uint8Array(size.buffer);
    let known = { address: 0, size: 0n, bytes: new ArrayBuffer(0) };
    return {
      call: (index, [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0]) => call(instance, index, a, b, c, d, e, f),
      memory: () => {
        const address = memory(instance, sizeBytes);
        if (address !== known.address || size[0] !== known.size) {
          const now = size[0] as bigint;
          known = { address, size: now, bytes: koffi().view(BigInt(address), Number(now)) };
        }
        return known.bytes;
      },
    };
  }
}

function load(path: string): Calls {
  try {
    const library = koffi().load(path);
    return {
      instance: library.func('uint64_t orlop_instance()') as Calls['instance'],
      memory: library.func('uint64_t orlop_memory(uint64_t, uint64_t *)') as Calls['memory'],
      call: library.func(
        'int64_t orlop_call(uint64_t, int, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t)',
      ) as Calls['call'],
    };
  } catch (cause) {
    throw new OrlopError('linux/dlopen', `dlopen("${path}") failed: ${(cause as Error).message}`, {
      hint: 'its file system may be mounted noexec',
      cause,
    });
  }
}
