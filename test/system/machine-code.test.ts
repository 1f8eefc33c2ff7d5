// launch.wasm as machine code, as the executable carries it: it answers what the module answers in an engine.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compiledModule } from '../../src/cli/compiled.ts';
import type { Abi } from '../../src/spec/instance.ts';
import { fixture } from '../assembly/module.ts';
import { mutant, random } from '../assembly/mutation.ts';
import { request, V1, V2 } from '../assembly/plans.ts';
import { mutants } from '../hostile/mutate.ts';
import { type Bundle, shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { Orlop } from './support/orlop.ts';

const ROOT = join(import.meta.dirname, '../..');
const LIBRARY = join(ROOT, 'dist/launch.so');
/** Where it can be built, it must have been. */
function isBuilt(): boolean {
  if (!existsSync(LIBRARY)) throw new Error('dist/launch.so is missing: npm run build');
  return true;
}

const isPossible = ['wasm2c', 'cc'].every((program) => spawnSync(program, ['--version']).status === 0);
if (!isPossible)
  console.warn('machine-code.test.ts: skipped: wasm2c or cc is missing: apt-get install wabt gcc libc6-dev');

const encoder = new TextEncoder();
const REQUESTS = [V1, V2].map((cgroup) => encoder.encode(JSON.stringify(request(cgroup, { ignoreUnsupported: true }))));

describe.skipIf(!isPossible || !isBuilt())('machine code', () => {
  const wasm = new WebAssembly.Module(readFileSync(join(ROOT, 'src/spec/launch.wasm')));
  const engine = new WebAssembly.Instance(wasm).exports as unknown as Abi;
  const machine = compiledModule(() => LIBRARY).instantiate();

  /** All that both say on the way from a document to the words about a failed row. */
  function answers(abi: Abi, document: Uint8Array, turn: number): unknown[] {
    const said: unknown[] = [];
    const put = (bytes: Uint8Array): number => {
      const area = abi.allocate(bytes.length);
      if (area !== 0) new Uint8Array(abi.memory.buffer).set(bytes, area);
      return area;
    };
    const tell = (status: number): number => {
      said.push(status, Buffer.from(abi.memory.buffer, abi.result(), abi.resultLength()).toString('latin1'));
      return status;
    };
    abi.reset();
    const asked = REQUESTS[turn % REQUESTS.length] as Uint8Array;
    const config = put(document);
    if (tell(abi.prepare(config, document.length, put(asked), asked.length)) === 0) {
      tell(abi.image(put(encoder.encode('/root')), 5));
      tell(abi.rows());
      for (const row of [turn % 7, turn % 101]) tell(abi.failure(row, turn % 134, put(encoder.encode('e log')), 5));
      tell(abi.place(turn % 20));
    }
    said.push(abi.memory.buffer.byteLength);
    return said;
  }

  function compare(documents: (index: number) => Uint8Array, count: number): number {
    let images = 0;
    for (let index = 0; index < count; index++) {
      const document = documents(index);
      const expected = answers(engine, document, index);
      if (expected[0] === 0) images++;
      const told = answers(machine, document, index);
      if (JSON.stringify(told) !== JSON.stringify(expected)) expect(told, `document ${index}`).toEqual(expected);
    }
    return images;
  }

  it('says the same of 3000 configs with other values', () => {
    const next = mutants(40);
    expect(compare(() => encoder.encode(next()), 3000)).toBeGreaterThan(300);
  });

  it('says the same of 3000 that are broken', () => {
    const pick = random(41);
    compare(() => mutant(pick), 3000);
  });

  it.each(['runc', 'crun', 'docker', 'podman', 'containerd', 'everything'])('says the same of %s', (name) => {
    const document = encoder.encode(fixture(name));
    compare(() => document, 40);
  });

  it('says the same of a document that needs much memory, and of one that is too deep', () => {
    const many = fixture('runc').replace(
      '"TERM=xterm"',
      Array.from({ length: 100_000 }, (_, n) => `"V${n}=${n}"`).join(),
    );
    compare(() => encoder.encode(many), 1);
    compare(() => encoder.encode('['.repeat(100_000)), 1);
  });

  it('knows the same words', () => {
    const told = [engine, machine].map((abi) => {
      abi.features();
      return Buffer.from(abi.memory.buffer, abi.result(), abi.resultLength()).toString();
    });
    expect(told[1]).toBe(told[0]);
  });
});

describe('an executable without it', () => {
  const place = new Workplace('machine-code');
  const directory = mkdtempSync(join(tmpdir(), 'orlop-machine-code-'));
  const orlop = new Orlop(place, { name: 'without', argv: [join(directory, 'orlop')] });
  afterAll(() => {
    place.remove();
    rmSync(directory, { recursive: true });
  });
  leavesNothing(place, () => orlop);

  it('is built where there is no C compiler, and says so; containers run', () => {
    const bun = join(ROOT, 'node_modules/.bin/bun');
    const words = ['src/build-executable.ts', `--outfile=${join(directory, 'orlop')}`];
    const env = { ...process.env, CC: '/nonexistent/cc' };
    const { status, stderr } = spawnSync(bun, words, { cwd: ROOT, env, encoding: 'utf8' });
    expect(stderr).toContain('interprets launch.wasm, 10 ms of each start: /nonexistent/cc missing, apt-get install');
    expect(status).toBe(0);
    const bundle: Bundle = place.bundle(shell('echo it runs'));
    expect(orlop.run(bundle, place.id()).ok().lines).toEqual(['it runs']);
  });
});
