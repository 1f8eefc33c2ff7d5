// The command as one file: Bun compiles this, with spec.wasm inside.
import { setSpecFile } from '../spec/embedded.ts';
import spec from '../spec/spec.wasm' with { type: 'file' };
import { main } from './main.ts';

setSpecFile(spec);
// Taking the engine down in order costs more than a millisecond, and nothing is left to be written (output.ts).
void main(process.argv.slice(2)).then((status) => process.exit(status));
