// One process of `npm run fuzz`: a number of broken configs with one seed; a line for each lot, one at the end.

import { performance } from 'node:perf_hooks';
import { instantiate } from '../assembly/module.ts';
import { random } from '../assembly/mutation.ts';
import { surviveMutant } from '../assembly/survival.ts';

const LOT = 1000;

const [seed, count] = process.argv.slice(2).map(Number) as [number, number];
const pick = random(seed);
const instance = instantiate();
const start = performance.now();
let fixed = 0;
for (let index = 0; index < count; index++) {
  if (surviveMutant(pick, instance, `${index} of seed ${seed}`)) fixed++;
  if ((index + 1) % LOT === 0 || index + 1 === count) report(index + 1);
}

function report(done: number): void {
  const seconds = (performance.now() - start) / 1000;
  const wasm = instance.memory.buffer.byteLength;
  console.log(JSON.stringify({ seed, done, fixed, seconds, wasm, resident: process.memoryUsage.rss() }));
}
