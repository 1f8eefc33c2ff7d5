// The playground: spec.wasm and an editor in one HTML file, which needs no server and has no way to reach one.

import { load } from '../spec/spec.ts';
import { embeddedModule } from './embedded.ts';
import { Page } from './page.ts';

async function main(): Promise<void> {
  const spec = load(embeddedModule());
  await new Page().start(spec);
  performance.mark('first-findings');
}

main();
