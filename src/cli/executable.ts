// The command as one file: Bun compiles this, with spec.wasm inside.
import { exitNow } from '../linux/process.ts';
import { setSpecFile } from '../spec/embedded.ts';
import spec from '../spec/spec.wasm' with { type: 'file' };
import { main } from './main.ts';

setSpecFile(spec);
// Taking the engine down in order costs milliseconds, and nothing is left to be written (output.ts).
void main(process.argv.slice(2)).then(exitNow);
