// How long the command takes for very many configs: those that the writers of configs write, in turn.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CONFIGS = new URL('../../fixtures/configs/', import.meta.url);

/** The directory of as many bundles without a root filesystem. */
export function makeConfigs(directory: string, count: number): string {
  const configs = readdirSync(CONFIGS)
    // That one is nobody's: it has every field, and an error.
    .filter((name) => name.endsWith('.json') && name !== 'everything.json')
    .map((name) => readFileSync(new URL(name, CONFIGS)));
  const all = join(directory, 'configs');
  for (let index = 0; index < count; index++) {
    const bundle = join(all, `bundle-${index}`);
    mkdirSync(bundle, { recursive: true });
    writeFileSync(join(bundle, 'config.json'), configs[index % configs.length] as Buffer);
  }
  return all;
}
