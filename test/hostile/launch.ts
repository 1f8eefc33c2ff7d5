import { expect } from 'vitest';
import { compiled } from '../assembly/module.ts';
import { request, V1, V2 } from '../assembly/plans.ts';
import { mutants } from './mutate.ts';

interface Exports {
  memory: WebAssembly.Memory;
  allocate(length: number): number;
  result(): number;
  resultLength(): number;
  plan(config: number, length: number, request: number, requestLength: number): number;
  image(home: number, length: number): number;
  rows(): number;
  failure(row: number, errno: number, log: number, logLength: number): number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });
const REQUESTS = [V1, V2].flatMap((cgroup) =>
  [true, false].map((ignoreUnsupported) => encoder.encode(JSON.stringify(request(cgroup, { ignoreUnsupported })))),
);
const LOG = encoder.encode('e \0\n\ufffd\ud83d\udea2');
const MiB = 2 ** 20;

/** All the way from a document to the words about a failed row; whether there was an image, and the memory it took. */
export function launch(document: Uint8Array, turn: number): { hasImage: boolean; memory: number } {
  const exports = new WebAssembly.Instance(compiled).exports as unknown as Exports;
  const put = (bytes: Uint8Array) => {
    const area = exports.allocate(bytes.length);
    if (area !== 0) new Uint8Array(exports.memory.buffer).set(bytes, area);
    return area;
  };
  const bytes = () => new Uint8Array(exports.memory.buffer, exports.result(), exports.resultLength());
  const json = () => JSON.parse(decoder.decode(bytes()));

  const asked = REQUESTS[turn % REQUESTS.length] as Uint8Array;
  const errors = exports.plan(put(document), document.length, put(asked), asked.length);
  const answer = json();
  if (errors === 0) {
    expect(answer.steps.map(({ verb }: { verb: string }) => verb)).toContain('execute');
    expect(exports.image(0, 0)).toBe(0);
    expect(bytes().subarray(0, 4)).toEqual(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46));
    expect(exports.rows()).toBe(0);
    const rows = json();
    expect(exports.failure(turn % rows.length, turn % 134, put(LOG), LOG.length)).toBe(0);
    expect(json().message).not.toBe('');
  } else {
    if (!answer.diagnostics.some(({ severity }: { severity: string }) => severity === 'error')) {
      expect.fail(`${errors} errors, and none is told`);
    }
  }
  return { hasImage: errors === 0, memory: exports.memory.buffer.byteLength };
}

/** As many mutants as asked for; a good part of them must have come to an image, or this would test nothing. */
export function launchMutants(count: number, seed: number): void {
  const next = mutants(seed);
  let images = 0;
  for (let index = 0; index < count; index++) {
    const text = next();
    const document = encoder.encode(text);
    try {
      const { hasImage, memory } = launch(document, index);
      if (hasImage) images++;
      // Most of it is the listing: hostile.test.ts has what takes more than it should.
      expect(memory).toBeLessThan(256 * MiB);
    } catch (cause) {
      throw new Error(`mutant ${index} of seed ${seed}: ${(cause as Error).message}\n${text}`, { cause });
    }
  }
  expect(images / count).toBeGreaterThan(0.1);
}
