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

const content = readFileSync(source);
const hash = createHash('sha256').update(content).digest('hex').slice(0, 32);
const native = { name: `koffi-${version}-${hash}.node`, size: content.length };

const stage = mkdtempSync(join(tmpdir(), 'orlop-build-'));
try {
  mkdirSync(dirname(outfile), { recursive: true });
  const asset = join(stage, native.name);
  copyFileSync(source, asset);
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
      `--asset=${asset}`,
      `--define=ORLOP_NATIVE_NAME=${JSON.stringify(native.name)}`,
      `--define=ORLOP_NATIVE_SIZE=${native.size}`,
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
