// The command as one file: Bun compiles this, with spec.wasm inside.
import { setSpecFile } from '../spec/embedded.ts';
import spec from '../spec/spec.wasm' with { type: 'file' };
import { main } from './main.ts';

setSpecFile(spec);
process.exitCode = await main(process.argv.slice(2));
