// The command as one file: Bun compiles this, with the modules inside.
import { unpacked } from '../linux/native-cache.ts';
import { exitNow } from '../linux/process.ts';
import { setCompiledLaunch, setModuleFiles } from '../spec/embedded.ts';
import launch from '../spec/launch.wasm' with { type: 'file' };
import spec from '../spec/spec.wasm' with { type: 'file' };
import { compiledModule } from './compiled.ts';
import { main } from './main.ts';

/** launch.wasm as machine code, if it could be made where this was built: src/build-executable.ts. */
declare const ORLOP_COMPILED_NAME: string | undefined;
declare const ORLOP_COMPILED_SIZE: number;

setModuleFiles({ spec, launch });
if (typeof ORLOP_COMPILED_NAME !== 'undefined') {
  const file = { name: ORLOP_COMPILED_NAME, size: ORLOP_COMPILED_SIZE };
  setCompiledLaunch(compiledModule(() => unpacked(file)));
}
// Taking the engine down in order costs milliseconds, and nothing is left to be written (output.ts).
void main(process.argv.slice(2)).then(exitNow);
