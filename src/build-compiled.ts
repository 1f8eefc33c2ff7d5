// Makes machine code of src/spec/launch.wasm, for the executable: launch.so beside it, by wasm2c (Debian: wabt) and a C compiler.
//
// An engine checks a module anew at each start, and then interprets it: 10 ms of a launch. This costs 1. Where one of the
// two programs is missing the executable has the module alone, as every other host does, and its starts take longer.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Debian's place for what wasm2c's output is linked with. */
const RUNTIME = process.env.WASM2C_RUNTIME ?? '/usr/share/wabt/wasm2c';
const FLAGS = ['-O2', '-shared', '-fPIC', '-fvisibility=hidden', '-s', '-DNDEBUG'];
/** Signals are the engine's: bounds are checked by code, and so is the depth of calls. */
const CHECKS = ['-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0', '-DWASM_RT_USE_MMAP=0', '-DWASM_RT_MAX_CALL_STACK_DEPTH=2000'];

/** Whether it could be made here. */
export function buildCompiled(outfile: string): boolean {
  rmSync(outfile, { force: true });
  const compiler = process.env.CC ?? 'cc';
  const missing = ['wasm2c', compiler].filter((program) => spawnSync(program, ['--version']).status !== 0);
  if (!existsSync(join(RUNTIME, 'wasm-rt-impl.c'))) missing.push(join(RUNTIME, 'wasm-rt-impl.c'));
  if (missing.length > 0) return without(`${missing.join(' and ')} missing, apt-get install wabt gcc libc6-dev`);
  const stage = mkdtempSync(join(tmpdir(), 'orlop-compiled-'));
  try {
    const sources = [join(stage, 'launch.c'), 'src/compiled.c', join(RUNTIME, 'wasm-rt-impl.c')];
    const calls: [string, string[]][] = [
      ['wasm2c', ['src/spec/launch.wasm', '-o', join(stage, 'launch.c')]],
      [compiler, [...FLAGS, ...CHECKS, `-I${stage}`, `-I${RUNTIME}`, '-o', outfile, ...sources, '-lm']],
    ];
    for (const [program, words] of calls) {
      // Another wasm2c than 1.0.32 may give its C other names.
      if (spawnSync(program, words, { stdio: 'inherit' }).status !== 0) return without(`${program} has failed`);
    }
  } finally {
    rmSync(stage, { recursive: true });
  }
  return true;
}

function without(why: string): false {
  console.warn(`*** The executable interprets launch.wasm, 10 ms of each start: ${why} ***`);
  return false;
}
