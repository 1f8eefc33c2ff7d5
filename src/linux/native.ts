// temporary
import { createRequire } from 'node:module';

type Koffi = typeof import('koffi');
let loaded: Koffi | undefined;
export function koffi(): Koffi {
  if (loaded) return loaded;
  const path = createRequire(import.meta.url).resolve('@koromix/koffi-linux-x64/linux_x64/koffi.node');
  const holder: { exports: unknown } = { exports: {} };
  process.dlopen(holder, path);
  loaded = holder.exports as Koffi;
  return loaded;
}
