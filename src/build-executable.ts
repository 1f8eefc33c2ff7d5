// Builds dist/orlop: `bun src/build-executable.ts [--target=bun-linux-arm64] [--outfile=FILE] [--entry=FILE]`.
//
// Bun compiles src/cli/executable.ts with spec.wasm, launch.wasm and the native part of koffi inside. ORLOP_NATIVE_NAME
// tells src/linux/native.ts which that is; its hash is taken here, so that no start has to.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildCompiled } from './build-compiled.ts';

const { values } = parseArgs({
  options: { target: { type: 'string' }, outfile: { type: 'string' }, entry: { type: 'string' } },
});
const target = values.target ?? `bun-linux-${process.arch}`;
const outfile = values.outfile ?? 'dist/orlop';

// One of the targets Bun knows: bun-linux-x64, bun-linux-x64-baseline, bun-linux-arm64-musl, …
const arch = target.includes('arm64') ? 'arm64' : 'x64';
const libc = target.endsWith('-musl') ? 'musl' : 'linux';
const require = createRequire(import.meta.url);
const fromKoffi = createRequire(require.resolve('koffi'));
const source = fromKoffi.resolve(`@koromix/koffi-linux-${arch}/${libc}_${arch}/koffi.node`);
const { version } = JSON.parse(readFileSync(join(dirname(require.resolve('koffi')), 'package.json'), 'utf8'));

/** Under a name that no other content ever has. */
function assetOf(file: string, name: string, extension: string): { file: string; name: string; size: number } {
  const content = readFileSync(file);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 32);
  return { file, name: `${name}-${hash}.${extension}`, size: content.length };
}

const native = assetOf(source, `koffi-${version}`, 'node');
// Only for the machine that builds it, and not for another command than orlop's.
const isOwn = target === `bun-linux-${process.arch}` && values.entry === undefined;
mkdirSync(dirname(outfile), { recursive: true });
const launch = join(dirname(outfile), 'launch.so');
const compiled = isOwn && buildCompiled(launch) ? assetOf(launch, 'launch', 'so') : undefined;
const define = (name: string, value: string | number): string => `--define=${name}=${JSON.stringify(value)}`;

const stage = mkdtempSync(join(tmpdir(), 'orlop-build-'));
try {
  const assets = [native, ...(compiled ? [compiled] : [])].map(({ file, name }) => {
    const asset = join(stage, name);
    copyFileSync(file, asset);
    return asset;
  });
  const { status } = spawnSync(
    process.execPath,
    [
      'build',
      values.entry ?? 'src/cli/executable.ts',
      '--compile',
      `--target=${target}`,
      `--outfile=${outfile}`,
      '--minify-syntax',
      '--minify-whitespace',
      '--bytecode',
      '--format=esm',
      // A file for each command: none pays for another's imports, of which Bun's own modules are the dearest.
      '--splitting',
      // A command is over before machine code for it would pay: a twentieth of exec, and 2 MB.
      '--compile-jit-policy=100',
      ...assets.map((asset) => `--asset=${asset}`),
      define('ORLOP_NATIVE_NAME', native.name),
      define('ORLOP_NATIVE_SIZE', native.size),
      ...(compiled ? [define('ORLOP_COMPILED_NAME', compiled.name), define('ORLOP_COMPILED_SIZE', compiled.size)] : []),
      // A runtime that is started as root in any directory must not take orders from files it finds there:
      // bunfig.toml can name modules to run first, .env sets variables.
      '--no-compile-autoload-dotenv',
      '--no-compile-autoload-bunfig',
      '--no-compile-autoload-tsconfig',
      '--no-compile-autoload-package-json',
    ],
    { stdio: 'inherit' },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(stage, { recursive: true });
}
