import { MachineCode } from '../linux/machine-code.ts';
import type { Abi, Compiled } from '../spec/instance.ts';

/** In the order of src/compiled.c. */
const FUNCTIONS =
  'abiVersion allocate result resultLength reset plan prepare exec update image rows failure place filter features'.split(
    ' ',
  );

/** launch.wasm as machine code, in the form in which the rest knows it as WebAssembly. */
export function compiledModule(path: () => string): Compiled {
  const code = new MachineCode(path);
  return {
    instantiate(): Abi {
      const instance = code.instance();
      const functions = FUNCTIONS.map((name, index) => [
        name,
        (...words: number[]): number => {
          const result = instance.call(index, words);
          if (result < 0) throw new WebAssembly.RuntimeError(`trap ${-result} in ${name}()`);
          return result;
        },
      ]);
      const memory = {
        get buffer() {
          return instance.memory();
        },
      };
      return { ...Object.fromEntries(functions), memory };
    },
  };
}
