// The command as one file: Bun compiles this, with the modules inside.
import { exitNow } from '../linux/process.ts';
import { setModuleFiles } from '../spec/embedded.ts';
import launch from '../spec/launch.wasm' with { type: 'file' };
import spec from '../spec/spec.wasm' with { type: 'file' };
import { main } from './main.ts';

setModuleFiles({ spec, launch });
// Taking the engine down in order costs milliseconds, and nothing is left to be written (output.ts).
void main(process.argv.slice(2)).then(exitNow);
